/** Plain clients that send what was recorded of a controller: a process of their own, with nothing but HTTP. */
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request as httpsRequest } from 'node:https';
import type { ReplayOrder, ReplayOutcome, ReplayWrite } from './replay-messages.ts';

type Json = Record<string, unknown>;

interface Identity {
  readonly uid: string;
  readonly resourceVersion: string;
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

/** Before a slot that was just freed is asked for again. */
const againMilliseconds = 2;

async function carryOut({ target, clients, scripts }: ReplayOrder): Promise<ReplayOutcome> {
  const agent = new Agent({
    keepAlive: true,
    ca: target.authorityPem,
    maxFreeSockets: 256,
    scheduling: 'lifo',
  });
  let next = 0;
  let writes = 0;
  let repeated = 0;

  function send({ method, path, contentType }: ReplayWrite, body: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = {
      authorization: `Bearer ${target.token}`,
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
    };
    const request = httpsRequest(`${target.url}${path}`, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('error', reject);
    request.end(body);
    return promise;
  }

  async function play(script: readonly ReplayWrite[]): Promise<void> {
    const known = new Map<string, Identity>();
    for (const write of script) {
      const body = JSON.stringify(current(write, known));
      let answer = await send(write, body);
      for (; answer.code === 429; answer = await send(write, body)) {
        repeated += 1;
        await pause(againMilliseconds);
      }
      if (answer.code >= 300) throw new Error(`${write.method} ${write.path}: ${answer.code} ${answer.text}`);
      const { kind, metadata } = JSON.parse(answer.text) as {
        kind: string;
        metadata: Identity & { name: string };
      };
      known.set(`${kind}/${metadata.name}`, metadata);
      writes += 1;
    }
  }

  async function client(): Promise<void> {
    for (let script = scripts[next++]; script !== undefined; script = scripts[next++]) await play(script);
  }

  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  return { seconds, writes, repeated };
}

/** The body with the identities of what is there now. */
function current({ body, path }: ReplayWrite, known: ReadonlyMap<string, Identity>): Json {
  const metadata = body['metadata'] as Json | undefined;
  if (metadata === undefined) return body;
  const [, plural = '', name = ''] = /\/([a-z]+)\/([^/?]+)\/status/.exec(path) ?? [];
  const kind = plural === 'workflowexecutions' ? 'WorkflowExecution' : 'KubernetesExecution';
  const now = known.get(`${kind}/${name}`);
  const owners = metadata['ownerReferences'] as readonly Json[] | undefined;
  return {
    ...body,
    metadata: {
      ...metadata,
      ...('resourceVersion' in metadata && now !== undefined ? { resourceVersion: now.resourceVersion } : {}),
      ...('uid' in metadata && now !== undefined ? { uid: now.uid } : {}),
      ...(owners === undefined
        ? {}
        : {
            ownerReferences: owners.map((owner) => ({
              ...owner,
              uid: known.get(`${String(owner['kind'])}/${String(owner['name'])}`)?.uid,
            })),
          }),
    },
  };
}

process.on('message', (order: ReplayOrder) => {
  carryOut(order).then(
    (outcome) => process.send?.({ outcome }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// The benchmark has ended, however it did.
process.on('disconnect', () => process.exit());
