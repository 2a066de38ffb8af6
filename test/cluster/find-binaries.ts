import { join } from 'node:path';
import { binariesFromAssets } from './assets-folder.ts';
import type { Binaries, Progress } from './binaries.ts';
import { buildFromGo } from './build-from-go.ts';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder } from './cache-folder.ts';
import { NoControlPlaneError } from './cluster-error.ts';
import { findExecutable, isExecutable } from './executable.ts';
import { extractFromNodeImage, nodeImagePrograms } from './node-image.ts';
import { buildInputs, inputsHash, lockedVersions, resolveVersion, versionVariables } from './versions.ts';

export interface FindOptions {
  /** `v1.37.2`, or `1.32` for the locked patch release of it. Default: K8S_VERSION, else v1.37.2. */
  readonly version?: string;
  readonly progress?: Progress;
}

/**
 * The control plane's programs: from KUBEBUILDER_ASSETS, our cache, kind's node image, or built from Go
 * modules, the first that works. Rejects with NoControlPlaneError when none does.
 */
export async function findBinaries(options: FindOptions = {}): Promise<Binaries> {
  const asked = options.version ?? process.env['K8S_VERSION'];
  const version = resolveVersion(asked);
  const progress = options.progress ?? (() => {});
  const reasons: string[] = [];

  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets) {
    const found = await binariesFromAssets(assets, asked ? version : undefined, progress);
    if ('binaries' in found) return found.binaries;
    reasons.push(found.reason);
    progress(found.reason);
  }

  const inCache = cachedBinaries(version);
  if (inCache !== undefined) return inCache;
  return withBuildLock(
    join(cacheFolder('control-plane'), `${version}.lock`),
    async () => cachedBinaries(version) ?? (await makeBinaries(version, reasons, progress)),
    () => progress(`waiting: another process is getting the Kubernetes ${version} control plane`),
  );
}

/** What an earlier run has put into the cache, whichever way it came there. */
function cachedBinaries(version: string): Binaries | undefined {
  const built = builtPath(version);
  if (built !== undefined && isExecutable(built)) return oneBinary(version, built);
  const folder = nodeImageFolder(version);
  if (!nodeImagePrograms.every((program) => isExecutable(join(folder, program)))) return undefined;
  return {
    version,
    source: folder,
    etcd: [join(folder, 'etcd')],
    apiServer: [join(folder, 'kube-apiserver')],
    controllerManager: [join(folder, 'kube-controller-manager')],
    kubectl: [join(folder, 'kubectl')],
  };
}

async function makeBinaries(version: string, reasons: string[], progress: Progress): Promise<Binaries> {
  const attempts = [
    () => extractFromNodeImage(version, nodeImageFolder(version), progress),
    () => build(version, progress),
  ];
  for (const attempt of attempts) {
    try {
      await attempt();
      const made = cachedBinaries(version);
      if (made !== undefined) return made;
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new NoControlPlaneError(version, reasons);
}

async function build(version: string, progress: Progress): Promise<void> {
  const go = findExecutable('go');
  const inputs = buildInputs(version);
  const target = builtPath(version);
  if (inputs === undefined || target === undefined) {
    throw new Error(`Go: the modules of ${version} are not locked here (${lockedVersions().join(', ')} are)`);
  }
  if (go === undefined) throw new Error('Go: no go command on the PATH');
  const name = `Kubernetes ${version} control plane`;
  const variables = versionVariables(version);
  await buildFromGo({ go, name, duration: 'about ten minutes', inputs, variables, target, progress });
}

function builtPath(version: string): string | undefined {
  const inputs = buildInputs(version);
  return inputs && join(cacheFolder('control-plane'), `${version}-${inputsHash(inputs)}`, 'control-plane');
}

function nodeImageFolder(version: string): string {
  return join(cacheFolder('control-plane'), `${version}-node-image-${process.arch}`);
}

function oneBinary(version: string, path: string): Binaries {
  return {
    version,
    source: path,
    etcd: [path, 'etcd'],
    apiServer: [path, 'kube-apiserver'],
    controllerManager: [path, 'kube-controller-manager'],
    kubectl: [path, 'kubectl'],
  };
}
