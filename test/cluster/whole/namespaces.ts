import { join } from 'node:path';
import type { Command } from '../binaries.ts';
import { startChild, type Child } from '../child-process.ts';
import type { Place } from '../place.ts';
import { waitForReady } from '../wait-for-ready.ts';
import type { MachinePrograms } from './machine-programs.ts';

const readyTimeoutMilliseconds = 60_000;

/** The namespaces of a node. Programs of the control plane share its network; its own programs share all of it. */
export interface Namespaces extends Place {
  /** The command that runs the given one in all of the node's namespaces: network, mounts, processes. */
  insideNode(command: Command): Command;
  /** A process of this machine that is in the node's network. */
  readonly pid: number;
  /** Kills every process in them; with the last one, networks and mounts are gone too. */
  end(): Promise<void>;
}

/**
 * Makes namespaces that live as long as their process 1, which is killed with us, however we end: the kernel then kills
 * all others in there, also those that have left their parents, as containers and their shims do.
 *
 * @param name of the node
 * @param folder logs go here
 */
export async function createNamespaces(
  name: string,
  folder: string,
  { runtimeFolder, machine }: { readonly runtimeFolder: string; readonly machine: MachinePrograms },
): Promise<Namespaces> {
  const kinds = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
  const first = startChild({
    name: `process 1 of ${name}`,
    command: [machine.unshare, ...kinds, join(runtimeFolder, 'pause')],
    args: [],
    logFile: join(folder, 'process-1.log'),
  });
  const { pid } = first;
  const opened: Child[] = [];
  const network = `/proc/${pid}/ns/net`;
  const inside = (command: Command): Command => [machine.nsenter, `--net=${network}`, '--', ...command];
  try {
    await waitForReady(first, wrote(first, 'ready'), readyTimeoutMilliseconds);
  } catch (error) {
    await first.kill();
    throw error;
  }
  return {
    pid,
    inside,
    insideNode: (command) => [
      machine.nsenter,
      `--net=${network}`,
      `--mount=/proc/${pid}/ns/mnt`,
      `--pid=/proc/${pid}/ns/pid_for_children`,
      `--ipc=/proc/${pid}/ns/ipc`,
      `--uts=/proc/${pid}/ns/uts`,
      '--',
      ...command,
    ],
    async open(port) {
      const forward = startChild({
        name: `forward ${port}`,
        command: [join(runtimeFolder, 'forward')],
        args: [`127.0.0.1:${port}`, network],
        logFile: join(folder, `forward-${port}.log`),
      });
      opened.push(forward);
      await waitForReady(forward, wrote(forward, 'ready'), readyTimeoutMilliseconds);
    },
    async end() {
      await Promise.all([first, ...opened].map((child) => child.kill()));
    },
  };
}

function wrote(child: Child, words: string): () => Promise<boolean> {
  return async () => child.lastLogLines().includes(words);
}
