import { installed, type OperatedCluster } from './operated-cluster.ts';
import { podsOf } from './product-pods.ts';

const reading = "require('node:fs').readFileSync('/proc/1/status', 'utf8')";

/** VmRSS, in megabytes, of each process of a part of the product, the larger first: what is shared with others too. */
export async function residentMegabytes(
  operated: Pick<OperatedCluster, 'kubectl'>,
  part: 'webhook' | 'controller',
): Promise<number[]> {
  const pods = await podsOf(operated, part);
  const each = pods.map(async ({ name }) => {
    // The image has nothing that reads a file but Node itself.
    const status = await operated.kubectl([
      'exec',
      '-n',
      installed.namespace,
      name,
      '--',
      'node',
      '-p',
      reading,
    ]);
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return Number(kibibytes) / 1_024;
  });
  return (await Promise.all(each)).sort((one, other) => other - one);
}
