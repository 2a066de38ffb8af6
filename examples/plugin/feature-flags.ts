import { allowed, defineAction, definePlugin, deny, resourcePath } from 'stepgate';
import { z } from 'zod';

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
}

const configMaps = { group: '', version: 'v1', plural: 'configmaps' };
const flag = z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected words of a-z and 0-9 with dashes between');

/** Turns a feature of the namespace on or off: a key of its ConfigMap `feature-flags`. */
export const setFlag = defineAction({
  name: 'set_flag',
  parameters: z.strictObject({ flag, enabled: z.boolean() }),
  async run({ parameters, kube, signal, execution, remember, remembered }) {
    const path = resourcePath(configMaps, { namespace: execution.namespace, name: 'feature-flags' });
    const before = remembered ?? (await kube.request<ConfigMap>({ method: 'GET', path, signal })).data ?? {};
    // Before anything is changed: a controller that dies in between must not take what it wrote for what was there.
    await remember(before);
    const body = { data: { [parameters.flag]: String(parameters.enabled) } };
    await kube.request({ method: 'PATCH', path, body, signal, contentType: 'application/merge-patch+json' });
    return before;
  },
  async rollback({ parameters, kube, signal, execution, result }) {
    const path = resourcePath(configMaps, { namespace: execution.namespace, name: 'feature-flags' });
    const before = (result as ConfigMap['data'])?.[parameters.flag];
    const body = { data: { [parameters.flag]: before ?? null } };
    await kube.request({ method: 'PATCH', path, body, signal, contentType: 'application/merge-patch+json' });
  },
});

/** The plugin: the action, and a rule about it. */
export default definePlugin({
  name: 'feature-flags',
  actions: [setFlag],
  checks: [
    {
      name: 'CheckoutStaysOn',
      check: ({ parameters }) =>
        parameters['flag'] === 'checkout' && parameters['enabled'] === false
          ? deny(403, 'Forbidden', 'The flag checkout stays on: without it the shop sells nothing.')
          : allowed,
    },
  ],
});
