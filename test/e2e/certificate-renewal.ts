import { eventually } from '../cluster/eventually.ts';
import { installed, type OperatedCluster } from './operated-cluster.ts';
import { podMetric, podsOf } from './product-pods.ts';

const certificate = `${installed.release}-webhook`;
const metric = 'stepgate_certificate_expiry_seconds';

/** Asks cert-manager for a new serving certificate, as `cmctl renew` does; resolves when every replica serves with it. */
export async function renewCertificate(operated: Pick<OperatedCluster, 'kubectl'>): Promise<void> {
  const { kubectl } = operated;
  const here = ['-n', installed.namespace];
  const text = await kubectl(['get', 'certificate', certificate, ...here, '-o', 'json']);
  const { metadata, status } = JSON.parse(text) as CertificateObject;
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'a test asks for a new one',
    lastTransitionTime: new Date().toISOString(),
    observedGeneration: metadata.generation,
  };
  const conditions = [...status.conditions.filter(({ type }) => type !== issuing.type), issuing];
  const expiries = await expiryDates(operated);
  await kubectl([
    'patch',
    'certificate',
    certificate,
    ...here,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status: { conditions } }),
  ]);
  await eventually(
    'every replica serves with the new certificate',
    async () => {
      const now = await expiryDates(operated);
      // A later certificate ends later; within one, the date that is worked out wavers by the time it took to ask.
      return [...now].every(([pod, date]) => date > (expiries.get(pod) ?? 0) + 20_000);
    },
    300_000,
  );
}

/** When the certificate of each replica ends, in milliseconds since 1970. */
async function expiryDates(operated: Pick<OperatedCluster, 'kubectl'>): Promise<Map<string, number>> {
  const dates = new Map<string, number>();
  for (const { name } of await podsOf(operated, 'webhook')) {
    dates.set(name, Date.now() + (await podMetric(operated, name, metric)) * 1_000);
  }
  return dates;
}

interface CertificateObject {
  readonly metadata: { readonly generation: number };
  readonly status: { readonly conditions: readonly { readonly type: string }[] };
}
