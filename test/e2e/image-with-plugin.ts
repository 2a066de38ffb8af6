import { basename, join, resolve } from 'node:path';
import { writeImageWithFile } from '../cluster/whole/image-with-file.ts';
import type { ProductImage } from './product-image.ts';

/** Beside the product's packages, so that a plugin finds those that it imports. */
const pluginsFolder = '/stepgate/plugins';

/** The product's image with a plugin in it, and the path that the chart's `plugins` gives. */
export async function imageWithPlugin(
  image: ProductImage,
  plugin: string,
  folder: string,
): Promise<ProductImage & { readonly plugin: string }> {
  const tag = `${image.tag}-with-plugin`;
  const archive = join(folder, 'image-with-plugin.tar');
  await writeImageWithFile({
    from: image.archive,
    name: `${image.repository}:${tag}`,
    file: resolve(plugin),
    folder: pluginsFolder,
    archive,
  });
  return { ...image, archive, tag, plugin: `${pluginsFolder}/${basename(plugin)}` };
}
