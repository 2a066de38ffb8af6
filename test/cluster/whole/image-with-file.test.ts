import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeProgramImage } from './image-archive.ts';
import { writeImageWithFile } from './image-with-file.ts';
import { run } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-images-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('adds one layer, with the file in it, and keeps what was there', async () => {
  const [program, plugin] = [join(folder, 'pause'), join(folder, 'plugin.ts')];
  writeFileSync(program, 'a program');
  writeFileSync(plugin, 'export default 1;');
  const from = join(folder, 'from.tar');
  await writeProgramImage({ name: 'stepgate.test/pause:1', program, archive: from });
  const archive = join(folder, 'with.tar');
  const name = 'stepgate.test/pause:2';
  await writeImageWithFile({ from, name, file: plugin, folder: '/stepgate/plugins', archive });

  await run(['tar', '-C', folder, '-xf', archive]);
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const [image] = read('manifest.json') as { Config: string; RepoTags: string[]; Layers: string[] }[];
  expect(image?.RepoTags).toEqual([name]);
  const config = read(image?.Config ?? '') as { config: object; rootfs: { diff_ids: string[] } };
  const layers = (image?.Layers ?? []).map((layer) => join(folder, layer));
  expect(config.rootfs.diff_ids).toEqual(layers.map((layer) => `sha256:${sha256(layer)}`));
  expect(config.config).toMatchObject({ Entrypoint: ['/pause'] });
  expect(await run(['tar', '-xOf', layers[0] ?? '', './pause'])).toBe('a program');
  expect(await run(['tar', '-xOf', layers[1] ?? '', 'stepgate/plugins/plugin.ts'])).toBe('export default 1;');
});

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
