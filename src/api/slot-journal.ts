import { z } from 'zod';
import { resourceFields } from './object-meta.ts';
import { isResourceVersion } from './resource-version.ts';

/*
 * What is not known here is not read over: a replica that did would write the journal without it. While versions of
 * stepgate run side by side the older one answers 503 instead, so a new field comes with a new `format`, which a release
 * reads before another one writes it.
 */

/**
 * A slot taken by a create that was admitted but that the watch has not shown yet. One name is one slot,
 * however many uids tried to have it.
 */
export const reservationSchema = z.strictObject({
  name: z.string(),
  uids: z.array(z.string()),
  workflow: z.string(),
  reservedAt: z.string(),
  steps: z.array(z.string()).optional(),
  ages: z.array(z.int().min(0)).optional(),
});

/** Workflows that begin to need approval: caches may show them as they were. */
export const workflowMarksSchema = z.strictObject({
  changing: z.array(z.strictObject({ workflow: z.string(), by: z.string() })),
  through: z.string().refine(isResourceVersion, { error: 'not a resourceVersion' }),
});

/** What the journal says. It is written hundreds of times a second: nothing here may cost the API server much. */
export const slotJournalSpecSchema = z.strictObject({
  format: z.literal(1),
  compactedThrough: z.string().refine(isResourceVersion, { error: 'not a resourceVersion' }),
  reservations: z.array(reservationSchema),
  recovering: z.boolean().optional(),
  workflows: workflowMarksSchema.optional(),
});

/**
 * What the CRD says of it. The reservations are left out, and kept as they are: the API server would validate each
 * of their fields on each write, which makes a write of forty of them half as dear again, and who reads them
 * checks them by `slotJournalSpecSchema` anyway.
 */
const storedSpecSchema = z
  .looseObject(slotJournalSpecSchema.omit({ reservations: true, workflows: true }).shape)
  .describe(
    'Reservations (name, uids, workflow, reservedAt) of creates that not every replica has seen yet, and workflows that begin to need approval.',
  );

/** The journal of a namespace: `slotjournals.stepgate.kubernaut.io/v1alpha1`. Written by the webhook alone. */
export const slotJournalSchema = z
  .object({ ...resourceFields, spec: storedSpecSchema })
  .describe('Slots taken by creates that were admitted and not seen yet. Written by stepgate alone.');

export type Reservation = z.infer<typeof reservationSchema>;
export type SlotJournalSpec = z.infer<typeof slotJournalSpecSchema>;
export type SlotJournal = z.infer<typeof slotJournalSchema> & { readonly spec: SlotJournalSpec };
