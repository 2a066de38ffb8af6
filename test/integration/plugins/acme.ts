import { z } from 'zod';
import { defineAction } from '../../../src/plugin/action.ts';
import { definePlugin } from '../../../src/plugin/plugin.ts';
import { allowed, deny } from '../../../src/policy/verdict.ts';

/** A plugin as a team would write it: an action with a schema, a rule about it, a rule about everything. */
export default definePlugin({
  name: 'acme',
  actions: [
    defineAction({
      name: 'resize',
      parameters: z.strictObject({
        deployment: z.string(),
        replicas: z.coerce.number().int().min(0).max(100),
      }),
      run: async () => undefined,
    }),
    ...['label', 'tag'].map((name) => ({ name, parameters: z.looseObject({}), run: async () => undefined })),
  ],
  checks: [
    {
      name: 'NotToZero',
      actions: ['resize'],
      // The schema has made a number of a text.
      check: ({ parameters, user }) =>
        typeof parameters['replicas'] === 'number' && parameters['replicas'] > 0
          ? { ...allowed, warnings: [`${user.name} resizes ${String(parameters['deployment'])}`] }
          : deny(403, 'Forbidden', 'Nobody resizes to zero.', [
              { reason: 'Zero', field: 'spec.parameters.replicas', message: 'Nobody resizes to zero.' },
            ]),
    },
    {
      name: 'NotInKubeSystem',
      actions: '*',
      unparsedParameters: 'raw',
      check: ({ namespace }) =>
        namespace === 'kube-system' ? deny(403, 'Forbidden', 'Not in kube-system.') : allowed,
    },
    {
      name: 'NoSecrets',
      actions: ['apply_manifest'],
      check: ({ parameters }) =>
        (parameters['manifest'] as { kind?: string }).kind === 'Secret'
          ? deny(403, 'Forbidden', 'Nobody applies a Secret.')
          : allowed,
    },
  ],
});
