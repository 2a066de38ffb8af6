import { randomBytes } from 'node:crypto';
import { GenericContainer, Wait, type StartedNetwork, type StartedTestContainer } from 'testcontainers';
import { WholeClusterError } from './whole-cluster-error.ts';

const startTimeoutMilliseconds = 180_000;

/** A container of kind's node image, in which systemd and containerd run and Kubernetes does not yet. */
export interface KindNode {
  /** Of the container and of the node. */
  readonly name: string;
  /** In the containers' network. */
  readonly address: string;
  readonly container: StartedTestContainer;
  /** Runs a command in it; answers its stdout. Rejects with WholeClusterError when it fails. */
  run(command: readonly string[]): Promise<string>;
}

/**
 * What kind gives a node and testcontainers has no word for. Source: kind pkg/cluster/internal/providers/docker
 * provision.go.
 */
class NodeContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    Object.assign(this.hostConfig, { CgroupnsMode: 'private', Init: false }); // the first has no type yet
    this.createOpts.Volumes = { '/var': {} };
    this.createOpts.Tty = true;
  }
}

/** Starts one. testcontainers removes it when this process has died. */
export async function startKindNode(
  image: string,
  network: StartedNetwork,
  sharedFolder: string | undefined,
): Promise<KindNode> {
  const name = `stepgate-${randomBytes(4).toString('hex')}`;
  const mounts = [{ source: '/lib/modules', target: '/lib/modules', mode: 'ro' as const }];
  const shared = sharedFolder === undefined ? [] : [{ source: sharedFolder, target: sharedFolder }];
  const container = await new NodeContainer(image)
    .withName(name)
    .withHostname(name)
    .withNetwork(network)
    .withNetworkAliases(name)
    .withPrivilegedMode()
    .withSecurityOpt('seccomp=unconfined', 'apparmor=unconfined')
    .withTmpFs({ '/tmp': 'rw', '/run': 'rw' })
    .withBindMounts([...mounts, ...shared])
    .withEnvironment({ KUBECONFIG: '/etc/kubernetes/admin.conf' })
    .withExposedPorts(6443)
    // The port answers only once kubeadm has run.
    .withWaitStrategy(Wait.forLogMessage(/Reached target .*Multi-User System|detected cgroup v1/))
    .withStartupTimeout(startTimeoutMilliseconds)
    .start();
  return {
    name,
    address: container.getIpAddress(network.getName()),
    container,
    async run(command) {
      const { exitCode, stdout, output } = await container.exec([...command]);
      if (exitCode !== 0) throw new WholeClusterError(`${command.join(' ')} failed in ${name}`, output);
      return stdout;
    },
  };
}
