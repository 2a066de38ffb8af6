import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edited } from '../../simulation/apply-mutation.ts';
import { attempts } from './attempts.ts';
import type { Guard } from './guard.ts';
import { guardNames, guards } from './guards.ts';
import { threatModelPage } from './threat-model-page.ts';

const root = join(import.meta.dirname, '../../..');

describe('the threat model', () => {
  it('has sixty attempts at least, each its own', () => {
    expect(attempts.length).toBeGreaterThanOrEqual(60);
    expect(new Set(attempts.map(({ attempt, user }) => `${user} ${attempt}`)).size).toBe(attempts.length);
  });

  it.each(guardNames)('gives %s between one and ten of them', (name) => {
    const rows = attempts.filter(({ guard }) => guard === name);
    expect(rows.length).toBeGreaterThanOrEqual(1);
    expect(rows.length).toBeLessThanOrEqual(10);
  });

  it.each(guardNames)('can take %s out of the code as it is', (name) => {
    const { without }: Guard = guards[name];
    const texts = new Map<string, string>();
    for (const edit of 'edits' in without ? without.edits : []) {
      const before = texts.get(edit.file) ?? readFileSync(join(root, edit.file), 'utf8');
      const after = edited(before, edit);
      expect(after).not.toBe(before);
      texts.set(edit.file, after);
    }
  });

  it('is what docs/threat-model.md shows; scripts/generate-threat-model.ts writes it', async () => {
    expect(readFileSync(join(root, 'docs/threat-model.md'), 'utf8')).toBe(await threatModelPage());
  });
});
