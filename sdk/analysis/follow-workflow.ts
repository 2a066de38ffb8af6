import { workflowExecutionKind } from '../../src/api/names.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { completes, fails } from './analysis-change.ts';
import { type AnalysisStep, type AnalysisTurn, rest } from './analysis-turn.ts';
import { lookUp } from './create-once.ts';
import { startWorkflow } from './start-workflow.ts';
import { writeChange } from './write-change.ts';

/** A workflow that lives shows in the cache within moments; where it does not, it is asked for again. Milliseconds. */
const unseenMilliseconds = 5_000;

/** Creates the workflow of an analysis that needs no approval, and reports how the workflow ends. */
export async function followWorkflow(turn: AnalysisTurn): Promise<AnalysisStep> {
  const { client, workflows, namespace, analysis, date, signal } = turn;
  const reference = analysis.status?.workflowExecutionRef;
  if (reference === undefined) return await startWorkflow(turn);
  const { name, uid } = reference;
  if (workflows.get(namespace, name)?.metadata.uid === uid) return rest;
  const found = await lookUp<WorkflowExecution>(
    client,
    { kind: workflowExecutionKind, namespace, name },
    signal,
  );
  const now = date().toISOString();
  const workflow = found?.answer.metadata.uid === uid ? found.answer : undefined;
  if (workflow === undefined) {
    const message = `WorkflowExecution ${name} was deleted before it was over`;
    return await writeChange(turn, fails('WorkflowDeleted', message, now));
  }
  const { phase, message } = workflow.status ?? {};
  const what = `WorkflowExecution ${name} ${phase === 'failed' ? 'has failed' : 'is completed'}`;
  const why = message === undefined ? what : `${what}: ${message}`;
  if (phase === 'completed') return await writeChange(turn, completes(why, now));
  if (phase === 'failed') return await writeChange(turn, fails('WorkflowFailed', why, now));
  return { kind: 'rest', after: unseenMilliseconds };
}
