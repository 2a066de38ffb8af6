import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';

/** What the webhooks of one control plane are known by. */
export interface InstalledAdmissionPath {
  /** For `--admission-path-folder`. */
  readonly folder: string;
  /** The segment that webhook configurations have before their paths. */
  readonly segment: string;
}

/** A segment as the installer makes it. */
export function randomSegment(): string {
  return randomBytes(32).toString('hex');
}

/** The admission path of this control plane: made when it is first asked for, the same from then on. */
export function admissionPathOf({ folder: parent }: Pick<ControlPlane, 'folder'>): InstalledAdmissionPath {
  const folder = join(parent, 'admission-path');
  const file = join(folder, 'current');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, randomSegment(), { mode: 0o600 });
  }
  return { folder, segment: readFileSync(file, 'utf8') };
}
