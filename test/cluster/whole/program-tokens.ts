import { randomBytes } from 'node:crypto';

/** How many nodes a cluster can have: tokens are read when the API server starts. */
export const mostNodes = 9;

/** What the programs of a cluster show to the API server. Rights come from the roles it has for these names itself. */
export interface ProgramTokens {
  readonly scheduler: string;
  readonly kubeProxy: string;
  /** Of the kubelet of the node with this number, from 1. */
  node(number: number): string;
  /** All of them as lines of --token-auth-file. */
  readonly lines: string;
}

/** The name of the node with this number, from 1. */
export function nodeName(number: number): string {
  return `node-${number}`;
}

/** New tokens, good for one cluster. */
export function createProgramTokens(): ProgramTokens {
  const token = () => randomBytes(24).toString('hex');
  const [scheduler, kubeProxy] = [token(), token()];
  const nodes = Array.from({ length: mostNodes }, token);
  const lines = [
    `${scheduler},system:kube-scheduler,uid-scheduler`,
    `${kubeProxy},system:kube-proxy,uid-kube-proxy`,
    ...nodes.map((value, index) => {
      const name = nodeName(index + 1);
      return `${value},system:node:${name},uid-${name},"system:nodes"`;
    }),
  ];
  return {
    scheduler,
    kubeProxy,
    node(number) {
      const found = nodes[number - 1];
      if (found === undefined) throw new RangeError(`a cluster has at most ${mostNodes} nodes`);
      return found;
    },
    lines: lines.map((line) => `${line}\n`).join(''),
  };
}
