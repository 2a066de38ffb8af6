import type { ControlPlane } from '../cluster/control-plane.ts';

const group = 'monitoring.coreos.com';
const kinds = ['ServiceMonitor', 'PrometheusRule'];

/**
 * Serves the kinds of the Prometheus operator by their names alone: a chart that asks whether they are there finds them,
 * and nobody judges what is in them.
 */
export async function serveMonitoring(controlPlane: ControlPlane): Promise<void> {
  const items = kinds.map((kind) => {
    const plural = `${kind.toLowerCase()}s`;
    const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    };
  });
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const names = items.map(({ metadata }) => metadata.name);
  for (const args of [
    ['apply', '-f', '-'],
    ['wait', '--for=condition=Established', 'customresourcedefinition', ...names],
  ]) {
    const { exitCode, stderr } = await controlPlane.kubectl(args, { input });
    if (exitCode !== 0) throw new Error(stderr);
  }
}
