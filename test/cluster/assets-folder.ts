import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries, Progress } from './binaries.ts';
import { findExecutable, isExecutable } from './executable.ts';

/**
 * The programs in the folder that KUBEBUILDER_ASSETS names (the layout of controller-runtime's envtest);
 * kubectl and kube-controller-manager may be on the PATH instead.
 *
 * @param wanted only this version will do; undefined: whichever version the folder has
 */
export async function binariesFromAssets(
  folder: string,
  wanted: string | undefined,
  progress: Progress,
): Promise<{ binaries: Binaries } | { reason: string }> {
  const etcd = join(folder, 'etcd');
  const apiServer = join(folder, 'kube-apiserver');
  const missing = [etcd, apiServer].filter((program) => !isExecutable(program));
  if (missing.length > 0) return { reason: `KUBEBUILDER_ASSETS: ${missing.join(' and ')} cannot be run` };
  const kubectl = findExecutable('kubectl', [folder]);
  if (kubectl === undefined) {
    return { reason: `KUBEBUILDER_ASSETS: kubectl is neither in ${folder} nor on the PATH` };
  }
  const version = await versionOf(apiServer);
  if (wanted !== undefined && version !== wanted) {
    return { reason: `KUBEBUILDER_ASSETS: ${folder} has ${version}, and ${wanted} was asked for` };
  }
  const controllerManager = findExecutable('kube-controller-manager', [folder]);
  if (controllerManager === undefined) {
    progress(
      `KUBEBUILDER_ASSETS: kube-controller-manager is neither in ${folder} nor on the PATH: ` +
        'nothing will be garbage-collected, and tests of that will fail',
    );
  }
  return {
    binaries: {
      version,
      source: folder,
      etcd: [etcd],
      apiServer: [apiServer],
      controllerManager: controllerManager === undefined ? undefined : [controllerManager],
      kubectl: [kubectl],
    },
  };
}

/** `Kubernetes v1.37.2` is what every Kubernetes program prints. */
async function versionOf(apiServer: string): Promise<string> {
  const { stdout } = await promisify(execFile)(apiServer, ['--version']);
  return stdout.trim().replace(/^Kubernetes /, '');
}
