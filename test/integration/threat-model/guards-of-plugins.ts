import type { Guard } from './guard.ts';

const admission = 'src/plugin/plugin-admission.ts';

/** What makes a check of a plugin a guard. The plugin is guarding-plugin.ts. */
export const guardsOfPlugins = {
  'checks-see-what-runs': {
    rule: "A check of a plugin sees parameters as the action's schema has parsed them: what will run.",
    says: /Nobody binds a Role by a step/,
    without: {
      edits: [
        {
          file: 'src/plugin/check-tasks.ts',
          find: 'shown.facts = freezeDeep({ ...shown.facts, parameters });',
          replace: '',
        },
      ],
    },
  },
  'checks-fail-closed': {
    rule: 'An execution on which a check of a plugin gives no verdict is refused, unless the check says otherwise.',
    says: /PluginFailed/,
    without: {
      edits: [
        {
          file: admission,
          find: 'if (asked[index]?.isOptional !== true) return pluginFailed(outcome.failure);',
          replace: '',
        },
      ],
    },
  },
  'checks-know-the-action': {
    rule: 'An execution whose parameters nobody can parse for a check is refused, unless the check says otherwise.',
    says: /ActionUnknown/,
    without: {
      edits: [{ file: admission, find: 'if (needed !== undefined) return refusal(needed);', replace: '' }],
    },
  },
  'each-key-once': {
    rule: 'An object that is given as text of JSON has each key once, however it is written.',
    says: /has the key "kind" twice/,
    without: {
      edits: [
        {
          file: 'sdk/actions/json-text.ts',
          find: 'const key = duplicateKey(text);',
          replace: 'const key = undefined;',
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;
