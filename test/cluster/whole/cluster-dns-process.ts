import { createSocket } from 'node:dgram';
import { KubeConfig } from '@kubernetes/client-node';
import { createKubeClient } from '../../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../../src/kube/kube-status-error.ts';
import { type DnsAnswer, type DnsQuestion, readQuestion, writeAnswer } from './dns-message.ts';

// Names of Services for the pods of a cluster of our own: `node cluster-dns-process.ts KUBECONFIG ADDRESS` answers at port 53.

const [kubeconfig = '', address = ''] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const client = createKubeClient(config);
const socket = createSocket('udp4');

socket.on('message', (message, sender) => {
  const question = readQuestion(message);
  if (question === undefined) return;
  answerTo(question)
    .then((answer) => socket.send(writeAnswer(message, question, answer), sender.port, sender.address))
    .catch((error: unknown) => process.stderr.write(`${question.name}: ${String(error)}\n`)); // it asks again
});
socket.bind(53, address, () => process.stdout.write('ready\n'));

/** Asks the API server each time: few ask here, and then it is always right. */
async function answerTo({ name, type }: DnsQuestion): Promise<DnsAnswer> {
  if (!name.endsWith('.cluster.local')) return name.includes('.') ? 'refused' : 'no such name';
  const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(name) ?? [];
  if (service === undefined || namespace === undefined) return 'no such name';
  try {
    const path = `/api/v1/namespaces/${namespace}/services/${service}`;
    const { spec } = await client.request<{ spec: { clusterIP?: string } }>({ method: 'GET', path });
    const isAddress = /^[0-9.]+$/.test(spec.clusterIP ?? ''); // and not None
    return type === 1 && isAddress ? { address: spec.clusterIP ?? '' } : 'nothing of this type';
  } catch (error) {
    if (isKubeStatus(error, 404)) return 'no such name';
    throw error;
  }
}
