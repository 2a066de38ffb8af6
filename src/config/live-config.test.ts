import { expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { type ConfigReport, createLiveConfig } from './live-config.ts';

function start(data?: Record<string, string>) {
  const reports: ConfigReport[] = [];
  const problems: string[] = [];
  const listenerErrors: unknown[] = [];
  const live = createLiveConfig(data, {
    environment: { kubernetesQps: '50' },
    report: (report) => reports.push(report),
    onProblem: (key) => problems.push(key),
    onListenerError: (error) => listenerErrors.push(error),
  });
  const changes: [number, number][] = [];
  live.onChange((current, previous) => changes.push([previous.maxParallelSteps, current.maxParallelSteps]));
  return { live, reports, problems, listenerErrors, changes };
}

test('it starts without a ConfigMap, from defaults and environment', () => {
  const { live, reports } = start();
  expect(live.current()).toMatchObject({ maxParallelSteps: 5, kubernetesQps: 50 });
  expect(reports).toEqual([]);
});

test('a bad value at the start is an error', () => {
  expect(() => start({ 'max-parallel-steps': 'many' })).toThrow(ConfigError);
});

test('listeners hear of a change once, with what was before', () => {
  const { live, changes, reports } = start();
  live.apply({ 'max-parallel-steps': '3' });
  expect(live.current().maxParallelSteps).toBe(3);
  expect(changes).toEqual([[5, 3]]);
  expect(reports).toEqual([
    {
      type: 'Normal',
      reason: 'ConfigChanged',
      message: 'The configuration changed: max-parallel-steps from 5 to 3.',
    },
  ]);
});

test('a change without effect is none', () => {
  const { live, changes, reports } = start();
  live.apply({ 'max-parallel-steps': ' 5 ', 'kubernetes-qps': '99' });
  expect(changes).toEqual([]);
  expect(reports).toEqual([]);
});

test('a bad value keeps all that was in force, and is counted and reported', () => {
  const { live, changes, reports, problems } = start({ 'max-parallel-steps': '3' });
  const before = live.current();
  live.apply({ 'max-parallel-steps': '0', enforcement: 'warn', 'kubernetes-burst': 'x' });
  expect(live.current()).toBe(before);
  expect(changes).toEqual([]);
  expect(problems).toEqual(['max-parallel-steps', 'kubernetes-burst']);
  expect(reports.map(({ type, reason }) => [type, reason])).toEqual([['Warning', 'ConfigRejected']]);
  expect(reports[0]?.message).toContain('max-parallel-steps');
});

test('after a bad value the next good one is taken', () => {
  const { live, changes } = start();
  live.apply({ 'max-parallel-steps': '0' });
  live.apply({ 'max-parallel-steps': '9' });
  expect(changes).toEqual([[5, 9]]);
});

test('a ConfigMap that is deleted leaves defaults and environment', () => {
  const { live, changes } = start({ 'max-parallel-steps': '3' });
  live.apply(undefined);
  expect(live.current()).toMatchObject({ maxParallelSteps: 5, kubernetesQps: 50 });
  expect(changes).toEqual([[3, 5]]);
});

test('durations are reported with their unit', () => {
  const { live, reports } = start();
  live.apply({ 'reservation-lifetime': '1m' });
  expect(reports[0]?.message).toBe(
    'The configuration changed: reservation-lifetime from 45000 ms to 60000 ms.',
  );
});

test('an unknown key is a warning with a suggestion, and the rest holds', () => {
  const { live, reports } = start({ 'max-paralel-steps': '3', 'kubernetes-burst': '7' });
  expect(live.current()).toMatchObject({ maxParallelSteps: 5, kubernetesBurst: 7 });
  expect(reports).toEqual([
    {
      type: 'Warning',
      reason: 'ConfigKeyUnknown',
      message: 'The key max-paralel-steps means nothing and is ignored. Did you mean max-parallel-steps?',
    },
  ]);
});

test('an unknown key that resembles none is answered with all there are', () => {
  const { reports } = start({ 'log-level': 'debug' });
  expect(reports[0]?.message).toContain('Known keys: max-parallel-steps, ');
});

test('one failing listener does not keep the others from hearing', () => {
  const { live, listenerErrors } = start();
  const failure = new Error('listener');
  const heard: string[] = [];
  live.onChange(() => {
    throw failure;
  });
  live.onChange(() => heard.push('second'));
  live.apply({ enforcement: 'audit' });
  expect(heard).toEqual(['second']);
  expect(listenerErrors).toEqual([failure]);
});

test('who unsubscribes hears nothing more', () => {
  const { live } = start();
  const heard: string[] = [];
  const unsubscribe = live.onChange(({ enforcement }) => heard.push(enforcement));
  live.apply({ enforcement: 'audit' });
  unsubscribe();
  live.apply({ enforcement: 'warn' });
  expect(heard).toEqual(['audit']);
});
