/**
 * Runs the image that `make image` has built and looks into it: it starts, it says what is wrong where it cannot, it runs
 * as nobody special, it has no package manager, it is small. Exits 1 with what is wrong.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { findImageEngine } from './image-engine.ts';

const mostMegabytes = 120;
const packageManagers = [
  'apt',
  'apt-get',
  'dpkg',
  'apk',
  'rpm',
  'dnf',
  'npm',
  'npx',
  'yarn',
  'corepack',
  'pip',
];
const largestFile = 1024 ** 3;

const root = join(import.meta.dirname, '..');
const archive = join(root, '.stepgate/image.tar');
const faults: string[] = [];
const expect = (holds: boolean, fault: string): void => {
  if (!holds) faults.push(fault);
};

if (!existsSync(archive)) throw new Error(`there is no image at ${archive}: make image builds it`);
const [manifest] = JSON.parse(read('manifest.json').toString()) as [Manifest];
const { config } = JSON.parse(read(manifest.Config).toString()) as { config: ImageConfig };

const engine = await findImageEngine();
const [image = ''] = manifest.RepoTags;
const help = await engine.run(image, ['--help']);
expect(
  help.exitCode === 0 && help.stdout.includes('stepgate webhook [flags]'),
  `--help: ${JSON.stringify(help)}`,
);
const lost = await engine.run(image, ['webhook']);
expect(lost.exitCode === 1, `webhook without a cluster ends with ${lost.exitCode}`);
expect(/^stepgate: There is no cluster to talk to/m.test(lost.stderr), `webhook says: ${lost.stderr}`);
expect(!lost.stderr.includes('    at '), `webhook says where in its code it failed: ${lost.stderr}`);

expect(/^[1-9][0-9]*(:[0-9]+)?$/.test(config.User ?? ''), `it runs as ${JSON.stringify(config.User)}`);
expect(
  (config.Entrypoint ?? []).includes('--enable-source-maps'),
  `it starts with ${config.Entrypoint?.join(' ')}`,
);

const layers = manifest.Layers.map(read);
const files = layers.flatMap((layer) => list(layer));
const managers = files.filter(
  (file) => /(^|\/)s?bin\/[^/]+$/.test(file) && packageManagers.includes(nameOf(file)),
);
expect(managers.length === 0, `it has package managers: ${managers.join(', ')}`);
expect(files.includes('stepgate/dist/src/main.js.map'), 'it has no source maps');
expect(
  !files.some((file) => /node_modules\/(typescript|vitest)\//.test(file)),
  'it has packages of development',
);
expect(files.includes('stepgate/sbom.cdx.json'), 'it has no list of its packages (SBOM)');

const megabytes = layers.reduce((sum, layer) => sum + gzipSync(layer).length, 0) / 1e6;
expect(
  megabytes <= mostMegabytes,
  `its layers are ${megabytes.toFixed(1)} MB compressed, more than ${mostMegabytes}`,
);

console.log(`${image}: ${megabytes.toFixed(1)} MB compressed, ${files.length} files, by ${engine.name}`);
for (const fault of faults) console.error(`image: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

function read(member: string): Buffer {
  return execFileSync('tar', ['-xOf', archive, member], { maxBuffer: largestFile });
}

function list(layer: Buffer): string[] {
  const text = execFileSync('tar', ['-t'], { input: layer, maxBuffer: largestFile }).toString();
  return text.split('\n').map((line) => line.replace(/^\.?\//, ''));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

interface Manifest {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

interface ImageConfig {
  readonly User?: string;
  readonly Entrypoint?: readonly string[];
}
