import { spawn } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from './binaries.ts';

const progressMilliseconds = 10_000;

export interface GoBuild {
  /** Path of the go command. */
  readonly go: string;
  /** For people: `Kubernetes v1.37.2 control plane`. */
  readonly name: string;
  /** How long it takes where nothing is cached: `about ten minutes`. */
  readonly duration: string;
  readonly inputs: readonly { readonly file: string; readonly path: string }[];
  /** Variables that the linker sets, by their full names. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Folders of modules to put beside the binary, before it is there. */
  readonly moduleFolders?: readonly {
    readonly module: string;
    readonly folder: string;
    readonly target: string;
  }[];
  /** The main package, where it is not the inputs' own. */
  readonly package?: string;
  /** Where the binary goes; it appears there whole or not at all. */
  readonly target: string;
  readonly progress: Progress;
}

/** Builds a binary from its locked Go modules. Rejects with the end of go's output. */
export async function buildFromGo(build: GoBuild): Promise<void> {
  const { go, name, inputs, target, progress, package: main = '.' } = build;
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-build-'));
  try {
    for (const { file, path } of inputs) await copyFile(path, join(folder, file));
    progress(`building the ${name} from Go modules, once (${build.duration})`);

    let downloaded = 0;
    const packages = await runGo(
      go,
      ['list', '-deps', main],
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
        ['build', '-v', '-trimpath', '-ldflags', linkerFlags(build.variables), '-o', unfinished, main],
        folder,
        () => compiled++,
        () => progress(`  compiled ${compiled} of at most ${packages.length} packages, ${seconds()}`),
      );
      for (const wanted of build.moduleFolders ?? []) await copyModuleFolder(go, folder, wanted);
      await rename(unfinished, target);
    } finally {
      await rm(unfinished, { force: true });
    }
    progress(`built the ${name} in ${seconds()}: ${target}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function linkerFlags(variables: Readonly<Record<string, string>> = {}): string {
  return ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

async function copyModuleFolder(
  go: string,
  buildFolder: string,
  { module, folder, target }: NonNullable<GoBuild['moduleFolders']>[number],
): Promise<void> {
  const quiet = () => {};
  const [root = ''] = await runGo(go, ['list', '-m', '-f', '{{.Dir}}', module], buildFolder, quiet, quiet);
  await rm(target, { recursive: true, force: true });
  await cp(join(root, folder), target, { recursive: true });
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
