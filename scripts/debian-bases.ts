import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findExecutable } from '../test/cluster/executable.ts';
import { type ImageEngine, run, show } from './image-engine.ts';

/** What the Dockerfile starts from. */
export interface BaseImages {
  readonly BUILD_IMAGE: string;
  readonly BASE_IMAGE: string;
}

/** What Node is linked with, and what every C program looks for. */
const runtimePackages = [
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'gcc-12-base',
  'base-files',
  'netbase',
  'tzdata',
];

const authorities = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Both bases from Debian's packages, where no registry can be reached: as root, on Debian. The one to build with gets the
 * Node and npm of this machine, and the authorities that it trusts; the one to run has what a distroless image has.
 */
export async function makeDebianBases(
  engine: ImageEngine,
  progress: (line: string) => void,
): Promise<BaseImages> {
  const release = debianRelease();
  const bases = {
    BUILD_IMAGE: `localhost/stepgate-build:${release}`,
    BASE_IMAGE: `localhost/stepgate-base:${release}`,
  };
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-image-'));
  try {
    if (!(await engine.has(bases.BASE_IMAGE))) {
      progress(`making the base from packages of Debian ${release}`);
      await makeRuntimeBase(engine, join(folder, 'base'), bases.BASE_IMAGE);
    }
    if (!(await engine.has(bases.BUILD_IMAGE))) {
      progress(`making an image to build with from packages of Debian ${release}, about a minute`);
      await makeBuildBase(engine, join(folder, 'build'), bases.BUILD_IMAGE, release);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return bases;
}

async function makeRuntimeBase(engine: ImageEngine, folder: string, image: string): Promise<void> {
  const root = join(folder, 'root');
  const packages = join(folder, 'packages');
  for (const path of [root, packages]) mkdirSync(path, { recursive: true });
  await show('sh', ['-c', `cd '${packages}' && apt-get download ${runtimePackages.join(' ')}`]);
  await show('sh', ['-c', `for each in '${packages}'/*.deb; do dpkg-deb --extract "$each" '${root}'; done`]);
  for (const useless of ['usr/share/doc-base', 'usr/share/lintian', 'usr/share/man']) {
    rmSync(join(root, useless), { recursive: true, force: true });
  }
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/:/sbin/nologin\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  await imageOf(engine, root, image, '');
}

async function makeBuildBase(
  engine: ImageEngine,
  folder: string,
  image: string,
  release: string,
): Promise<void> {
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  await show('debootstrap', [
    '--variant=minbase',
    '--include=make,libstdc++6,ca-certificates',
    release,
    root,
  ]);
  const local = join(root, 'usr/local');
  const npm = findExecutable('npm');
  if (npm === undefined) throw new Error('npm is not on the PATH');
  copyFileSync(process.execPath, join(local, 'bin/node'));
  cpSync(join(dirname(realpathSync(npm)), '..'), join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  copyFileSync(authorities, join(root, authorities));
  await imageOf(engine, root, image, `ENV NODE_EXTRA_CA_CERTS=${authorities}\n`);
}

async function imageOf(engine: ImageEngine, root: string, image: string, more: string): Promise<void> {
  const context = join(root, '../context');
  mkdirSync(context);
  await show('tar', ['-C', root, '--exclude=./dev/*', '-cf', join(context, 'root.tar'), '.']);
  writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nADD root.tar /\n${more}`);
  await engine.build(context, image, {});
}

/** `bookworm` */
function debianRelease(): string {
  const name = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (name === undefined) throw new Error('this machine is no Debian');
  return name;
}

/** Installs programs of Debian that are missing, as root. */
export async function installMissing(programs: readonly string[]): Promise<void> {
  const missing = programs.filter((program) => findExecutable(program, ['/usr/sbin']) === undefined);
  if (missing.length === 0) return;
  await run('apt-get', ['update']);
  await show('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...missing]);
}
