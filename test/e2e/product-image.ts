import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The product's image, as an archive and as the chart names it. */
export interface ProductImage {
  readonly archive: string;
  readonly repository: string;
  readonly tag: string;
}

/** The image that `make image` has built. Rejects where there is none. */
export async function productImage(): Promise<ProductImage> {
  const archive = process.env['STEPGATE_IMAGE'] || join(import.meta.dirname, '../../.stepgate/image.tar');
  if (!existsSync(archive)) throw new Error(`there is no image at ${archive}: make image builds it`);
  return { archive, repository: 'stepgate.test/stepgate', tag: '0.1.0' };
}
