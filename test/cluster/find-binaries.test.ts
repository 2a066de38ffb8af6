import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBinaries } from './find-binaries.ts';
import { buildInputs, inputsHash } from './versions.ts';

vi.mock(import('./node-image.ts'), async (original) => ({
  ...(await original()),
  extractFromNodeImage: () => Promise.reject(new Error('Docker: no engine answers')),
}));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-find-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('KUBEBUILDER_ASSETS', undefined);
  vi.stubEnv('K8S_VERSION', undefined);
  vi.stubEnv('PATH', join(folder, 'bin'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function program(path: string, script = ''): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function assets(...names: string[]): string {
  const path = join(folder, 'assets');
  for (const name of names) program(join(path, name), 'echo Kubernetes v1.36.0');
  vi.stubEnv('KUBEBUILDER_ASSETS', path);
  return path;
}

function putIntoCache(version: string): string {
  const key = `${version}-${inputsHash(buildInputs(version) ?? [])}`;
  return program(join(folder, 'cache', 'stepgate', 'control-plane', key, 'control-plane'));
}

describe('the programs of a control plane', () => {
  it('come from KUBEBUILDER_ASSETS before all else, in whichever version it has', async () => {
    putIntoCache('v1.37.2');
    const path = assets('etcd', 'kube-apiserver', 'kubectl');
    const lines: string[] = [];
    const binaries = await findBinaries({ progress: (line) => lines.push(line) });
    expect(binaries).toMatchObject({
      version: 'v1.36.0',
      etcd: [join(path, 'etcd')],
      apiServer: [join(path, 'kube-apiserver')],
      kubectl: [join(path, 'kubectl')],
      controllerManager: undefined,
    });
    expect(lines.join()).toContain('nothing will be garbage-collected');
  });

  it('come from the cache where KUBEBUILDER_ASSETS has another version than was asked for', async () => {
    const cached = putIntoCache('v1.32.2');
    assets('etcd', 'kube-apiserver', 'kubectl');
    const binaries = await findBinaries({ version: '1.32' });
    expect(binaries).toMatchObject({ version: 'v1.32.2', apiServer: [cached, 'kube-apiserver'] });
  });

  it('come from the cache in the version that K8S_VERSION names', async () => {
    putIntoCache('v1.37.2');
    putIntoCache('v1.32.2');
    vi.stubEnv('K8S_VERSION', 'v1.32');
    await expect(findBinaries()).resolves.toMatchObject({ version: 'v1.32.2' });
  });

  it('are not there without assets, Docker and Go: the error says the three ways out', async () => {
    assets('etcd');
    const failure = findBinaries();
    await expect(failure).rejects.toMatchObject({ code: 'NoControlPlane' });
    const { message } = (await failure.catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/KUBEBUILDER_ASSETS: .*kube-apiserver cannot be run/);
    expect(message).toContain('Docker: no engine answers');
    expect(message).toContain('Go: no go command on the PATH');
    expect(message).toMatch(/1\. KUBEBUILDER_ASSETS[^]*2\. a running Docker engine[^]*3\. Go on the PATH/);
  });

  it('cannot be built in a version whose modules are not locked', async () => {
    await expect(findBinaries({ version: 'v1.33.1' })).rejects.toThrow(
      /Go: the modules of v1\.33\.1 are not locked here \(v1\.32\.2, v1\.37\.2 are\)/,
    );
  });

  it('are built by Go once, with progress, when two ask at the same time', async () => {
    const calls = join(folder, 'calls');
    program(
      join(folder, 'bin', 'go'),
      `echo "$1" >>${calls}; case $1 in
         list) echo a; echo b;;
         build) while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done; /bin/sleep 0.3; echo binary >$out; /bin/chmod +x $out;;
       esac`,
    );
    const lines: string[] = [];
    const options = { progress: (line: string) => lines.push(line) };
    const [one, two] = await Promise.all([findBinaries(options), findBinaries(options)]);
    expect(one).toEqual(two);
    expect(readFileSync(calls, 'utf8')).toBe('list\nbuild\n');
    expect(lines.join('\n')).toMatch(/building the Kubernetes v1\.37\.2[^]*built the Kubernetes v1\.37\.2/);
    expect(lines.join('\n')).toContain('waiting: another process');
  });

  it("are not half there after a failed build, and the error carries Go's words", async () => {
    program(join(folder, 'bin', 'go'), 'echo "no required module provides package" >&2; exit 1');
    await expect(findBinaries()).rejects.toThrow(
      /go list failed \(1\):\nno required module provides package/,
    );
    await expect(findBinaries()).rejects.toMatchObject({ code: 'NoControlPlane' });
  });
});
