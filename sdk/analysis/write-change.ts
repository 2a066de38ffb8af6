import { aiAnalysisKind } from '../../src/api/names.ts';
import { type EventFacts, regardingObject } from '../../src/kube/event-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { visibleText } from '../../src/policy/hostile-characters.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Fields } from '../workflow/recorded-status.ts';
import { mergeConditions } from '../workflow/workflow-conditions.ts';
import type { AnalysisChange } from './analysis-change.ts';
import { type AnalysisStep, type AnalysisTurn, rest } from './analysis-turn.ts';
import type { StoredAnalysis } from './stored-analysis.ts';

/** What others wrote shows in the cache within moments. Milliseconds. */
const conflictMilliseconds = 250;

/**
 * Writes a change into the status of the analysis, if the analysis is still the one that it was made from, and says so
 * in an Event.
 * @throws what the write was refused with, but for conflicts
 */
export async function writeChange(turn: AnalysisTurn, change: AnalysisChange): Promise<AnalysisStep> {
  const { client, namespace, analysis, memory, events, date, signal } = turn;
  const { name, resourceVersion, generation = 0 } = analysis.metadata;
  const stored: readonly Fields[] = analysis.status?.conditions ?? [];
  const conditions = mergeConditions(change.conditions, stored, generation, date().toISOString());
  try {
    const written = await client.request<StoredAnalysis>({
      method: 'PATCH',
      path: resourcePath(aiAnalysisKind, { namespace, name, subresource: 'status' }),
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion },
        status: { ...change.status, ...messageOf(change), observedGeneration: generation, conditions },
      },
      signal,
    });
    memory.written.wrote(written);
    if (change.event !== undefined) events.record(analysisEvent(written, change.event));
    return { kind: 'goOn', analysis: written };
  } catch (error) {
    if (isKubeStatus(error, 409)) return { kind: 'rest', after: conflictMilliseconds };
    if (isKubeStatus(error, 404)) return rest;
    throw error;
  }
}

/** What errors and analysers say is in it. */
function messageOf({ status: { message } }: AnalysisChange): { readonly message?: string } {
  return typeof message === 'string' ? { message: visibleText(message) } : {};
}

/** Something that is said of an analysis. */
export function analysisEvent(
  { metadata }: StoredAnalysis,
  event: NonNullable<AnalysisChange['event']>,
): EventFacts {
  return { ...event, regarding: regardingObject(aiAnalysisKind, metadata) };
}
