/** The builder that plugin authors get. Tests of src and webhook have it from here: they may not know sdk. */
export { makeWorkflow, type WorkflowBuilder } from '../../sdk/testing/workflow-builder.ts';
