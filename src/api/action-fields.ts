import { z } from 'zod';
import { durationPattern } from './duration.ts';
import { objectNameMaxLength } from './object-name.ts';

/** The number of a step within its workflow, from 1. */
export const stepNumberSchema = z
  .int()
  .min(1)
  .max(2_147_483_647)
  .describe('Number of the step within its workflow, from 1.');

/** The name of an action. */
export const actionSchema = z
  .string()
  .min(1)
  .max(253)
  .describe('Name of the action, for example scale_deployment.');

/** What an action is given: any JSON values by name. The action's own schema says which of them it takes. */
export const parametersSchema = z
  .record(z.string(), z.unknown())
  .describe("Parameters of the action by name. The action's own schema says which it takes.");

/** How long something may take. */
export const timeoutSchema = z
  .string()
  .max(64)
  .regex(durationPattern)
  .describe('How long one attempt may take, for example 5m or 1h30m. 0s and absence mean no limit.');

/** How often a failed attempt is repeated. */
export const maxRetriesSchema = z.int().min(0).max(100).describe('How often a failed attempt is repeated.');

/** The ServiceAccount, in the namespace of the object, that actions act as. */
export const serviceAccountNameSchema = z
  .string()
  .max(objectNameMaxLength)
  .describe('ServiceAccount of this namespace that the actions act as.');
