import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { approvable, type WorkflowObject } from '../../webhook/approval/approvable.ts';
import { actFourAnalysis } from './act-four-analysis.ts';
import { actOneLimit } from './act-one-limit.ts';
import { actThreeController, growShopSpecHash } from './act-three-controller.ts';
import { actTwoApproval, exampleSpecHash } from './act-two-approval.ts';

const repository = join(import.meta.dirname, '../..');
/** Those of actions have tests of their own. */
const folders = ['examples/analysis', 'examples/approval', 'examples/limit', 'examples/workflows'];
const exampleFiles = folders.flatMap((folder) =>
  readdirSync(join(repository, folder)).map((name) => `${folder}/${name}`),
);
const typed = [actOneLimit, actTwoApproval, actThreeController, actFourAnalysis]
  .flatMap((act) => act.scenes)
  .flatMap((scene) => scene.commands);

describe('the examples', () => {
  it('are all played by the demo or said to be tried', () => {
    const sources = typed.map(({ run }) => run).join('\n');
    const used = [...new Set(sources.match(/examples\/[\w./-]+/g))].sort();
    const ours = used.filter((file) => folders.some((folder) => file.startsWith(folder)));
    expect(ours).toEqual(exampleFiles.sort());
  });

  it.each(exampleFiles)('%s says in a comment what it is', (file) => {
    expect(readFileSync(join(repository, file), 'utf8')).toMatch(/^# /);
  });

  it.each([
    ['examples/approval/workflow.yaml', exampleSpecHash],
    ['examples/workflows/grow-shop.yaml', growShopSpecHash],
  ])('%s has the hash that the demo approves', (file, hash) => {
    const text = readFileSync(join(repository, file), 'utf8');
    expect(approvable(parse(text) as WorkflowObject, 'default')?.specHash).toBe(hash);
  });

  it('have the hash that the documents print', () => {
    expect(readFileSync(join(repository, 'docs/approval.md'), 'utf8')).toContain(exampleSpecHash);
  });
});
