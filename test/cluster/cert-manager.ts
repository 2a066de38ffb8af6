import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from './child-process.ts';
import type { ControlPlane } from './control-plane.ts';
import { findCertManager } from './find-cert-manager.ts';

/** cert-manager's own controllers beside a control plane, without pods. */
export interface CertManager {
  /** `v1.21.2` */
  readonly version: string;
  readonly child: Child;
  /** Ends its process; what it has made stays. */
  stop(): Promise<void>;
}

/** The issuers of accounts and orders (ACME) do not run here, and need not be served. */
const servedGroup = /^cert-manager\.io_/;

/**
 * Installs the CRDs of cert-manager and starts its controllers and its CA injector, as admin: Issuers of the kinds
 * `selfSigned` and `ca` issue from now on, and `cert-manager.io/inject-ca-from` fills caBundles. It ends with this
 * process at the latest.
 * Rejects with NoCertManagerError where it is neither cached nor can be built, and with kubectl's words where the API
 * server refuses a CRD.
 */
export async function startCertManager(controlPlane: ControlPlane): Promise<CertManager> {
  const { version, program, crdsFolder } = await findCertManager();
  const crds = readdirSync(crdsFolder).filter((file) => servedGroup.test(file));
  const files = crds.flatMap((file) => ['-f', join(crdsFolder, file)]);
  await succeed(controlPlane, ['apply', '--server-side', ...files]);
  await succeed(controlPlane, ['wait', '--for=condition=Established', ...files]);
  const child = startChild({
    name: 'cert-manager',
    command: [program],
    args: [],
    logFile: join(controlPlane.folder, 'cert-manager.log'),
    env: { KUBECONFIG: controlPlane.kubeconfig() },
  });
  return { version, child, stop: () => child.kill() };
}

async function succeed(controlPlane: ControlPlane, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await controlPlane.kubectl(args);
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}
