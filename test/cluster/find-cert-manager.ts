import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from './binaries.ts';
import { buildFromGo } from './build-from-go.ts';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder } from './cache-folder.ts';
import { NoCertManagerError } from './cluster-error.ts';
import { findExecutable, isExecutable } from './executable.ts';
import { inputsHash } from './versions.ts';

/** cert-manager's controllers as one program, and the kinds that it serves. */
export interface CertManagerBinary {
  /** `v1.21.2` */
  readonly version: string;
  readonly program: string;
  /** Manifests of its CRDs. */
  readonly crdsFolder: string;
}

const moduleName = 'github.com/cert-manager/cert-manager';
const sources = join(import.meta.dirname, 'cert-manager');

/**
 * cert-manager's controllers from our cache, else built from Go modules. Rejects with NoCertManagerError where they
 * cannot be built.
 */
export async function findCertManager({
  progress = () => {},
}: { readonly progress?: Progress } = {}): Promise<CertManagerBinary> {
  const inputs = ['main.go', 'go.mod', 'go.sum'].map((file) => ({ file, path: join(sources, file) }));
  const version = lockedVersion();
  const folder = join(cacheFolder('cert-manager'), `${version}-${inputsHash(inputs)}`);
  const found = { version, program: join(folder, 'cert-manager'), crdsFolder: join(folder, 'crds') };
  if (isExecutable(found.program)) return found;

  const build = async () => {
    if (isExecutable(found.program)) return;
    const go = findExecutable('go');
    if (go === undefined) throw new NoCertManagerError(version, 'no go command is on the PATH');
    const crds = { module: moduleName, folder: 'deploy/crds', target: found.crdsFolder };
    const name = `controllers of cert-manager ${version}`;
    await buildFromGo({
      go,
      name,
      duration: 'about four minutes',
      inputs,
      moduleFolders: [crds],
      target: found.program,
      progress,
    }).catch((error: unknown) => {
      throw new NoCertManagerError(version, error instanceof Error ? error.message : String(error));
    });
  };
  await withBuildLock(`${folder}.lock`, build, () =>
    progress(`waiting: another process is building the controllers of cert-manager ${version}`),
  );
  return found;
}

function lockedVersion(): string {
  const text = readFileSync(join(sources, 'go.mod'), 'utf8');
  const version = new RegExp(`${moduleName} (\\S+)`).exec(text)?.[1];
  if (version === undefined) throw new Error(`go.mod does not require ${moduleName}`);
  return version;
}
