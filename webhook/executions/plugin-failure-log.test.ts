import { expect, it } from 'vitest';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import type { PluginFailure } from '../../src/plugin/plugin-failure.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { createPluginFailureLog } from './plugin-failure-log.ts';

it('counts every failure, and logs one a second of each part', () => {
  const { logger, lines } = keepLogs();
  const clock = createManualClock();
  const counted: string[] = [];
  const report = createPluginFailureLog(logger, clock, {
    failed: (plugin, kind) => void counted.push(`${plugin} ${kind}`),
  });
  const failure: PluginFailure = {
    plugin: 'acme',
    part: 'check Mine',
    kind: 'threw',
    error: new Error('why'),
  };
  report(failure);
  report(failure);
  report({ ...failure, part: 'check Other', kind: 'hung' });
  clock.advance(1_000);
  report(failure);
  expect(counted).toEqual(['acme threw', 'acme threw', 'acme hung', 'acme threw']);
  expect(lines.map(({ message }) => message)).toEqual([
    'plugin "acme" has failed: check Mine has thrown an error',
    'plugin "acme" has failed: check Other gave no answer in time',
    'plugin "acme" has failed: check Mine has thrown an error',
  ]);
  expect(lines[0]?.facts).toMatchObject({ err: failure.error });
});
