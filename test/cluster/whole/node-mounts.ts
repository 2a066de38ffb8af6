import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespaces } from './namespaces.ts';
import { run } from './run.ts';

/** Folders of the machine that programs write to whatever one tells them; in a node each is a new, empty one. */
const ownFolders = ['/run', '/var/log', '/var/lib'];

/**
 * What the kubelet sets on every machine, and what it wants to read. A node of ours shows it these values and leaves the
 * machine's alone. Source: k8s.io/kubernetes pkg/kubelet/cm container_manager_linux.go setupKernelTunables.
 */
const kernelSettings = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
};

/** Gives the node folders of its own, so that nothing it writes is on the machine; they go with its last process. */
export async function makeNodeMounts(node: Namespaces, folder: string): Promise<void> {
  const lines = ownFolders.map((path) => `mount -t tmpfs -o mode=755 tmpfs ${path}`);
  const settings = join(folder, 'kernel-settings');
  mkdirSync(settings);
  for (const [name, value] of Object.entries(kernelSettings)) {
    const file = join(settings, name.replaceAll('/', '.'));
    writeFileSync(file, `${value}\n`);
    lines.push(`mount --bind '${file}' /proc/sys/${name}`);
  }
  await run(node.insideNode(['sh', '-ec', lines.join('\n')]));
}
