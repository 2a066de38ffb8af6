import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from './binaries.ts';

const progressMilliseconds = 10_000;

export interface GoBuild {
  /** Path of the go command. */
  readonly go: string;
  readonly version: string;
  readonly inputs: readonly { readonly file: string; readonly path: string }[];
  /** Where the binary goes; it appears there whole or not at all. */
  readonly target: string;
  readonly progress: Progress;
}

/** Builds the control plane's one binary from its locked Go modules. Rejects with the end of go's output. */
export async function buildFromGo(build: GoBuild): Promise<void> {
  const { go, version, inputs, target, progress } = build;
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-build-'));
  try {
    for (const { file, path } of inputs) await copyFile(path, join(folder, file));
    progress(`building the Kubernetes ${version} control plane from Go modules, once (about ten minutes)`);

    let downloaded = 0;
    const packages = await runGo(
      go,
      ['list', '-deps', '.'],
      folder,
      (line) => {
        if (line.startsWith('go: downloading')) downloaded++;
      },
      () => progress(`  downloaded ${downloaded} modules, ${seconds()}`),
    );

    let compiled = 0;
    await mkdir(dirname(target), { recursive: true });
    const unfinished = `${target}.${process.pid}-${Date.now()}.unfinished`;
    try {
      await runGo(
        go,
        ['build', '-v', '-trimpath', '-ldflags', linkerFlags(version), '-o', unfinished, '.'],
        folder,
        () => compiled++,
        () => progress(`  compiled ${compiled} of at most ${packages.length} packages, ${seconds()}`),
      );
      await rename(unfinished, target);
    } finally {
      await rm(unfinished, { force: true });
    }
    progress(`built the Kubernetes ${version} control plane in ${seconds()}: ${target}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Clients cannot parse the version of a server that was not stamped. Source: kubernetes hack/lib/version.sh. */
function linkerFlags(version: string): string {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  const stamps = {
    'k8s.io/component-base/version.gitVersion': version,
    'k8s.io/component-base/version.gitMajor': major,
    'k8s.io/component-base/version.gitMinor': minor,
    'k8s.io/client-go/pkg/version.gitVersion': version,
  };
  return ['-s', '-w', ...Object.entries(stamps).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

/** Runs go, tells each line of its stderr, ticks every ten seconds; answers the lines of its stdout. */
async function runGo(
  go: string,
  args: readonly string[],
  folder: string,
  told: (line: string) => void,
  tick: () => void,
): Promise<string[]> {
  // A go.work of whoever runs the tests must not change what is built, and go.sum decides what is trusted.
  const flags = `${process.env['GOFLAGS'] ?? ''} -mod=readonly`.trim();
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: flags };
  const child = spawn(go, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => out.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    told(line);
    errors.push(line);
    if (errors.length > 30) errors.shift();
  });
  const ticker = setInterval(tick, progressMilliseconds);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    if (exitCode !== 0) throw new Error(`go ${args[0]} failed (${exitCode}):\n${errors.join('\n')}`);
    return out;
  } finally {
    clearInterval(ticker);
  }
}
