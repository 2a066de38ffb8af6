import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Makes images: Docker, podman or buildah. */
export interface ImageEngine {
  readonly name: 'docker' | 'podman' | 'buildah';
  /** True when a registry gives the image. */
  canPull(image: string): Promise<boolean>;
  /** True when it is here. */
  has(image: string): Promise<boolean>;
  /** Builds the folder's Dockerfile. Rejects when that fails; what happens is printed. */
  build(folder: string, tag: string, args: Readonly<Record<string, string>>): Promise<void>;
  /** Writes the image as `docker save` does. */
  save(image: string, archive: string): Promise<void>;
  /** Runs the image with these arguments and nothing else of this machine. */
  run(image: string, args: readonly string[]): Promise<ProgramResult>;
}

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Neither Docker nor podman nor buildah works here. */
export class NoImageEngineError extends Error {
  readonly code = 'NoImageEngine';
}

/** The first engine that works. Rejects with NoImageEngineError when none does. */
export async function findImageEngine(): Promise<ImageEngine> {
  for (const [engine, probe] of [
    [daemonEngine('docker'), ['info']],
    [daemonEngine('podman'), ['info']],
    [buildah, ['version']],
  ] as const) {
    if ((await run(engine.name, probe).catch(() => undefined))?.exitCode === 0) return engine;
  }
  throw new NoImageEngineError('None of docker, podman and buildah works here: one of them is needed');
}

function daemonEngine(name: 'docker' | 'podman'): ImageEngine {
  return {
    name,
    canPull: (image) => succeeds(name, ['pull', '--quiet', image]),
    has: (image) => succeeds(name, ['image', 'inspect', image]),
    build: (folder, tag, args) => show(name, ['build', '--tag', tag, ...buildArguments(args), folder]),
    save: (image, archive) => show(name, ['save', '--output', archive, image]),
    run: (image, args) => run(name, ['run', '--rm', '--read-only', image, ...args]),
  };
}

/** Needs no daemon, and with these settings no rights that a container lacks. */
const withoutPrivileges = { STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' };

const buildah: ImageEngine = {
  name: 'buildah',
  canPull: (image) => succeeds('buildah', ['pull', '--quiet', image]),
  has: (image) => succeeds('buildah', ['inspect', '--type=image', image]),
  build: (folder, tag, args) => show('buildah', ['build', '--tag', tag, ...buildArguments(args), folder]),
  save: (image, archive) => show('buildah', ['push', image, `docker-archive:${archive}:${image}`]),
  async run(image, args) {
    const made = await run('buildah', ['from', '--pull-never', image]);
    if (made.exitCode !== 0) return made;
    const container = made.stdout.trim();
    try {
      const { stdout } = await run('buildah', ['inspect', '--type=image', image]);
      const { OCIv1 } = JSON.parse(stdout) as { OCIv1: { config: { Entrypoint?: readonly string[] } } };
      const { Entrypoint = [] } = OCIv1.config;
      return await run('buildah', ['run', container, '--', ...Entrypoint, ...args]);
    } finally {
      await run('buildah', ['rm', container]);
    }
  },
};

function buildArguments(args: Readonly<Record<string, string>>): string[] {
  return Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return (await run(program, args)).exitCode === 0;
}

/** Runs a program to its end; its failure is an exit code. */
export async function run(program: string, args: readonly string[]): Promise<ProgramResult> {
  const child = spawn(program, args, {
    env: { ...process.env, ...withoutPrivileges },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = exitCodeOf(child);
  const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}

/** Runs a program whose words are for whoever waits. Rejects when it fails. */
export async function show(program: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, ...withoutPrivileges };
  const exitCode = await exitCodeOf(spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'] }));
  if (exitCode !== 0) throw new Error(`${program} ${args[0] ?? ''} failed (${exitCode})`);
}

function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });
}
