import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubectlResult } from '../cluster/kubectl.ts';
import { findHelm } from '../cluster/find-helm.ts';

/** The folder of the chart. */
export const chartFolder = join(import.meta.dirname, '../../charts/stepgate');

/** A Kubernetes object as the chart renders it. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** How the chart is rendered. */
export interface RenderOptions {
  /** Default `stepgate`. */
  readonly release?: string;
  /** Default `kubernaut-system`. */
  readonly namespace?: string;
  readonly values?: Values;
  /** Default v1.37.2. */
  readonly kubeVersion?: string;
  /** Kinds that the cluster has besides helm's own list: `monitoring.coreos.com/v1/ServiceMonitor`. */
  readonly apiVersions?: readonly string[];
}

/** Values of the chart, as a file would have them. */
export interface Values {
  readonly [key: string]: unknown;
}

/** Runs helm to its end, with nobody's own settings; a failure of the command is an exit code, not a rejection. */
export async function runHelm(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<KubectlResult> {
  const helm = await findHelm();
  const home = mkdtempSync(join(tmpdir(), 'stepgate-helm-'));
  try {
    return await new Promise((resolve) => {
      const env = { HOME: home, PATH: process.env['PATH'] ?? '', ...environment };
      execFile(helm, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      });
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** Flags that give values, one by one: what is not a scalar is given as JSON. */
export function valueFlags(values: Values = {}): string[] {
  return Object.entries(values).map(([key, value]) => `--set-json=${key}=${JSON.stringify(value)}`);
}

/** The text that helm renders. Keys of values may have dots: `webhook.replicas`. */
export async function template(options: RenderOptions = {}): Promise<KubectlResult> {
  return runHelm([
    'template',
    options.release ?? 'stepgate',
    chartFolder,
    `--namespace=${options.namespace ?? 'kubernaut-system'}`,
    `--kube-version=${options.kubeVersion ?? 'v1.37.2'}`,
    ...(options.apiVersions ?? []).map((each) => `--api-versions=${each}`),
    ...valueFlags(options.values),
  ]);
}

/** The objects that helm renders, tests included. Rejects with helm's words where it refuses. */
export async function render(options: RenderOptions = {}): Promise<RenderedObject[]> {
  const { exitCode, stdout, stderr } = await template(options);
  if (exitCode !== 0) throw new Error(stderr);
  return objectsIn(stdout);
}

/** The objects in a text of several YAML documents. */
export function objectsIn(text: string): RenderedObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}

/** The one object of that kind and name. */
export function objectOf(objects: readonly RenderedObject[], kind: string, name: string): RenderedObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
