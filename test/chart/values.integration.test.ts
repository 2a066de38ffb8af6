import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configFields } from '../../src/config/config-schema.ts';
import { configKeys } from '../../src/config/config-keys.ts';
import { chartFolder, runHelm, template, type Values } from './helm.ts';

const repository = join(chartFolder, '../..');
const read = (path: string): string => readFileSync(path, 'utf8');
const defaults = parse(read(join(chartFolder, 'values.yaml'))) as Values & {
  readonly config: Readonly<Record<string, unknown>>;
};
const keys = configFields.map((field) => configKeys[field]);

/** What helm says where it refuses values; '' where it takes them. */
async function refusalOf(values: Values, kubeVersion?: string): Promise<string> {
  const { exitCode, stderr } = await template({ values, ...(kubeVersion && { kubeVersion }) });
  expect(exitCode).toBe(stderr === '' ? 0 : 1);
  return stderr;
}

it('passes helm lint --strict', async () => {
  const { exitCode, stdout, stderr } = await runHelm(['lint', '--strict', chartFolder]);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
});

it('has the version of the package', () => {
  const { version, appVersion } = parse(read(join(chartFolder, 'Chart.yaml'))) as Record<string, string>;
  const { version: ofPackage } = JSON.parse(read(join(repository, 'package.json'))) as { version: string };
  expect([version, appVersion]).toEqual([ofPackage, ofPackage]);
});

describe('config', () => {
  it('has every key of the ConfigMap with its default', () => {
    expect(
      Object.fromEntries(Object.entries(defaults.config).map(([key, value]) => [key, String(value)])),
    ).toEqual(Object.fromEntries(keys.map(({ key, byDefault }) => [key, byDefault])));
  });

  const examples: readonly (readonly [key: string, good: readonly unknown[], bad: readonly unknown[]])[] = [
    ['max-parallel-steps', [1, '7', 10_000], [0, 10_001, 2.5, 'five', '0', true, '']],
    ['complexity-approval-threshold', [0, '12'], [-1, '-1', 10_001, 'many']],
    ['kubernetes-qps', [0.1, '2.5', 10_000], [0, -1, 'fast', 10_001]],
    ['kubernetes-burst', [1, '30'], [0, 'a']],
    ['enforcement', ['warn', 'audit'], ['off', true, '']],
    ['require-workflow', [false, 'true'], ['yes', 1]],
    ['require-different-approver', [true, 'false'], ['no', 0]],
    ['service-accounts-may-approve', [true, 'false'], ['no', 0]],
    ['approve-by-hash-only', [true, 'false'], ['no', 0]],
    ['reservation-lifetime', ['35s', '1h', '1m30s'], [45, '45', 'soon', '']],
    ['confidence-approval-threshold', [0, 1, '0.85', '1'], [1.1, -0.1, '1.5', 'high']],
    ['approval-timeout', ['1s', '168h'], [15, 'never']],
    ['max-step-timeout', ['1s', '168h'], [15, 'never']],
  ];

  /** The first value of every key, the second, and so on; who has fewer has its last one again. */
  function rounds(of: (example: (typeof examples)[number]) => readonly unknown[]): Record<string, unknown>[] {
    const most = Math.max(...examples.map((example) => of(example).length));
    return Array.from({ length: most }, (_, round) =>
      Object.fromEntries(examples.map((example) => [example[0], of(example)[round] ?? of(example).at(-1)])),
    );
  }

  function isTaken(key: string, value: unknown): boolean {
    const schema = keys.find((each) => each.key === key)?.value.schema;
    return schema?.safeParse(String(value)).success === true;
  }

  it.each(rounds(([, good]) => good))('takes what the processes take: %j', async (config) => {
    expect(Object.entries(config).filter(([key, value]) => !isTaken(key, value))).toEqual([]);
    expect(await refusalOf({ config })).toBe('');
  });

  it.each(rounds(([, , bad]) => bad))('refuses what they refuse, and names each key: %j', async (config) => {
    expect(Object.entries(config).filter(([key, value]) => isTaken(key, value))).toEqual([]);
    const refusal = await refusalOf({ config });
    expect(Object.keys(config).filter((key) => !refusal.includes(`at '/config/${key}'`))).toEqual([]);
  });

  it('refuses a key that there is not', async () => {
    const refusal = await refusalOf({ config: { 'max-paralel-steps': 5 } });
    expect(refusal).toContain("at '/config': additional properties 'max-paralel-steps' not allowed");
  });

  it('leaves a key out that is null', async () => {
    const { stdout } = await template({ values: { config: { 'max-parallel-steps': null } } });
    expect(stdout).not.toContain('max-parallel-steps:');
    expect(stdout).toContain('complexity-approval-threshold: "10"');
  });
});

