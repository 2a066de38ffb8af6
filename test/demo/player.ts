import type { Clock } from '../../src/kube/clock.ts';
import type { Act, DemoCommand } from './act.ts';
import type { CommandOutcome, DemoShell } from './demo-shell.ts';
import type { TerminalStyle } from './terminal-style.ts';

/** What a player needs of the world. */
export interface PlayerOptions {
  readonly run: DemoShell;
  readonly write: (text: string) => void;
  readonly style: TerminalStyle;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
}

/** What became of an act. */
export interface Performance {
  readonly commands: number;
  /** One sentence each; empty when every command did what it should. */
  readonly problems: readonly string[];
}

/** Between two tries of a command that may take a while to do what it should. */
const retryMilliseconds = 200;

/**
 * Plays an act: prints each command as it is typed and what came of it, and compares that with what should have.
 * It ends at the first problem: what follows builds on what went before.
 */
export async function playAct(act: Act, options: PlayerOptions): Promise<Performance> {
  const { write, style } = options;
  write(`\n${style.title(act.title)}\n`);
  let commands = 0;
  for (const { say, commands: typed } of act.scenes) {
    write('\n');
    for (const line of say) write(`${style.comment(`# ${line}`)}\n`);
    for (const command of typed) {
      commands += 1;
      const problems = await playCommand(command, options);
      for (const problem of problems) write(`${style.problem(`!! ${problem}`)}\n`);
      if (problems.length > 0) return { commands, problems };
    }
  }
  return { commands, problems: [] };
}

async function playCommand(command: DemoCommand, options: PlayerOptions): Promise<readonly string[]> {
  const { run, write, style, clock } = options;
  write(`${style.prompt(`${command.as}$`)} ${style.command(command.run)}\n`);
  const startedAt = clock.now();
  const deadline = startedAt + (command.withinSeconds ?? 0) * 1_000;
  for (let tries = 1; ; tries += 1) {
    const outcome = await run(command.as, command.run);
    const problems = problemsOf(command, outcome);
    if (problems.length > 0 && clock.now() < deadline) {
      await clock.sleep(retryMilliseconds);
      continue;
    }
    write(outcome.output.endsWith('\n') || outcome.output === '' ? outcome.output : `${outcome.output}\n`);
    const seconds = ((clock.now() - startedAt) / 1_000).toFixed(1);
    if (tries > 1) write(`${style.comment(`# at the ${ordinal(tries)} try, after ${seconds} s`)}\n`);
    return problems;
  }
}

/** What is wrong with an outcome, one sentence each. */
export function problemsOf(command: DemoCommand, { exitCode, output }: CommandOutcome): readonly string[] {
  const hasSucceeded = exitCode === 0;
  return [
    ...(hasSucceeded === command.succeeds
      ? []
      : [`this should have ${command.succeeds ? 'succeeded' : 'failed'}, it ended with ${exitCode}`]),
    ...command.prints
      .filter((text) => (typeof text === 'string' ? !output.includes(text) : !text.test(output)))
      .map((text) => `this should have printed ${typeof text === 'string' ? JSON.stringify(text) : text}`),
  ];
}

function ordinal(number: number): string {
  const suffix = { 1: 'st', 2: 'nd', 3: 'rd' }[Math.floor(number / 10) % 10 === 1 ? 0 : number % 10] ?? 'th';
  return `${number}${suffix}`;
}
