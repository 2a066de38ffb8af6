import { spawn } from 'node:child_process';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import type { Progress } from './binaries.ts';

/** The programs that are taken out of a node image. */
export const nodeImagePrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;

/**
 * A kind node image holds kubectl as a file and the control plane as images inside its containerd. This
 * script, run in a privileged container of it, mounts those and copies their (static) programs to /programs.
 * The native snapshotter needs no overlay inside an overlay.
 */
const collectPrograms = `
set -e
mkdir -p /programs
cp "$(command -v kubectl)" /programs/
containerd >/programs.log 2>&1 &
for i in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.2; done
for program in etcd kube-apiserver kube-controller-manager; do
  image=$(ctr -n k8s.io images ls -q | grep -E "/$program(-[a-z0-9]+)?:" | head -n 1)
  mkdir -p /mounted/$program
  ctr -n k8s.io images mount --snapshotter native "$image" /mounted/$program
  cp "$(find /mounted/$program/usr/local/bin /mounted/$program/usr/bin -name $program | head -n 1)" /programs/
done
`;

/** Digests of kind's node images, by version. Source: the release notes of kind v0.33.0, and of v0.25.0 for v1.32.0. */
const digests: Readonly<Record<string, string>> = {
  'v1.37.0': 'sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5',
  'v1.36.4': 'sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed',
  'v1.35.8': 'sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0',
  'v1.34.11': 'sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d',
  'v1.32.0': 'sha256:2458b423d635d7b01637cac2d6de7e1c1dca1148a2ba2e90975e214ca849e7cb',
};

/**
 * The node image of a version: kind's, or the one that STEPGATE_NODE_IMAGE names. By its digest where kind has said one:
 * of other patch releases there is a tag at most, and nothing to compare it with.
 */
export function nodeImageName(version: string): string {
  const digest = digests[version];
  const pin = digest === undefined ? '' : `@${digest}`;
  return process.env['STEPGATE_NODE_IMAGE'] || `kindest/node:${version}${pin}`;
}

/**
 * Takes the control plane's programs out of `kindest/node:<version>` (or the image that
 * STEPGATE_NODE_IMAGE names) into `target`, with Docker. They then run as ordinary processes, so that this
 * way differs from the others in nothing but where the files come from.
 */
export async function extractFromNodeImage(
  version: string,
  target: string,
  progress: Progress,
): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('Docker: its programs are for Linux, this machine is not');
  const image = nodeImageName(version);
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers'); // slow to load
  await getContainerRuntimeClient().catch((error: unknown) => {
    throw new Error('Docker: no engine answers', { cause: error });
  });
  progress(`taking the Kubernetes ${version} control plane out of ${image}`);
  const container = await new GenericContainer(image)
    .withPrivilegedMode()
    .withEntrypoint(['sleep'])
    .withCommand(['infinity'])
    .start()
    .catch((error: unknown) => {
      throw new Error(`Docker: ${image} does not start: ${String(error)}`, { cause: error });
    });
  const unfinished = `${target}.${process.pid}-${Date.now()}.unfinished`;
  try {
    const { exitCode, output } = await container.exec(['bash', '-c', collectPrograms]);
    if (exitCode !== 0) throw new Error(`Docker: ${image} is no kind node image as expected: ${output}`);
    await mkdir(unfinished, { recursive: true });
    for (const program of nodeImagePrograms) {
      await unpack(await container.copyArchiveFromContainer(`/programs/${program}`), unfinished);
      await chmod(`${unfinished}/${program}`, 0o755);
    }
    await rm(target, { recursive: true, force: true });
    await rename(unfinished, target);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await container.stop();
  }
}

async function unpack(archive: NodeJS.ReadableStream, folder: string): Promise<void> {
  const tar = spawn('tar', ['-x', '-C', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
  const closed = once(tar, 'close');
  await pipeline(archive, tar.stdin);
  const [exitCode] = (await closed) as [number | null];
  if (exitCode !== 0) throw new Error(`Docker: tar could not unpack a program (${exitCode})`);
}
