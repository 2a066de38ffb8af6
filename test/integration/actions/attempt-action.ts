import { defaultServiceAccountName } from '../../../src/api/names.ts';
import type { Action, ActionContext } from '../../../src/plugin/action.ts';
import { keepLogs } from '../../builders/logs.ts';
import type { ActionGround } from './action-ground.ts';
import { interruptedCalls, type Interruption } from './interrupted-client.ts';

/** The attempts of one execution at one action, one after the other. */
export interface Attempts {
  /** What the attempts so far have remembered. */
  readonly remembered: unknown;
  /** Lines that the action has logged. */
  readonly logged: string;
  /** One attempt; answers what it returned and how many calls it made. `resumed`: the one before was interrupted. */
  run(
    interruption?: Interruption,
    resumed?: 'resumed',
  ): Promise<{ readonly result: unknown; readonly calls: number }>;
  /** One attempt to undo what had this result. */
  rollback(result: unknown, interruption?: Interruption): Promise<{ readonly calls: number }>;
}

/** Makes attempts at an action, as the ServiceAccount of the ground. */
export function attemptsAt(
  // Each action parses the parameters of its own type.
  // oxlint-disable-next-line typescript/no-explicit-any
  action: Action<any>,
  ground: ActionGround,
  parameters: object,
  timeoutMilliseconds?: number,
): Attempts {
  const { lines, logger } = keepLogs();
  const undone = { name: 'heal-step-1', createdAt: new Date().toISOString() };
  let attempt = 0;
  let remembered: unknown;

  async function attemptAt(
    interruption: Interruption | undefined,
    work: (context: ActionContext<unknown>) => Promise<unknown>,
    resumed?: 'resumed',
  ) {
    attempt += 1;
    const calls = interruptedCalls(interruption);
    const result = await ground.asRunner((kube) =>
      work({
        parameters: action.parameters.parse(parameters),
        kube: calls.client(kube),
        signal: calls.signal,
        logger,
        execution: {
          namespace: ground.namespace,
          name: 'heal-step-1',
          uid: ground.uid,
          workflow: 'heal',
          stepNumber: 1,
          attempt,
          ...(resumed === undefined ? {} : { resumed: true }),
          serviceAccountName: defaultServiceAccountName,
          ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
        },
        remember: (value) =>
          calls.call(async () => {
            remembered = structuredClone(value);
          }),
        whileWaiting: async (wait) => wait(),
        remembered: structuredClone(remembered),
      }),
    );
    return { result, calls: calls.count };
  }

  return {
    get remembered() {
      return remembered;
    },
    get logged() {
      return JSON.stringify(lines);
    },
    run: (interruption, resumed) => attemptAt(interruption, (context) => action.run(context), resumed),
    async rollback(result, interruption) {
      return attemptAt(interruption, async (context) => {
        if (action.rollback === undefined) throw new Error(`${action.name} has no rollback`);
        return action.rollback({ ...context, result, undone });
      });
    },
  };
}
