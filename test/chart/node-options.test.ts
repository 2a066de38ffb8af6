import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environment } from '../../bench/workflow-plane.ts';

it('Node is measured with the options that the chart gives it', () => {
  const template = join(import.meta.dirname, '../../charts/stepgate/templates/controller-deployment.yaml');
  expect(readFileSync(template, 'utf8')).toContain(`$nodeOptions := "${environment.NODE_OPTIONS}"`);
});
