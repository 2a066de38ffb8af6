import { z } from 'zod';
import { defineAction } from '../../../src/plugin/action.ts';
import { definePlugin, type Plugin } from '../../../src/plugin/plugin.ts';

/** What a test sees of actions that run, and can let go on. */
export interface UnrulyPlugin {
  readonly plugin: Plugin;
  /** Attempts that have begun, as `<execution>#<attempt>`. */
  readonly begun: string[];
  /** Attempts whose signal was aborted. */
  readonly aborted: string[];
  /** Lets every `wait_for_me` end. */
  letGo(): void;
  /** Resolves when an attempt of this execution has begun. */
  hasBegun(execution: string): Promise<void>;
}

const nothing = z.looseObject({});

/** A plugin that does all that a plugin should not, and some that a test steers. */
export function unrulyPlugin(): UnrulyPlugin {
  const begun: string[] = [];
  const aborted: string[] = [];
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const gone = Promise.withResolvers<void>();
  const begin = ({
    execution: { name, attempt },
    signal,
  }: {
    execution: { name: string; attempt: number };
    signal: AbortSignal;
  }): string => {
    const which = `${name}#${attempt}`;
    begun.push(which);
    signal.addEventListener('abort', () => aborted.push(which), { once: true });
    beginning(name).resolve();
    return which;
  };
  const beginning = (name: string): PromiseWithResolvers<void> => {
    const found = waiting.get(name) ?? Promise.withResolvers<void>();
    waiting.set(name, found);
    return found;
  };
  const untilAborted = (signal: AbortSignal): Promise<never> => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  };
  const act = (name: string, run: (context: { signal: AbortSignal }) => unknown, repeatable = true) =>
    defineAction({
      name,
      parameters: nothing,
      repeatable,
      async run(context) {
        begin(context);
        return run(context);
      },
    });
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;

  return {
    begun,
    aborted,
    letGo: () => gone.resolve(),
    hasBegun: (execution) => beginning(execution).promise,
    plugin: definePlugin({
      name: 'unruly',
      actions: [
        act('behave', () => ({ fine: true })),
        act('throw_undefined', () => {
          throw undefined;
        }),
        act('throw_text', () => {
          throw 'just text';
        }),
        act('throw_getter', () => {
          throw Object.defineProperty(new Error('x'), 'message', {
            get() {
              throw new Error('not even this');
            },
          });
        }),
        act('return_function', () => () => 1),
        act('return_circle', () => circle),
        act('return_bigint', () => 1n),
        act('return_much', () => 'x'.repeat(70_000)),
        act('leave_rejection', () => {
          void Promise.reject(new Error('left behind'));
          return 'returned';
        }),
        act('hang', () => new Promise(() => {})),
        act('obey', ({ signal }) => untilAborted(signal)),
        act('wait_for_me', ({ signal }) => Promise.race([gone.promise, untilAborted(signal)])),
        act('wait_once', ({ signal }) => Promise.race([gone.promise, untilAborted(signal)]), false),
        defineAction({
          name: 'third_time_lucky',
          parameters: nothing,
          async run(context) {
            const which = begin(context);
            const seen = (context.remembered as string[] | undefined) ?? [];
            await context.remember([...seen, which]);
            if (context.execution.attempt < 3)
              throw new Error(`not yet in attempt ${context.execution.attempt}`);
            return { seen };
          },
        }),
        {
          name: 'throw_in_schema',
          parameters: z.custom(() => {
            throw new Error('schema says boo');
          }),
          run: async () => {},
        },
      ],
    }),
  };
}
