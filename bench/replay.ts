import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RecordedRequest } from './recording-proxy.ts';
import type { ReplayOrder, ReplayOutcome, ReplayWrite } from './replay-messages.ts';

/**
 * The writes to workflows and executions of one namespace, as they came, by workflow and for another namespace. Those
 * that were refused are left out: they changed nothing.
 */
export function scriptsOf(
  requests: readonly RecordedRequest[],
  from: string,
  to: string,
  workflows: readonly object[],
): readonly (readonly ReplayWrite[])[] {
  const names = workflows.map(
    (workflow) => (workflow as { readonly metadata: { readonly name: string } }).metadata.name,
  );
  const collection = `/apis/workflowexecution.kubernaut.io/v1alpha1/namespaces/${to}/workflowexecutions`;
  const scripts = new Map<string, ReplayWrite[]>(
    names.map((name, index) => [
      name,
      [{ method: 'POST', path: collection, contentType: 'application/json', body: { ...workflows[index] } }],
    ]),
  );
  for (const { method, path, query, contentType = 'application/json', body, status } of requests) {
    if (method === 'GET' || status >= 300 || status === 0 || !path.includes(`/namespaces/${from}/`)) continue;
    if (!/\/(?:workflow|kubernetes)executions/.test(path)) continue;
    const parsed = JSON.parse(body.replaceAll(`"namespace":"${from}"`, `"namespace":"${to}"`)) as {
      readonly metadata?: { readonly name?: string };
    };
    const [, named] = /executions\/([^/]+)/.exec(path) ?? [];
    const workflow = (named ?? parsed.metadata?.name ?? '').replace(/-step-\d+$/, '');
    scripts.get(workflow)?.push({
      method,
      path: path.replace(`/namespaces/${from}/`, `/namespaces/${to}/`) + query,
      contentType,
      body: { ...parsed },
    });
  }
  return [...scripts.values()];
}

/** Sends scripts from a process of its own. Rejects when a write is refused other than for want of a slot. */
export async function replay(order: ReplayOrder): Promise<ReplayOutcome> {
  const child = fork(join(import.meta.dirname, 'replay-process.ts'));
  try {
    child.send(order);
    const [message] = (await once(child, 'message')) as [
      { readonly outcome: ReplayOutcome } | { readonly error: string },
    ];
    if ('error' in message) throw new Error(`the plain clients: ${message.error}`);
    return message.outcome;
  } finally {
    child.kill();
  }
}
