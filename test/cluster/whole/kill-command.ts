/** Arguments of ctr that kill the process of a container with -9. `id` as in a pod's status: `containerd://…`. */
export function killCommand(id: string): string[] {
  return ['tasks', 'kill', '--signal', 'SIGKILL', id.replace(/^containerd:\/\//, '')];
}
