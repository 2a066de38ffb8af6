import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createAdmissionMetrics } from '../../src/observability/admission-metrics.ts';
import { createAnalysisMetrics } from '../../src/observability/analysis-metrics.ts';
import { createApprovalMetrics } from '../../src/observability/approval-metrics.ts';
import { createCertificateMetrics } from '../../src/observability/certificate-metrics.ts';
import { createConfigMetrics } from '../../src/observability/config-metrics.ts';
import { createControllerMetrics } from '../../src/observability/controller-metrics.ts';
import { createExecutionMetrics } from '../../src/observability/execution-metrics.ts';
import { createJournalMetrics } from '../../src/observability/journal-metrics.ts';
import { createKubeMetrics } from '../../src/observability/kube-metrics.ts';
import { createLeaderElectionMetrics } from '../../src/observability/leader-election-metrics.ts';
import { createMetricsRegistry } from '../../src/observability/metrics-registry.ts';
import { createPluginMetrics } from '../../src/observability/plugin-metrics.ts';
import { createRateLimiterMetrics } from '../../src/observability/rate-limiter-metrics.ts';
import { createWorkflowMetrics } from '../../src/observability/workflow-metrics.ts';

const folder = join(import.meta.dirname, '../../charts/stepgate/monitoring');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

interface Target {
  readonly expr: string;
}
interface Panel {
  readonly title: string;
  readonly targets?: readonly Target[];
}
interface AlertGroup {
  readonly rules: readonly (Target & { readonly alert: string })[];
}

const { panels } = JSON.parse(read('dashboard.json')) as { readonly panels: readonly Panel[] };
const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...(parse(read('alerts.yaml')) as readonly AlertGroup[]).flatMap(({ rules }) =>
    rules.map(({ alert, expr }) => [alert, expr] as const),
  ),
];

/** Labels of every metric that webhook and controller have, by its name as a query says it. */
async function labelsOfMetrics(): Promise<Map<string, readonly string[]>> {
  const registry = createMetricsRegistry({ processMetrics: true });
  createAdmissionMetrics(registry);
  createAnalysisMetrics(registry);
  createApprovalMetrics(registry);
  createCertificateMetrics(registry, Date.now);
  createConfigMetrics(registry);
  createControllerMetrics(registry);
  createExecutionMetrics(registry);
  createJournalMetrics(registry);
  createKubeMetrics(registry);
  createLeaderElectionMetrics(registry);
  createPluginMetrics(registry);
  createRateLimiterMetrics(registry);
  createWorkflowMetrics(registry, () => ({ active: 0, running: 0, queued: 0, limit: 5 }));
  const described = await registry.getMetricsAsJSON();
  return new Map(
    described.flatMap(({ name, type }) => {
      const metric = registry.getSingleMetric(name) as unknown as { readonly labelNames?: readonly string[] };
      const labels = metric.labelNames ?? [];
      const isHistogram = String(type) === 'histogram';
      const parts = isHistogram ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name];
      return parts.map((part) => [part, part.endsWith('_bucket') ? [...labels, 'le'] : labels] as const);
    }),
  );
}

const functions =
  /\b(?:sum|min|max|by|on|group_left|absent|rate|increase|histogram_quantile|and|or)\b|"[^"]*"|\[[^\]]*\]/g;
/** Prometheus gives these itself. */
const targetLabels = ['pod', 'namespace', 'job', 'instance'];

describe.each(expressions)('%s', (_, expression) => {
  it('asks for metrics that there are, by labels that they have', async () => {
    const known = await labelsOfMetrics();
    // What is between braces of a selector, and behind by, are labels; all other words are metrics.
    const labels = [
      ...[...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, text = '']) =>
        [...text.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label ?? ''),
      ),
      ...[...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, text = '']) => text.split(/,\s*/)),
    ];
    const bare = expression
      .replaceAll(/\{[^}]*\}/g, '')
      .replaceAll(/\b(?:by|on|group_left) \([^)]*\)/g, '')
      .replaceAll(functions, '');
    const metrics = [...bare.matchAll(/[a-z]\w*/g)].map(([name]) => name);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !known.has(name))).toEqual([]);
    const has = new Set([...metrics.flatMap((name) => known.get(name) ?? []), ...targetLabels]);
    expect(labels.filter((label) => !has.has(label))).toEqual([]);
  });
});
