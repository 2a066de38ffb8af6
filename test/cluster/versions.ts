import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version that tests run on when nobody names one. */
export const defaultVersion = 'v1.37.2';

/** The folder with main.go and, for each locked version, go.mod and go.sum. */
export const modulesFolder = join(import.meta.dirname, 'control-plane');

/** Versions whose modules are locked here, so that they can be built from source. */
export function lockedVersions(): string[] {
  return readdirSync(modulesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/**
 * The version that was asked for: `1.32`, `v1.32` and `v1.32.2` all mean the locked v1.32.2; a version
 * that is not locked stays what it is (KUBEBUILDER_ASSETS may have it). Nothing asked is the default.
 */
export function resolveVersion(asked: string | undefined): string {
  if (asked === undefined || asked === '') return defaultVersion;
  const version = asked.startsWith('v') ? asked : `v${asked}`;
  if (version.split('.').length > 2) return version;
  return lockedVersions().findLast((locked) => locked.startsWith(`${version}.`)) ?? version;
}

/** What a build is made of; undefined for a version that is not locked. */
export function buildInputs(version: string): { file: string; path: string }[] | undefined {
  if (!lockedVersions().includes(version)) return undefined;
  return [
    { file: 'main.go', path: join(modulesFolder, 'main.go') },
    { file: 'go.mod', path: join(modulesFolder, version, 'go.mod') },
    { file: 'go.sum', path: join(modulesFolder, version, 'go.sum') },
  ];
}

/** Eight hex digits that change with what a build is made of, and with the machine's kind. */
export function inputsHash(inputs: readonly { path: string }[]): string {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const { path } of inputs) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 8);
}

/** Clients cannot parse the version of a server that was not stamped. Source: kubernetes hack/lib/version.sh. */
export function versionVariables(version: string): Record<string, string> {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  return {
    'k8s.io/component-base/version.gitVersion': version,
    'k8s.io/component-base/version.gitMajor': major,
    'k8s.io/component-base/version.gitMinor': minor,
    'k8s.io/client-go/pkg/version.gitVersion': version,
  };
}
