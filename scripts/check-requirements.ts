/**
 * Checks docs/requirements.md: each requirement has a state, every file it names exists, each test that is said
 * to prove a requirement names it, and each test that is said to stand for a case of the plan quotes it. Exits 1
 * with what is wrong.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const casesHeading = "The plan's cases";
const requirements = ['BR-WF-166', 'BR-WF-167', 'BR-WF-168', 'BR-WF-169'];

const sections = new Map(
  readFileSync(join(root, 'docs/requirements.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0]?.trim() ?? '', section]),
);
const problems = [
  ...[...sections.keys()]
    .filter((id) => !requirements.includes(id) && id !== casesHeading)
    .map((id) => `${id} is no requirement`),
  ...requirements.flatMap((id) => problemsOf(id, sections.get(id)).map((problem) => `${id}: ${problem}`)),
  ...caseProblems(sections.get(casesHeading) ?? ''),
];
for (const problem of problems) console.error(`docs/requirements.md: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function problemsOf(id: string, section: string | undefined): string[] {
  if (section === undefined) return ['it is missing'];
  const state = /^State: (kept in part|kept|not yet kept here)\b/m.exec(section)?.[1];
  const keepers = filesUnder('Kept by:', section);
  const proofs = filesUnder('Proved by:', section);
  return [
    ...(/^> .*\bMUST\b/m.test(section) ? [] : ['its words are not quoted']),
    ...(state === undefined ? ['its state is not one of kept, kept in part, not yet kept here'] : []),
    ...(state !== 'not yet kept here' && keepers.length === 0 ? ['no file is said to keep it'] : []),
    ...(state !== 'not yet kept here' && proofs.length === 0 ? ['no test is said to prove it'] : []),
    ...[...keepers, ...proofs]
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${path} does not exist`),
    ...proofs.filter((path) => !path.endsWith('.test.ts')).map((path) => `${path} is no test`),
    ...proofs.filter((path) => !names(path, id)).map((path) => `${path} does not name it`),
  ];
}

/** A row is a case and either the path of its test or `not yet: ` and why. The plan has fifteen cases. */
function caseProblems(section: string): string[] {
  const rows = [...section.matchAll(/^\| (should .+?) +\| (.+?) +\|$/gm)];
  const problems = rows.flatMap(([, quoted = '', where = '']) => {
    const path = /^`(.+)`$/.exec(where)?.[1];
    if (path === undefined)
      return where.startsWith('not yet: ') ? [] : [`"${quoted}" has neither test nor reason`];
    return names(path, quoted) ? [] : [`${path} does not quote the case "${quoted}"`];
  });
  return rows.length === 15 ? problems : [...problems, `the plan has 15 cases, not ${rows.length}`];
}

/** The paths of the list that follows a line such as `Kept by:`. */
function filesUnder(heading: string, section: string): string[] {
  const [, list = ''] = section.split(`\n${heading}\n`);
  const [lines = ''] = list.split(/\n(?=[A-Z#])/, 1);
  return [...lines.matchAll(/^- `([^`]+)`/gm)].map(([, path = '']) => path);
}

function names(path: string, id: string): boolean {
  return existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8').includes(id);
}
