/**
 * `stepgate`: what is imported by who writes plugins and controllers.
 */
export {
  defineAction,
  type Action,
  type ActionContext,
  type ActionExecution,
  type RollbackContext,
} from '../src/plugin/action.ts';
export { definePlugin, type AdmissionCheck, type CheckFacts, type Plugin } from '../src/plugin/plugin.ts';
export { allowed, deny, type Allow, type Cause, type Deny } from '../src/policy/verdict.ts';
