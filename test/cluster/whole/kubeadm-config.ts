/** What kubeadm is told of one node of a cluster in containers. */
export interface KubeadmFacts {
  readonly kubernetesVersion: string;
  /** `name:6443` of the first node. */
  readonly endpoint: string;
  /** Of the node itself. */
  readonly address: string;
  readonly apiServerFlags: readonly string[];
  /** A folder of the node that kube-apiserver has at the same path. */
  readonly sharedFolder: string | undefined;
}

/** Of pods, in the network plugin's manifest as well. */
export const podSubnet = '10.244.0.0/16';

/** kind's own; nobody but the containers of one network can use it. */
const token = 'abcdef.0123456789abcdef';
const apiVersion = 'kubeadm.k8s.io/v1beta4';

/**
 * The text of kubeadm's configuration, for `init` on the first node and for `join` on the others. Source: kind
 * pkg/cluster/internal/kubeadm config.go, in the words of kubeadm's v1beta4.
 */
export function kubeadmConfig(facts: KubeadmFacts): string {
  const nodeRegistration = {
    criSocket: 'unix:///run/containerd/containerd.sock',
    kubeletExtraArgs: [{ name: 'node-ip', value: facts.address }],
  };
  const documents = [
    clusterConfiguration(facts),
    {
      apiVersion,
      kind: 'InitConfiguration',
      bootstrapTokens: [{ token }],
      localAPIEndpoint: { advertiseAddress: facts.address, bindPort: 6443 },
      nodeRegistration,
    },
    {
      apiVersion,
      kind: 'JoinConfiguration',
      nodeRegistration,
      discovery: {
        bootstrapToken: { apiServerEndpoint: facts.endpoint, token, unsafeSkipCAVerification: true },
      },
    },
    kubeletConfiguration,
    kubeProxyConfiguration,
  ];
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}

function clusterConfiguration(facts: KubeadmFacts): object {
  const { kubernetesVersion, endpoint, apiServerFlags, sharedFolder } = facts;
  const extraVolumes = sharedFolder === undefined ? [] : [sharedVolume(sharedFolder)];
  return {
    apiVersion,
    kind: 'ClusterConfiguration',
    kubernetesVersion,
    clusterName: 'kind',
    controlPlaneEndpoint: endpoint,
    apiServer: {
      certSANs: ['localhost', '127.0.0.1'],
      extraArgs: apiServerFlags.map(extraArgument),
      extraVolumes,
    },
    networking: { podSubnet, serviceSubnet: '10.96.0.0/16' },
  };
}

/** `--name=value` */
function extraArgument(flag: string): { name: string; value: string } {
  const [, name = '', value = ''] = /^--([^=]+)=(.*)$/.exec(flag) ?? [];
  return { name, value };
}

function sharedVolume(path: string): object {
  return { name: 'shared', hostPath: path, mountPath: path, readOnly: false, pathType: 'Directory' };
}

const kubeletConfiguration = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  cgroupDriver: 'systemd',
  cgroupRoot: '/kubelet',
  failSwapOn: false,
  failCgroupV1: false,
  // The disk is the machine's, and not a node's to clean up.
  imageGCHighThresholdPercent: 100,
  evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
};

const kubeProxyConfiguration = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  iptables: { minSyncPeriod: '1s' },
  conntrack: { maxPerCore: 0 }, // the machine's
};
