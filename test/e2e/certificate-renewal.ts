import { requestedRenewal } from '../cluster/cert-manager/requested-renewal.ts';
import { eventually } from '../cluster/eventually.ts';
import { installed, type OperatedCluster } from './operated-cluster.ts';
import { podMetric, podsOf } from './product-pods.ts';

const certificate = `${installed.release}-webhook`;
const metric = 'stepgate_certificate_expiry_seconds';

/** Asks cert-manager for a new serving certificate, as `cmctl renew` does; resolves when every replica serves with it. */
export async function renewCertificate(operated: Pick<OperatedCluster, 'kubectl'>): Promise<void> {
  const { kubectl } = operated;
  const before = await certificateOf(operated);
  const where = ['certificate', certificate, '-n', installed.namespace, '--subresource=status'];
  const patch = JSON.stringify(requestedRenewal(before));
  await kubectl(['patch', ...where, '--type=merge', '-p', patch]);
  const [old, renewed] = [before, await renewedAfter(operated, before)].map(({ status }) =>
    Date.parse(status.notAfter),
  ) as [number, number];
  await eventually(
    'every replica serves with the new certificate',
    async () => {
      const pods = await podsOf(operated, 'webhook');
      const ends = await Promise.all(pods.map(({ name }) => servingEnd(operated, name)));
      // The date is worked out, and wavers by the time it took to ask.
      return ends.every((end) => Math.abs(end - renewed) < Math.abs(end - old));
    },
    180_000,
  );
}

async function certificateOf({ kubectl }: Pick<OperatedCluster, 'kubectl'>): Promise<CertificateObject> {
  const text = await kubectl(['get', 'certificate', certificate, '-n', installed.namespace, '-o', 'json']);
  return JSON.parse(text) as CertificateObject;
}

async function renewedAfter(
  operated: Pick<OperatedCluster, 'kubectl'>,
  before: CertificateObject,
): Promise<CertificateObject> {
  let now = before;
  await eventually('the certificate is issued anew', async () => {
    now = await certificateOf(operated);
    return now.status.notAfter !== before.status.notAfter;
  });
  return now;
}

/** When the certificate that a replica serves with ends, in milliseconds since 1970. */
async function servingEnd(operated: Pick<OperatedCluster, 'kubectl'>, pod: string): Promise<number> {
  return Date.now() + (await podMetric(operated, pod, metric, 'certificate="serving"')) * 1_000;
}

interface CertificateObject {
  readonly metadata: { readonly generation: number };
  readonly status: {
    readonly notAfter: string;
    readonly conditions: readonly { readonly type: string }[];
  };
}
