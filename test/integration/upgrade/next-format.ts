import type { Edit } from '../../simulation/mutations.ts';

/** What makes of this version one that writes the journal's next format, and still reads the one of today. */
export const nextFormat: readonly Edit[] = [
  {
    file: 'src/api/slot-journal.ts',
    find: 'format: z.literal(1),',
    replace: 'format: z.literal([1, 2]),',
  },
  { file: 'webhook/cluster/journal-objects.ts', find: '    format: 1,', replace: '    format: 2 as never,' },
];
