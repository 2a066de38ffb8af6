import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './run.ts';

/** An image that is another one and one file more. */
export interface ImageWithFile {
  /** The archive of the image that it begins with, docker's kind. */
  readonly from: string;
  /** `stepgate.test/stepgate:0.1.0-with-plugin` */
  readonly name: string;
  readonly file: string;
  /** Absolute path of the folder in the image. */
  readonly folder: string;
  /** Where the new archive goes. */
  readonly archive: string;
}

interface ImageConfig {
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history?: readonly object[];
}

/** Writes it, without a container engine: one more layer. Rejects where the archive is none. */
export async function writeImageWithFile({
  from,
  name,
  file,
  folder,
  archive,
}: ImageWithFile): Promise<void> {
  const work = mkdtempSync(`${archive}.`);
  try {
    await run(['tar', '-C', work, '-xf', from]);
    const read = (path: string): unknown => JSON.parse(readFileSync(join(work, path), 'utf8'));
    const [image] = read('manifest.json') as { Config: string; Layers: string[] }[];
    if (image === undefined) throw new Error(`${from} holds no image`);

    const layer = 'file-layer.tar';
    const root = mkdtempSync(join(work, 'root-'));
    mkdirSync(join(root, folder), { recursive: true });
    copyFileSync(file, join(root, folder, basename(file)));
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX'];
    await run(['tar', '-C', root, ...owner, '-cf', join(work, layer), folder.replace(/^\//, '')]);
    const digest = createHash('sha256')
      .update(readFileSync(join(work, layer)))
      .digest('hex');

    const config = read(image.Config) as ImageConfig;
    const rootfs = { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, `sha256:${digest}`] };
    const history = [...(config.history ?? []), { created_by: `added ${basename(file)}` }];
    const text = JSON.stringify({ ...config, rootfs, ...(config.history === undefined ? {} : { history }) });
    const configName = `${createHash('sha256').update(text).digest('hex')}.json`;
    writeFileSync(join(work, configName), text);
    const manifest = [{ Config: configName, RepoTags: [name], Layers: [...image.Layers, layer] }];
    writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
    mkdirSync(dirname(archive), { recursive: true });
    const files = ['manifest.json', configName, ...image.Layers, layer];
    await run(['tar', '-C', work, '-chf', archive, ...new Set(files)]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
