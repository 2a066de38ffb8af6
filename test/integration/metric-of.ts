import type { WebhookReplica } from '../cluster/webhook-replica.ts';

/** The sum of a metric of one replica now, over the series whose labels contain `labels`. 0 where there is none. */
export async function metricOf({ metricsUrl }: WebhookReplica, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
