import { join } from 'node:path';
import { admissionPathOf } from './admission-path.ts';
import { startChild, type Child } from './child-process.ts';
import type { ControlPlane } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { servingCertificateOf } from './serving-certificate.ts';

/** A webhook replica as a process of its own, with the rights of the webhook's account and no others. */
export interface WebhookReplica {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:port`, for /readyz and /metrics. */
  readonly metricsUrl: string;
  readonly child: Child;
  /** Resolves when /readyz says ok; rejects with the last lines of its log when it ends instead. */
  ready(): Promise<void>;
}

/** How a replica is started. */
export interface WebhookReplicaOptions {
  readonly name: string;
  /** Settings that win over the ConfigMap, such as `{ MAX_PARALLEL_STEPS: '10000' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The script that runs, default src/main.ts; benchmarks have their own. */
  readonly script?: string;
  readonly logLevel?: string;
  /** More flags of the command, by name without dashes; a list repeats its flag, `true` needs no value. */
  readonly flags?: Readonly<Record<string, string | readonly string[] | true>>;
}

/** Starts a replica; it ends with this process at the latest. */
export async function startWebhookReplica(
  controlPlane: ControlPlane,
  {
    name,
    environment = {},
    script = join(import.meta.dirname, '../../src/main.ts'),
    logLevel = 'info',
    flags: moreFlags = {},
  }: WebhookReplicaOptions,
): Promise<WebhookReplica> {
  const port = await freePort();
  const metricsPort = await freePort();
  const logFile = join(controlPlane.folder, `${name}.log`);
  const flags = {
    kubeconfig: controlPlane.kubeconfig('webhook'),
    host: '127.0.0.1',
    port: String(port),
    'metrics-port': String(metricsPort),
    'certificate-folder': servingCertificateOf(controlPlane).folder,
    'admission-path-folder': admissionPathOf(controlPlane).folder,
    'log-level': logLevel,
    ...moreFlags,
  };
  const child = startChild({
    name,
    command: [process.execPath],
    args: [script, 'webhook', ...Object.entries(flags).flatMap(([flag, value]) => flagTexts(flag, value))],
    logFile,
    env: { POD_NAME: name, ...environment },
  });
  const metricsUrl = `http://127.0.0.1:${metricsPort}`;
  return {
    name,
    port,
    metricsUrl,
    child,
    async ready() {
      const isReady = async (): Promise<boolean> => {
        if (child.hasExited) throw new Error(`webhook ${name} has ended:\n${child.lastLogLines()}`);
        try {
          return (await fetch(`${metricsUrl}/readyz`)).ok;
        } catch {
          return false;
        }
      };
      await eventually(`webhook ${name} is ready`, isReady, 60_000);
    },
  };
}

function flagTexts(flag: string, value: string | readonly string[] | true): readonly string[] {
  if (value === true) return [`--${flag}`];
  return (typeof value === 'string' ? [value] : value).map((each) => `--${flag}=${each}`);
}
