import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The texts of a Secret's keys, decoded. */
export type SecretTexts = Readonly<Record<string, string>>;

/** A folder as kubelet mounts a Secret: files are links into `..data`, which is swapped as a whole. */
export interface MountedSecret {
  readonly path: string;
  replace(texts: SecretTexts): void;
}

/** Mounts it in a folder of its own below `parent`. */
export function mountSecret(parent: string, texts: SecretTexts): MountedSecret {
  const path = mkdtempSync(join(parent, 'secret-'));
  let version = 0;

  function replace(next: SecretTexts): void {
    version += 1;
    const data = `..${version}`;
    mkdirSync(join(path, data));
    for (const [file, text] of Object.entries(next)) writeFileSync(join(path, data, file), text);
    symlinkSync(data, join(path, '..data_tmp'));
    renameSync(join(path, '..data_tmp'), join(path, '..data'));
    // As in kubelet's AtomicWriter: links to keys that are new come after the swap, those to keys that are gone go last.
    const linked = readdirSync(path).filter((file) => !file.startsWith('..'));
    for (const file of Object.keys(next)) {
      if (!linked.includes(file)) symlinkSync(join('..data', file), join(path, file));
    }
    for (const file of linked) if (!(file in next)) rmSync(join(path, file));
    rmSync(join(path, `..${version - 1}`), { recursive: true, force: true });
  }

  replace(texts);
  return { path, replace };
}
