import type { ResourceKind } from '../../src/api/names.ts';

/** The kinds of Kubernetes that the built-in actions work on. */
export const deploymentKind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
} as const satisfies ResourceKind;
export const podKind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
} as const satisfies ResourceKind;
export const nodeKind = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
} as const satisfies ResourceKind;
export const configMapKind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
} as const satisfies ResourceKind;
export const secretKind = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
} as const satisfies ResourceKind;
export const jobKind = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
} as const satisfies ResourceKind;
