import { deny, type Allow, type Deny } from '../policy/verdict.ts';
import { partOf, type PluginCheck } from './plugin-checks.ts';

/** The denial of an execution that a check is to judge which cannot know what its parameters mean. */
export function actionUnknown(action: string, unasked: PluginCheck): Deny {
  const message =
    `Nobody can tell whether this execution may be: ${partOf(unasked)} of plugin "${unasked.plugin}" is to judge it, and ` +
    `the webhook knows no action "${action}", nor what its parameters mean.`;
  return deny(422, 'Invalid', message, [{ reason: 'ActionUnknown', field: 'spec.action', message }]);
}

/** What lets an execution pass that a check should have been asked about, which allows that. */
export function passedUnasked(plugin: string, what: string): Allow {
  return {
    decision: 'allow',
    warnings: [`${what}; the execution passes without it`],
    auditAnnotations: { [`plugin-failed-${plugin}`.slice(0, 63)]: what },
  };
}
