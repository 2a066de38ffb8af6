import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubeadmConfig } from './kubeadm-config.ts';

const facts = {
  kubernetesVersion: 'v1.37.2',
  endpoint: 'first:6443',
  address: '172.18.0.2',
  apiServerFlags: ['--audit-log-path=/tmp/audit/audit.log', '--v=2'],
  sharedFolder: '/tmp/audit',
};

it('is one document of each kind that kubeadm reads', () => {
  const documents = parseAllDocuments(kubeadmConfig(facts)).map(
    (document) => document.toJS() as { kind: string },
  );
  expect(documents.map(({ kind }) => kind)).toEqual([
    'ClusterConfiguration',
    'InitConfiguration',
    'JoinConfiguration',
    'KubeletConfiguration',
    'KubeProxyConfiguration',
  ]);
});

it('gives the API server its flags, and the folder that they name', () => {
  const [cluster] = parseAllDocuments(kubeadmConfig(facts)).map((document) => document.toJS() as object);
  expect(cluster).toMatchObject({
    apiServer: {
      extraArgs: [
        { name: 'audit-log-path', value: '/tmp/audit/audit.log' },
        { name: 'v', value: '2' },
      ],
      extraVolumes: [{ hostPath: '/tmp/audit', mountPath: '/tmp/audit' }],
    },
  });
});
