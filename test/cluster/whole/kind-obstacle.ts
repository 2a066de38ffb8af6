import type { Progress } from '../binaries.ts';
import { nodeImageName } from '../node-image.ts';

/**
 * Why this machine cannot run kind's nodes; undefined where it can. Where an engine answers, this pulls the node image
 * and starts a container of it, because nothing else tells whether it may be privileged.
 */
export async function kindObstacle(version: string, progress: Progress): Promise<string | undefined> {
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers'); // slow to load
  try {
    await getContainerRuntimeClient();
  } catch {
    return 'no Docker engine answers';
  }
  const image = nodeImageName(version);
  progress(`asking Docker for a privileged container of ${image}`);
  try {
    const container = await new GenericContainer(image)
      .withPrivilegedMode()
      .withEntrypoint(['sleep'])
      .withCommand(['infinity'])
      .start();
    try {
      const { exitCode, output } = await container.exec(['mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
      return exitCode === 0 ? undefined : `Docker may not run privileged containers (${output.trim()})`;
    } finally {
      await container.stop({ timeout: 0 });
    }
  } catch (error) {
    return `Docker does not start ${image} (${error instanceof Error ? error.message : String(error)})`;
  }
}
