import { spawn } from 'node:child_process';
import { createGzip } from 'node:zlib';
import { run } from '../cluster/whole/run.ts';

/** The sum of an image's layers as a registry would have them, compressed, in MB of a million bytes. */
export async function compressedMegabytes(archive: string): Promise<number> {
  const manifest = JSON.parse(await run(['tar', '-xOf', archive, 'manifest.json'])) as { Layers: string[] }[];
  let bytes = 0;
  for (const layer of manifest.flatMap(({ Layers }) => Layers)) {
    const tar = spawn('tar', ['-xOf', archive, layer], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of tar.stdout.pipe(createGzip())) bytes += (chunk as Buffer).length;
  }
  return bytes / 1e6;
}