describe('other values', () => {
  it.each([
    ['a misspelled key', { webhok: {} }, "additional properties 'webhok' not allowed"],
    ['a misspelled key further in', { 'webhook.replica': 2 }, "additional properties 'replica' not allowed"],
    ['no replica', { 'webhook.replicas': 0 }, "at '/webhook/replicas': minimum: got 0, want 1"],
    ['a timeout that no API server takes', { 'webhook.timeoutSeconds': 31 }, 'maximum: got 31, want 30'],
    [
      'a level that is none',
      { 'controller.logLevel': 'loud' },
      "at '/controller/logLevel': value must be one of",
    ],
    [
      'a digest that is none',
      { 'image.digest': 'latest' },
      "at '/image/digest': 'latest' does not match pattern",
    ],
    ['an issuer without a name', { 'certManager.issuerRef': { kind: 'Issuer' } }, "missing property 'name'"],
    ['a switch that is none', { 'serviceMonitor.enabled': 'maybe' }, "at '/serviceMonitor/enabled'"],
    ['approval for everybody', { 'rbac.aggregateApprover': ['everybody'] }, "'/rbac/aggregateApprover/0'"],
    [
      'a user name that would end a text of CEL',
      { statusWriters: [`system:serviceaccount:ops:x' || true || '`] },
      "at '/statusWriters/0'",
    ],
    [
      'certificates from nobody',
      { 'certManager.enabled': false, 'selfManagedCertificates.enabled': false },
      'certManager.enabled and selfManagedCertificates.enabled are both false: the webhook would have no certificate.',
    ],
  ] as const)('%s is refused', async (_, values, why) => {
    expect(await refusalOf(values)).toContain(why);
  });

  it('a Kubernetes before 1.32 is refused, and what vendors append to a version is not', async () => {
    expect(await refusalOf({}, 'v1.31.9')).toContain(
      'chart requires kubeVersion: >=1.32.0-0 which is incompatible with Kubernetes v1.31.9',
    );
    expect(await refusalOf({}, 'v1.32.2-gke.1182000')).toBe('');
  });

  it.each([
    ['serviceMonitor.enabled', 'monitoring.coreos.com/v1/ServiceMonitor'],
    ['prometheusRule.enabled', 'monitoring.coreos.com/v1/PrometheusRule'],
  ])('%s: true is refused by a cluster without the kind, auto follows it', async (value, kind) => {
    const cluster = ['apiregistration.k8s.io/v1', 'cert-manager.io/v1/Certificate'];
    const insisted = await template({ values: { [value]: true }, apiVersions: cluster });
    expect(insisted.stderr).toContain(`${value} is true, and this cluster has no ${kind}.`);
    const rendered = (apiVersions: readonly string[]) => template({ apiVersions });
    const of = `kind: ${kind.split('/').at(-1)}`;
    expect((await rendered(cluster)).stdout).not.toContain(of);
    expect((await rendered([...cluster, kind])).stdout).toContain(of);
  });
});

/** Paths of values that are no groups of others: `webhook.replicas`. */
function pathsOf(values: Values, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    const isOpen = isGroup && (Object.keys(value).length === 0 || /resources$|\.labels$/.test(path));
    return isGroup && !isOpen ? pathsOf(value as Values, `${path}.`) : [path];
  });
}

it('docs/chart.md describes every value with its default, and no other', () => {
  const page = read(join(repository, 'docs/chart.md'));
  const rows = new Map(
    [...page.matchAll(/^\| `([\w.-]+)` +\| `([^|]*)` +\|/gm)].map(([, path, text]) => [path, text]),
  );
  const documented = Object.fromEntries(rows);
  const actual = pathsOf(defaults).map((path) => {
    const parts = path.startsWith('config.') ? ['config', path.slice('config.'.length)] : path.split('.');
    const value = parts.reduce<unknown>((group, key) => (group as Values)[key], defaults);
    return [path, JSON.stringify(value)];
  });
  expect(documented).toEqual(Object.fromEntries(actual));
});
