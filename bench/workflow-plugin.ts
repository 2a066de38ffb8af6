import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { defineAction } from '../src/plugin/action.ts';
import { definePlugin } from '../src/plugin/plugin.ts';

/** Takes no time. */
const nothing = defineAction({
  name: 'bench_nothing',
  parameters: z.object({}),
  run: async () => undefined,
});

/** Takes as long as it is told to. */
const wait = defineAction({
  name: 'bench_wait',
  parameters: z.object({ milliseconds: z.int().min(0) }),
  run: ({ parameters, signal }) => pause(parameters.milliseconds, undefined, { signal }),
});

/** Goes on until somebody else settles its execution. */
const hold = defineAction({
  name: 'bench_hold',
  parameters: z.object({}),
  run: ({ signal }) => pause(2 ** 31 - 1, undefined, { signal }),
});

/** Steps whose own time is known. */
export default definePlugin({ name: 'bench', actions: [nothing, wait, hold] });
