import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from './binaries.ts';
import { buildFromGo } from './build-from-go.ts';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder } from './cache-folder.ts';
import { NoHelmError } from './cluster-error.ts';
import { findExecutable, isExecutable } from './executable.ts';
import { inputsHash } from './versions.ts';

const moduleName = 'helm.sh/helm/v4';
const sources = join(import.meta.dirname, 'helm');

/**
 * Path of helm: the one that the environment's HELM names, else the one of our cache, else built from Go modules, once.
 * A helm on the PATH is not taken by itself: what it renders depends on its version.
 * Rejects with NoHelmError where there is none and none can be built.
 */
export async function findHelm({
  progress = () => {},
}: { readonly progress?: Progress } = {}): Promise<string> {
  const named = process.env['HELM'];
  if (named) {
    const found = named.includes('/') ? named : (findExecutable(named) ?? named);
    if (!isExecutable(found)) throw new NoHelmError(`HELM names ${named}, which cannot be run`);
    return found;
  }
  const inputs = ['go.mod', 'go.sum'].map((file) => ({ file, path: join(sources, file) }));
  const version = lockedVersion();
  const folder = join(cacheFolder('helm'), `${version}-${inputsHash(inputs)}`);
  const target = join(folder, 'helm');
  if (isExecutable(target)) return target;

  const build = async () => {
    if (isExecutable(target)) return;
    const go = findExecutable('go');
    if (go === undefined) throw new NoHelmError('no go command is on the PATH');
    await buildFromGo({
      go,
      name: `helm ${version}`,
      duration: 'about three minutes',
      inputs,
      package: `${moduleName}/cmd/helm`,
      target,
      progress,
    }).catch((error: unknown) => {
      throw new NoHelmError(error instanceof Error ? error.message : String(error));
    });
  };
  await withBuildLock(`${folder}.lock`, build, () =>
    progress(`waiting: another process is building helm ${version}`),
  );
  return target;
}

function lockedVersion(): string {
  const text = readFileSync(join(sources, 'go.mod'), 'utf8');
  const version = new RegExp(`${moduleName} (\\S+)`).exec(text)?.[1];
  if (version === undefined) throw new Error(`go.mod does not require ${moduleName}`);
  return version;
}
