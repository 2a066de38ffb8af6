import { EventEmitter, once } from 'node:events';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { keepLogs } from '../../test/builders/logs.ts';
import { catchStrayErrors } from './stray-errors.ts';

const code = { action: 'a', execution: 'shop/step' };

test('an error of plugin code is logged as its own, any other is thrown on', () => {
  const process = new EventEmitter();
  const { lines, logger } = keepLogs();
  const caught: unknown[] = [];
  const strayErrors = catchStrayErrors<typeof code>({ process, logger });
  strayErrors.listen((of) => caught.push(of));
  const error = new Error('left behind');
  strayErrors.within(code, () => process.emit('unhandledRejection', error));
  expect(lines).toMatchObject([{ level: 'error', facts: { ...code, err: error } }]);
  expect(caught).toEqual([code]);
  expect(() => process.emit('unhandledRejection', error)).toThrow(error);
  strayErrors.stop();
  expect(process.listenerCount('unhandledRejection')).toBe(0);
});

/** A process that catches stray errors runs `script`; its exit code and what it has said. */
async function inProcess(script: string): Promise<{ readonly exitCode: number; readonly said: string }> {
  const program = `
    import { catchStrayErrors } from ${JSON.stringify(new URL('./stray-errors.ts', import.meta.url).href)};
    const line = (facts, message) => console.log(message, facts.action ?? '');
    const logger = { debug: line, info: line, warn: line, error: line };
    const { within } = catchStrayErrors({ process, logger });
    const code = { action: 'a', execution: 'shop/step' };
    ${script}
    setTimeout(() => console.log('still alive'), 50);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = text(child.stdout);
  const [exitCode] = (await once(child, 'close')) as [number];
  return { exitCode, said: await said };
}

test.each([
  ['a rejection', `within(code, async () => { Promise.reject(new Error('x')); });`],
  ['a throw in a timer', `within(code, async () => { setTimeout(() => { throw new Error('x'); }, 1); });`],
  [
    'a rejection in a timer',
    `within(code, async () => { setTimeout(async () => { throw undefined; }, 1); });`,
  ],
])('%s of plugin code does not end the process', async (_, script) => {
  const { exitCode, said } = await inProcess(script);
  expect(said).toContain('The code of a plugin has let go of an error a');
  expect({ exitCode, alive: said.includes('still alive') }).toEqual({ exitCode: 0, alive: true });
});

test('a rejection of other code ends the process', async () => {
  const { exitCode, said } = await inProcess(`Promise.reject(new Error('x'));`);
  expect(exitCode).not.toBe(0);
  expect(said).not.toContain('still alive');
});
