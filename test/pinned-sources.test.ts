import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every action of a workflow is pinned by its commit, with its version beside it', () => {
  const uses = globSync('.github/workflows/*.yml').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/uses: (?!\.\/)(.+)/g)].map(([, reference = '']) => reference),
  );
  expect(uses.length).toBeGreaterThan(10);
  for (const reference of uses) expect(reference).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('every image that the Dockerfile starts from is pinned by its digest', () => {
  const images = [...readFileSync('Dockerfile', 'utf8').matchAll(/^ARG \w+_IMAGE=(.+)$/gm)];
  expect(images).toHaveLength(2);
  for (const [, image = ''] of images) expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
});
