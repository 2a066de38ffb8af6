import type { WebhookReplica } from '../test/cluster/webhook-replica.ts';

/** What the replicas have counted of their journals, together. */
export interface JournalCounts {
  readonly writes: number;
  readonly conflicts: number;
  /** Requests to the API server by resource and code, `PUT` and `GET` alike. */
  readonly journalRequests: number;
}

/** Reads the metrics of all replicas; undefined where they keep no journal. */
export async function journalCountsOf(
  replicas: readonly WebhookReplica[],
): Promise<JournalCounts | undefined> {
  let [writes, conflicts, journalRequests, found] = [0, 0, 0, false];
  for (const { metricsUrl } of replicas) {
    const text = await (await fetch(`${metricsUrl}/metrics`)).text();
    found ||= text.includes('stepgate_journal_writes_total');
    writes += sumOf(text, /^stepgate_journal_writes_total (\d+)/gm);
    conflicts += sumOf(text, /^stepgate_journal_conflicts_total (\d+)/gm);
    journalRequests += sumOf(text, /^kubernetes_api_requests_total\{.*slotjournals.*\} (\d+)/gm);
  }
  return found ? { writes, conflicts, journalRequests } : undefined;
}

function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}
