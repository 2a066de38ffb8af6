import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');

interface Group {
  readonly rules: readonly { readonly alert?: string }[];
}

it('says of each alert of the chart what to do, and of no other', () => {
  const groups = parse(readFileSync(join(root, 'charts/stepgate/monitoring/alerts.yaml'), 'utf8')) as Group[];
  const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
  const page = readFileSync(join(root, 'docs/operating.md'), 'utf8');
  const headings = [...page.matchAll(/^### (Stepgate\w+)$/gm)].map(([, name]) => name);
  expect(headings).toEqual(alerts);
});
