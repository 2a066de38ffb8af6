import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BaseImages, installMissing, makeDebianBases } from './debian-bases.ts';
import { findImageEngine, type ImageEngine, NoImageEngineError, run } from './image-engine.ts';

/*
 * `node scripts/build-image.ts` builds the Dockerfile with whichever of docker, podman and buildah works, and writes the
 * image to .stepgate/image.tar. Where no registry can be reached, its bases are made from Debian's packages.
 */
const root = join(import.meta.dirname, '..');
const archive = join(root, '.stepgate/image.tar');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const image = `stepgate.test/stepgate:${version}`;
const progress = (line: string) => console.log(line);

const engine = await engineHere();
const bases = await basesHere(engine);
const revision = (await run('git', ['-C', root, 'rev-parse', 'HEAD'])).stdout.trim() || 'unknown';
await engine.build(root, image, { ...bases, VERSION: version, REVISION: revision });
mkdirSync(dirname(archive), { recursive: true });
rmSync(archive, { force: true });
await engine.save(image, archive);
progress(`${image} is in ${archive}`);

async function engineHere(): Promise<ImageEngine> {
  try {
    return await findImageEngine();
  } catch (error) {
    if (!(error instanceof NoImageEngineError) || !canInstall()) throw error;
    progress('installing buildah');
    await installMissing(['buildah']);
    return findImageEngine();
  }
}

/** The defaults of the Dockerfile where they can be had. */
async function basesHere(engine: ImageEngine): Promise<BaseImages | Record<string, never>> {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const images = [...text.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, name = '']) => name);
  const pulled = await Promise.all(images.map((name) => engine.canPull(name)));
  if (pulled.every(Boolean)) return {};
  if (!canInstall()) throw new Error(`no registry gives ${images.join(' and ')}`);
  await installMissing(['debootstrap']);
  return makeDebianBases(engine, progress);
}

/** As root on Debian, what is missing can be had from its packages. */
function canInstall(): boolean {
  return process.getuid?.() === 0 && readFileSync('/etc/os-release', 'utf8').includes('debian');
}
