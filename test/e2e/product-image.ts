import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The product's image, as an archive and as the chart names it. */
export interface ProductImage {
  readonly archive: string;
  readonly repository: string;
  readonly tag: string;
}

const root = join(import.meta.dirname, '../..');

/** The image that `make image` has built. Throws where there is none. */
export function productImage(): ProductImage {
  const archive = process.env['STEPGATE_IMAGE'] || join(root, '.stepgate/image.tar');
  if (!existsSync(archive)) throw new Error(`there is no image at ${archive}: make image builds it`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { archive, repository: 'stepgate.test/stepgate', tag: version };
}
