/** The clients: a process of their own, so that nothing else the benchmark does disturbs what they measure. */
import { Agent, request as httpsRequest } from 'node:https';
import type { LoadObject, LoadOrder, LoadOutcome, LoadTarget } from './load-messages.ts';

const agents = new Map<string, Agent>();

function agentFor({ url, authorityPem }: LoadTarget): Agent {
  const known = agents.get(url);
  if (known !== undefined) return known;
  const agent = new Agent({ keepAlive: true, ca: authorityPem, maxFreeSockets: 256, scheduling: 'lifo' });
  agents.set(url, agent);
  return agent;
}

interface Answer {
  readonly code: number;
  readonly text: () => string;
}

function executionOf({ namespace, prefix, workflows }: LoadOrder, number: number): LoadObject {
  const body = {
    apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1',
    kind: 'KubernetesExecution',
    metadata: {
      name: `${prefix}-${number}`,
      labels: { workflow: workflows[number % workflows.length], round: prefix },
    },
    spec: {
      stepNumber: (number % 1_000) + 1,
      action: 'scale_deployment',
      parameters: { namespace: 'shop', deployment: 'checkout', replicas: '3' },
    },
  };
  const path = `/apis/kubernetesexecution.kubernaut.io/v1alpha1/namespaces/${namespace}/kubernetesexecutions`;
  return { path, body };
}

function create(order: LoadOrder, number: number): Promise<Answer> {
  const { target } = order;
  const object = order.objects?.[number] ?? executionOf(order, number);
  const body = JSON.stringify(object.body);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = httpsRequest(
    `${target.url}${object.path}`,
    {
      method: 'POST',
      agent: agentFor(target),
      headers: {
        authorization: `Bearer ${target.token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ code: response.statusCode ?? 0, text: () => Buffer.concat(chunks).toString('utf8') }),
      );
    },
  );
  request.on('error', reject);
  request.end(body);
  return promise;
}

async function carryOut(order: LoadOrder): Promise<LoadOutcome> {
  const milliseconds: number[] = [];
  const codes: Record<string, number> = {};
  let refusal = '';
  let next = 0;
  async function client(): Promise<void> {
    while (next < order.creates) {
      const number = next++;
      const sentAt = performance.now();
      const answer = await create(order, number);
      milliseconds.push(performance.now() - sentAt);
      codes[answer.code] = (codes[answer.code] ?? 0) + 1;
      if (answer.code !== 201) refusal = answer.text();
    }
  }
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: order.clients }, client));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, milliseconds, codes, refusal, cpuMilliseconds: (user + system) / 1_000 };
}

process.on('message', (order: LoadOrder) => {
  carryOut(order).then(
    (outcome) => process.send?.({ outcome }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// The benchmark has ended, however it did.
process.on('disconnect', () => process.exit());
