import { z } from 'zod';

/** The part of an owner reference that says who owns. Source: metav1.OwnerReference. */
export const ownerReferenceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
});

export type OwnerReference = z.infer<typeof ownerReferenceSchema>;

/**
 * The part of an object's metadata that stepgate reads; the rest is kept as it is. The API server checks
 * metadata itself, so a CRD says no more of it than that it is an object.
 */
export const objectMetaSchema = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: z.array(ownerReferenceSchema).optional(),
  finalizers: z.array(z.string()).optional(),
  deletionTimestamp: z.string().optional(),
});

export type Metadata = z.infer<typeof objectMetaSchema>;

/** What every kind of stepgate has beside spec and status. */
export const resourceFields = {
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: objectMetaSchema,
};
