import { describe, expect, it } from 'vitest';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import {
  JournalConflictError,
  NamespaceOverError,
  SlotsUnavailableError,
} from '../journal/journal-errors.ts';
import { createJournalObjects, parseJournal } from './journal-objects.ts';

const reservation = {
  name: 'step',
  workflow: 'restart',
  uids: ['uid-1'],
  reservedAt: '2026-01-01T00:00:00Z',
};
const content = { compactedThrough: '7', reservations: [reservation], recovering: false };
const metadata = { namespace: 'shop', name: 'slots', uid: 'journal-1', resourceVersion: '9' };
const journal = { uid: 'journal-1', resourceVersion: '9', ...content };
const spec = { format: 1, compactedThrough: '7', reservations: [reservation] };

function storeThat(answer: () => unknown) {
  const client = scriptKubeClient(answer);
  return { store: createJournalObjects(client), requests: client.requests };
}

const storeThatRefuses = (...status: Parameters<typeof refusal>) =>
  storeThat(() => {
    throw refusal(...status);
  }).store;

/** A 404 as the API server gives it: for an object or a namespace it says of what kind, for a path nothing. */
const storeWithout = (kind?: string) =>
  storeThat(() => {
    const details = kind === undefined ? {} : { kind };
    throw new KubeStatusError({ code: 404, reason: 'NotFound', message: 'not found', details });
  }).store;

describe('a missing definition of SlotJournals is not known to be a missing journal', () => {
  it.each([
    ['read', () => storeWithout().read('shop')],
    ['created', () => storeWithout().create('shop', content)],
    ['replaced', () => storeWithout().replace('shop', journal, content)],
  ])('when one is %s', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'KubeStatus' });
  });

  it('nor is a namespace over because something else is not found', async () => {
    const create = storeWithout('slotjournals').create('shop', content);
    await expect(create).rejects.toMatchObject({ code: 'KubeStatus' });
  });
});

describe('reading a journal', () => {
  it('gives what is stored', async () => {
    const { store, requests } = storeThat(() => ({ metadata, spec }));
    expect(await store.read('shop')).toEqual(journal);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      path: expect.stringMatching(/namespaces\/shop\/slotjournals\/slots$/),
    });
    expect(requests[0]?.query, 'a resourceVersion would allow an answer from a cache').toBeUndefined();
  });

  it('gives nothing where the namespace has none', async () => {
    expect(await storeWithout('slotjournals').read('shop')).toBeUndefined();
  });

  it('rejects where it cannot be known', async () => {
    await expect(storeThatRefuses(500, 'InternalError').read('shop')).rejects.toMatchObject({
      code: 'KubeStatus',
    });
  });

  it.each([
    ['a newer format', { ...spec, format: 2 }],
    ['a field that it does not know', { ...spec, priorities: [] }],
    [
      'a reservation with a field that it does not know',
      { ...spec, reservations: [{ ...reservation, until: 1 }] },
    ],
    [
      'a mark with a field that it does not know',
      { ...spec, workflows: { through: '1', changing: [{ workflow: 'w', by: 'edit', until: 1 }] } },
    ],
    [
      'marks with a field that it does not know',
      { ...spec, workflows: { through: '1', changing: [], until: 1 } },
    ],
    ['no format', { ...spec, format: undefined }],
    ['no spec', undefined],
    ['a resourceVersion that is none', { ...spec, compactedThrough: 'seven' }],
    ['a reservation without uids', { ...spec, reservations: [{ ...reservation, uids: undefined }] }],
  ])('guesses nothing of %s', (_, unknownSpec) => {
    expect(() => parseJournal({ metadata, spec: unknownSpec })).toThrow(SlotsUnavailableError);
    expect(() => parseJournal({ metadata, spec: unknownSpec })).toThrow(
      'SlotJournal shop/slots is in a format',
    );
  });

  it('knows one that recovers', () => {
    expect(parseJournal({ metadata, spec: { ...spec, recovering: true } }).recovering).toBe(true);
  });
});

describe('writing a journal', () => {
  it('replaces the very one that was read, and tracks no field owners', async () => {
    const { store, requests } = storeThat(() => ({ metadata: { ...metadata, resourceVersion: '10' } }));
    const recovered = { ...content, recovering: true };
    expect(await store.replace('shop', journal, recovered)).toEqual({
      ...journal,
      resourceVersion: '10',
      recovering: true,
    });
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      body: {
        metadata: { uid: 'journal-1', resourceVersion: '9', managedFields: [{}] },
        spec: { ...spec, recovering: true },
      },
    });
  });

  it.each([
    ['was faster', storeThatRefuses(409, 'Conflict')],
    ['has deleted it', storeWithout('slotjournals')],
  ])('is a conflict where another %s', async (_, store) => {
    await expect(store.replace('shop', journal, content)).rejects.toThrow(JournalConflictError);
  });

  it('is not known to have happened after any other answer', async () => {
    const replaced = storeThatRefuses(504, 'Timeout').replace('shop', journal, content);
    await expect(replaced).rejects.toMatchObject({ code: 'KubeStatus' });
  });
});

describe('creating a journal', () => {
  it('gives it with what the API server has added', async () => {
    const { store, requests } = storeThat(() => ({ metadata }));
    expect(await store.create('shop', content)).toEqual(journal);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      body: { metadata: { name: 'slots', namespace: 'shop' }, spec },
    });
  });

  it('is a conflict where there is one', async () => {
    await expect(storeThatRefuses(409, 'AlreadyExists').create('shop', content)).rejects.toThrow(
      JournalConflictError,
    );
  });

  it('cannot be in a namespace that is gone or on its way', async () => {
    const gone = storeWithout('namespaces').create('shop', content);
    await expect(gone).rejects.toThrow(NamespaceOverError);
    const terminating = storeThatRefuses(403, 'Forbidden', [{ reason: 'NamespaceTerminating' }]);
    await expect(terminating.create('shop', content)).rejects.toThrow(NamespaceOverError);
  });

  it('may be forbidden for other reasons', async () => {
    const forbidden = storeThatRefuses(403, 'Forbidden').create('shop', content);
    await expect(forbidden).rejects.toMatchObject({ code: 'KubeStatus' });
  });
});
