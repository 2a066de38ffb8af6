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
  ],
  checks: [
    {
      name: 'NotToZero',
      check: ({ parameters, user }) =>
        Number(parameters['replicas']) > 0
          ? { ...allowed, warnings: [`${user.name} resizes ${String(parameters['deployment'])}`] }
          : deny(403, 'Forbidden', 'Nobody resizes to zero.', [
              { reason: 'Zero', field: 'spec.parameters.replicas', message: 'Nobody resizes to zero.' },
            ]),
    },
    {
      name: 'NotInKubeSystem',
      actions: '*',
      check: ({ namespace }) =>
        namespace === 'kube-system' ? deny(403, 'Forbidden', 'Not in kube-system.') : allowed,
    },
  ],
});
