import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../cluster/child-process.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { freePort } from '../cluster/free-port.ts';
import { kubeconfigText } from '../cluster/kubeconfig-file.ts';

/** A pod's spec, as far as a process can have it. */
export interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly [
    {
      readonly args: readonly string[];
      readonly env?: readonly EnvironmentVariable[];
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
  readonly volumes?: readonly { readonly name: string; readonly secret: { readonly secretName: string } }[];
}

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** Where a pod is and what is mounted in it. */
export interface PodPlace {
  readonly name: string;
  readonly namespace: string;
  /** Folders in the place of volumes, by the volume's name. */
  readonly folders?: Readonly<Record<string, string>>;
}

/** A pod of the chart as a process of this machine: its arguments, its environment, the token of its account. */
export interface RenderedPod {
  readonly name: string;
  readonly child: Child;
  readonly port: number;
  readonly metricsUrl: string;
  /** What `/readyz` says; '' while nothing listens. */
  readiness(): Promise<string>;
  /** Resolves when it is ready. */
  ready(): Promise<void>;
}

const script = join(import.meta.dirname, '../../src/main.ts');

/**
 * Starts what a kubelet would start. Ports alone are others, because pods of one machine share it; volumes are the folders
 * that are given.
 */
export async function startRenderedPod(
  controlPlane: ControlPlane,
  spec: PodSpec,
  place: PodPlace,
): Promise<RenderedPod> {
  const [container] = spec.containers;
  const serves = ['webhook', 'controller'].includes(container.args[0] ?? '');
  const ports = serves ? [await freePort(), await freePort()] : [];
  const [metricsPort = 0, port = 0] = ports;
  const child = startChild({
    name: place.name,
    command: [process.execPath],
    args: [
      script,
      ...container.args.map((text) => inFolders(text, spec, place)),
      // The last of a flag counts.
      ...(ports.length === 0 ? [] : [`--metrics-port=${metricsPort}`]),
      ...(container.args[0] === 'webhook' ? [`--port=${port}`] : []),
    ],
    logFile: join(controlPlane.folder, `${place.name}.log`),
    env: {
      ...environmentOf(container.env ?? [], place),
      KUBECONFIG: await kubeconfigOf(controlPlane, spec.serviceAccountName, place),
    },
  });
  const metricsUrl = `http://127.0.0.1:${metricsPort}`;
  async function readiness(): Promise<string> {
    if (child.hasExited) throw new Error(`${place.name} has ended:\n${child.lastLogLines()}`);
    try {
      return await (await fetch(`${metricsUrl}/readyz`)).text();
    } catch {
      return '';
    }
  }
  return {
    name: place.name,
    child,
    port,
    metricsUrl,
    readiness,
    ready: () => eventually(`${place.name} is ready`, async () => (await readiness()) === 'ok\n', 60_000),
  };
}

/** Arguments name files by where volumes are mounted. */
function inFolders(
  text: string,
  { containers: [container], volumes = [] }: PodSpec,
  place: PodPlace,
): string {
  let moved = text;
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const folder = place.folders?.[name];
    if (folder === undefined || !volumes.some((volume) => volume.name === name)) {
      throw new Error(`${place.name}: there is no folder for the volume ${name}`);
    }
    moved = moved.replace(`=${mountPath}`, `=${folder}`);
  }
  return moved;
}

function environmentOf(
  variables: readonly EnvironmentVariable[],
  place: PodPlace,
): Readonly<Record<string, string>> {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': place.name,
    'metadata.namespace': place.namespace,
  };
  return Object.fromEntries(
    variables.map(({ name, value, valueFrom }) => {
      const text = value ?? fields[valueFrom?.fieldRef.fieldPath ?? ''];
      if (text === undefined) throw new Error(`${place.name}: ${name} has no value`);
      return [name, text];
    }),
  );
}

/** With a token of the account and nothing else, as it is mounted in a pod. */
async function kubeconfigOf(
  controlPlane: ControlPlane,
  account: string,
  { name, namespace }: PodPlace,
): Promise<string> {
  const { stdout, stderr, exitCode } = await controlPlane.kubectl([
    'create',
    'token',
    account,
    `--namespace=${namespace}`,
  ]);
  if (exitCode !== 0) throw new Error(stderr);
  const file = join(controlPlane.folder, `${name}.kubeconfig`);
  const { url, authorityPem } = controlPlane;
  writeFileSync(file, kubeconfigText({ url, authorityPem, user: 'nobody', token: stdout.trim() }), {
    mode: 0o600,
  });
  return file;
}
