import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import type { ReconcileResult } from '../controller/controller.ts';
import type { AnalysisStep, AnalysisTurn } from './analysis-turn.ts';
import { awaitDecision } from './await-decision.ts';
import { beginAnalysis, isDone } from './begin-analysis.ts';
import { followWorkflow } from './follow-workflow.ts';
import { analysisEvent } from './write-change.ts';

/**
 * Brings an analysis on, one write after the other, until something else has to happen first. Each write follows from
 * what is stored alone and is refused the second time, so that it does not matter who goes on after which of them.
 *
 * @throws what is nobody's fault, so that it is tried again
 */
export async function reconcileAnalysis(turn: AnalysisTurn): Promise<ReconcileResult | undefined> {
  let { analysis } = turn;
  try {
    for (;;) {
      const step = await stepOf({ ...turn, analysis });
      if (step.kind === 'rest') return step.after === undefined ? undefined : { after: step.after };
      analysis = step.analysis;
    }
  } catch (error) {
    // A quota, or a right that somebody has to give: who looks at the analysis should know.
    if (isKubeStatus(error, 403)) {
      const event = {
        type: 'Warning',
        reason: 'Delayed',
        action: 'TryAgain',
        note: error.status.message,
      } as const;
      turn.events.record(analysisEvent(analysis, event));
    }
    throw error;
  }
}

async function stepOf(turn: AnalysisTurn): Promise<AnalysisStep> {
  switch (turn.analysis.status?.phase) {
    case 'analyzing':
      return isDone(turn.analysis) ? await beginAnalysis(turn) : { kind: 'rest' };
    case 'approving':
      return await awaitDecision(turn);
    case 'approved':
      return await followWorkflow(turn);
    case undefined:
    case 'pending':
    case 'investigating':
    case 'completed':
    case 'rejected':
    case 'failed':
      return { kind: 'rest' };
  }
}
