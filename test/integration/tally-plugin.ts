import { once } from 'node:events';
import { z } from 'zod';
import { defineAction } from '../../src/plugin/action.ts';
import { definePlugin } from '../../src/plugin/plugin.ts';

/** ConfigMap of each namespace in which `note` leaves one key for each execution. */
export const notesName = 'notes';

/** Label of a ConfigMap that `mark` has made: the name of its execution. */
export const markLabel = 'marked-by';

/** Writes its execution's name down: twice is the same as once. */
const note = defineAction({
  name: 'note',
  parameters: z.object({}),
  async run({ kube, signal, execution }) {
    const { namespace, name } = execution;
    await kube.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/configmaps/${notesName}`,
      // The test finds in the query who has sent it.
      query: { fieldManager: name },
      contentType: 'application/merge-patch+json',
      body: { data: { [name]: 'done' } },
      signal,
    });
  },
});

/** Makes an object: whoever does it twice has two. */
const mark = defineAction({
  name: 'mark',
  parameters: z.object({}),
  repeatable: false,
  async run({ kube, signal, execution }) {
    const { namespace, name } = execution;
    await kube.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      query: { fieldManager: name },
      body: { metadata: { generateName: `${name}-`, labels: { [markLabel]: name } } },
      signal,
    });
  },
});

/** Cannot be done. */
const fail = defineAction({
  name: 'fail',
  parameters: z.object({}),
  async run() {
    throw new Error('it cannot be done');
  },
});

/** Takes as long as it is given. */
const endure = defineAction({
  name: 'endure',
  parameters: z.object({}),
  async run({ signal }) {
    await once(signal, 'abort');
    signal.throwIfAborted();
  },
});

/** Actions that leave a trace each time they do something, and two that never do. */
export default definePlugin({ name: 'tally', actions: [note, mark, fail, endure] });
