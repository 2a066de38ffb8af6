import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { AdmissionCheck, Plugin } from '../../../src/plugin/plugin.ts';

const parameters = z.looseObject({});
const run = async () => undefined;

/** An action whose check does this. */
const broken = (name: string, check: () => unknown) => ({
  action: { name, parameters, run },
  check: { name: `Check${name}`, actions: [name], check: check as AdmissionCheck['check'] },
});

const parts = [
  broken('throws', () => throws()),
  broken('hangs', () => {
    for (;;);
  }),
  broken('sleeps', () => setTimeout(60_000)),
  broken('rejects', () => Promise.reject(new Error('later'))),
  broken('forgets', () => {
    // Nobody waits for it, and nobody handles what it rejects with.
    void Promise.reject(new Error('forgotten'));
    return { decision: 'allow' };
  }),
  broken('raves', () => ({ decision: 'patch', operations: [] })),
  broken('exits', () => process.exit(1)),
  broken('backtracks', () => /^(a+)+$/.test(`${'a'.repeat(60)}b`)),
];

const throws = () => {
  throw new Error('a secret of the plugin');
};

const plugin: Plugin = {
  name: 'broken',
  actions: parts.map(({ action }) => action),
  checks: [
    ...parts.map(({ check }) => check),
    { name: 'ThrowsOnOthers', actions: ['tag', 'of_nobody'], check: throws },
    { name: 'MayBeLeftOut', actions: ['label'], onFailure: 'allow', check: throws },
  ],
};

export default plugin;
