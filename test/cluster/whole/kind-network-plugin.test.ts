import { expect, it } from 'vitest';
import { completeNetworkPlugin } from './kind-network-plugin.ts';

const manifest = `# would you kindly template this file
# would you kindly patch this file
kind: DaemonSet
apiVersion: apps/v1
metadata: { name: kindnet, namespace: kube-system }
spec:
  template:
    spec:
      containers:
        - name: kindnet-cni
          env:
            - { name: POD_SUBNET, value: "{{ .PodSubnet }}" }
`;

it('knows the subnet of pods and where the API server is', () => {
  const [container] = (
    JSON.parse(completeNetworkPlugin(manifest, 'first:6443')) as {
      spec: { template: { spec: { containers: { env: object[] }[] } } };
    }
  ).spec.template.spec.containers;
  expect(container?.env).toEqual([
    { name: 'POD_SUBNET', value: '10.244.0.0/16' },
    { name: 'CONTROL_PLANE_ENDPOINT', value: 'first:6443' },
  ]);
});

it('is not told what it does not ask for', () => {
  const plain = manifest.replace('# would you kindly patch this file\n', '');
  expect(completeNetworkPlugin(plain, 'first:6443')).not.toContain('CONTROL_PLANE_ENDPOINT');
});
