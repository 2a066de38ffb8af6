import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './run.ts';

/** An image that holds one static program and nothing else. */
export interface ProgramImage {
  /** `stepgate.test/pause:1` */
  readonly name: string;
  /** Path of the program on this machine; it lies at the image's root and is its entrypoint. */
  readonly program: string;
  /** Where the archive goes, a .tar file. */
  readonly archive: string;
}

/** Writes an image archive, as `docker save` would. Source: the Docker image specification v1.2, combined layout. */
export async function writeProgramImage({ name, program, archive }: ProgramImage): Promise<void> {
  const folder = mkdtempSync(`${archive}.`);
  try {
    const layer = join(folder, 'layer.tar');
    await writeLayer(program, folder, layer);
    const config = JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: [`/${basename(program)}`], User: '65532:65532' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(layer))}`] },
    });
    const configName = `${sha256(config)}.json`;
    writeFileSync(join(folder, configName), config);
    const manifest = [{ Config: configName, RepoTags: [name], Layers: ['layer.tar'] }];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    mkdirSync(dirname(archive), { recursive: true });
    await run(['tar', '-C', folder, '-cf', archive, 'manifest.json', configName, 'layer.tar']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeLayer(program: string, folder: string, layer: string): Promise<void> {
  const root = join(folder, 'root');
  mkdirSync(root);
  const copy = join(root, basename(program));
  copyFileSync(program, copy);
  chmodSync(copy, 0o755);
  await run(['tar', '-C', root, '--owner=0', '--group=0', '--numeric-owner', '-cf', layer, '.']);
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
