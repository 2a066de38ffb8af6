/** The builder that plugin authors get. Tests of src and webhook have it from here: they may not know sdk. */
export {
  makeExecution,
  makeGeneratedExecution,
  type ExecutionBuilder,
} from '../../sdk/testing/execution-builder.ts';
