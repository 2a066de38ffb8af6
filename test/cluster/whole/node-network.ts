import { run } from './run.ts';
import type { Namespaces } from './namespaces.ts';

/**
 * The addresses of a cluster. Each cluster has networks of its own, joined to nothing, so that all of them use the same
 * addresses and no packet leaves the machine.
 */
export const addresses = {
  /** Of the node with this number, from 1. The first node's is the API server's too. */
  node: (number: number) => `172.30.0.${number}`,
  /** Of the pods on a node, `10.244.1.0/24`. */
  pods: (number: number) => `10.244.${number}.0/24`,
  allPods: '10.244.0.0/16',
  /** Of the Service that answers to names; the API server gives Services 10.0.0.0/24. */
  dns: '10.0.0.10',
  /** Where nobody answers: a node without a default route does not find its own address. */
  nowhere: '172.30.0.254',
};

const bridge = 'nodes';

/** The first node's network: a bridge, to which further nodes are joined. */
export async function makeFirstNetwork(first: Namespaces): Promise<void> {
  await ip(first, [
    'link set dev lo up',
    `link add name ${bridge} type bridge`,
    `address add ${addresses.node(1)}/24 dev ${bridge}`,
    `link set dev ${bridge} up`,
    `route add default via ${addresses.nowhere} dev ${bridge}`,
  ]);
  await forwardPackets(first);
}

/** Joins the network of the node with this number, from 2, to the first one's bridge; pods find each other by routes. */
export async function joinNetwork(
  nodes: readonly Namespaces[],
  joining: Namespaces,
  number: number,
): Promise<void> {
  const [first] = nodes;
  if (first === undefined) throw new RangeError('there is no first node to join');
  const port = `node-${number}`;
  await ip(first, [
    `link add name ${port} type veth peer name eth0 netns ${joining.pid}`,
    `link set dev ${port} master ${bridge}`,
    `link set dev ${port} up`,
  ]);
  await ip(joining, [
    'link set dev lo up',
    `address add ${addresses.node(number)}/24 dev eth0`,
    'link set dev eth0 up',
    `route add default via ${addresses.nowhere} dev eth0`,
    ...nodes.map((_, index) => podsOf(index + 1)),
  ]);
  await forwardPackets(joining);
  for (const node of nodes) await ip(node, [podsOf(number)]);
}

function podsOf(number: number): string {
  return `route add ${addresses.pods(number)} via ${addresses.node(number)}`;
}

async function ip(node: Namespaces, lines: readonly string[]): Promise<void> {
  await run(node.inside(['ip', '-batch', '-']), { input: `${lines.join('\n')}\n` });
}

/** What is under /proc/sys/net is that of the network of whoever opens it. */
async function forwardPackets(node: Namespaces): Promise<void> {
  await run(node.inside(['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']));
}
