import { describe, expect, it } from 'vitest';
import type { DemoCommand } from './act.ts';
import type { CommandOutcome } from './demo-shell.ts';
import { playAct } from './player.ts';
import { terminalStyle } from './terminal-style.ts';

const get: DemoCommand = { as: 'developer', run: 'kubectl get x', succeeds: true, prints: ['x-1', /x-\d$/m] };

/** Plays one command that comes to these outcomes, one a try, the last one again and again. */
async function play(command: DemoCommand, ...outcomes: readonly CommandOutcome[]) {
  let printed = '';
  let now = 0;
  let tries = 0;
  const typed: string[] = [];
  const performance = await playAct(
    {
      title: 'Act',
      scenes: [
        { say: ['said'], commands: [command] },
        { say: [], commands: [] },
      ],
    },
    {
      run: async (as, run) => {
        typed.push(`${as}: ${run}`);
        return outcomes[Math.min(tries++, outcomes.length - 1)] ?? { exitCode: 0, output: '' };
      },
      write: (text) => void (printed += text),
      style: terminalStyle(false),
      clock: {
        now: () => now,
        sleep: async (milliseconds) => void (now += milliseconds),
      },
    },
  );
  return { ...performance, printed, tries, typed };
}

describe('playAct', () => {
  it('prints what is typed, by whom, and what came of it', async () => {
    const { printed, problems, typed } = await play(get, { exitCode: 0, output: 'x-1\n' });
    expect(problems).toEqual([]);
    expect(typed).toEqual(['developer: kubectl get x']);
    expect(printed).toBe('\nAct\n\n# said\ndeveloper$ kubectl get x\nx-1\n\n');
  });

  it.each<[string, Partial<DemoCommand>, CommandOutcome, string]>([
    ['it fails', {}, { exitCode: 7, output: 'x-1\n' }, 'this should have succeeded, it ended with 7'],
    [
      'it succeeds against expectation',
      { succeeds: false },
      { exitCode: 0, output: 'x-1' },
      'this should have failed, it ended with 0',
    ],
    ['a text is missing', {}, { exitCode: 0, output: 'x-2' }, 'this should have printed "x-1"'],
    [
      'a pattern is missing',
      {},
      { exitCode: 0, output: 'x-1 ' },
      String.raw`this should have printed /x-\d$/m`,
    ],
  ])('finds a problem when %s, and prints the output all the same', async (_, change, outcome, problem) => {
    const { problems, printed, tries } = await play({ ...get, ...change }, outcome);
    expect(problems).toEqual([problem]);
    expect(printed).toContain(outcome.output);
    expect(printed).toContain(`!! ${problem}\n`);
    expect(tries).toBe(1);
  });

  it('repeats what may take a while, prints the last outcome only, and says so', async () => {
    const { problems, printed } = await play(
      { ...get, withinSeconds: 1 },
      { exitCode: 1, output: 'not yet\n' },
      { exitCode: 1, output: 'not yet\n' },
      { exitCode: 0, output: 'x-1\n' },
    );
    expect(problems).toEqual([]);
    expect(printed).not.toContain('not yet');
    expect(printed).toContain('x-1\n# at the 3rd try, after 0.4 s\n');
  });

  it('gives up in time', async () => {
    const { problems, tries } = await play({ ...get, withinSeconds: 1 }, { exitCode: 1, output: 'x-1' });
    expect(problems).toHaveLength(1);
    expect(tries).toBe(6);
  });

  it('plays nothing after a problem', async () => {
    const act = { title: 'Act', scenes: [{ say: [], commands: [get, get] }] };
    let tries = 0;
    const { commands } = await playAct(act, {
      run: async () => ({ exitCode: (tries += 1), output: '' }),
      write: () => {},
      style: terminalStyle(false),
      clock: { now: () => 0, sleep: async () => {} },
    });
    expect({ tries, commands }).toEqual({ tries: 1, commands: 1 });
  });
});

describe('terminalStyle', () => {
  it('colours on request and leaves text plain otherwise', () => {
    expect(terminalStyle(true).problem('no')).toBe('\u001B[1;31mno\u001B[0m');
    expect(terminalStyle(false).problem('no')).toBe('no');
  });
});
