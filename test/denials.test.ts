import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { normaliseWorkflow } from '../src/api/normalised-workflow.ts';
import type { Stamping } from '../src/policy/approval/stamp-workflow.ts';
import { alreadyExists, slotsUnavailable, unmarkedExecution } from '../src/policy/execution-refusals.ts';
import { parallelLimit } from '../src/policy/parallel-limit.ts';
import { findParameterFaults, parametersInvalid } from '../src/plugin/check-parameters.ts';
import { pluginFailed } from '../src/plugin/plugin-failure.ts';
import { actionUnknown } from '../src/plugin/unasked-check.ts';
import { serviceAccountNotAllowed } from '../src/policy/service-account-right.ts';
import { allowed, type Verdict } from '../src/policy/verdict.ts';
import { identifyWorkflow } from '../src/policy/workflow-identity.ts';
import { checkGraph } from '../src/policy/workflow-graph.ts';
import { workflowAccepts } from '../src/policy/workflow-state.ts';
import { denialsForNow, denialsOfApproval } from './denials-of-approval.ts';
import { denialsOfRequests, unreadableDecision } from './denials-of-requests.ts';
import { SlotsUnavailableError } from '../webhook/journal/journal-errors.ts';
import { markWorkflow } from '../webhook/workflows/mark-workflow.ts';
import { reviewWorkflow } from './builders/workflow-review-builder.ts';

const text = readFileSync(join(import.meta.dirname, '../docs/denials.md'), 'utf8');
const names = [1, 2, 3, 4, 5].map((step) => `heal-shop-step-${step}`);
const holders = names.map((name) => ({ name, state: 'active' as const }));

function limit(limit: number) {
  return parallelLimit({
    workflow: 'heal-shop',
    enforcement: 'enforce',
    outcome: { kind: 'limitReached', limit, holders },
  });
}

function identity(marks: object): Verdict {
  const found = identifyWorkflow({ namespace: 'default', ...marks });
  if ('workflow' in found) throw new Error(`found ${found.workflow}`);
  return found;
}

const circle = normaliseWorkflow({
  steps: [
    { stepNumber: 1, action: 'a', dependencies: ['3'] },
    { stepNumber: 2, action: 'a', dependencies: ['1'] },
    { stepNumber: 3, action: 'a', dependencies: ['2', '9'] },
  ],
}).steps;
const fields = { steps: 'spec.steps', dependencies: 'dependencies' };

/** What each denial is now; the document quotes its messages and names its code and reasons. */
const denials: Readonly<Record<string, Verdict | undefined>> = {
  'no free slot': limit(5),
  'the name exists': alreadyExists('heal-shop-step-6'),
  'no workflow': identity({}),
  'two workflows': identity({ labels: { workflow: 'race' }, workflowExecutionRef: { name: 'heal-shop' } }),
  'a missing workflow': workflowAccepts('no-such', 'default', 'missing'),
  'a settled workflow': workflowAccepts('race', 'default', 'settled'),
  'a circle': checkGraph(circle, fields),
  'parameters that do not fit': parametersInvalid(
    'resize',
    findParameterFaults(
      { name: 'resize', parameters: z.object({ replicas: z.number() }) },
      { replicas: 'many' },
    ),
  ),
  'another account': serviceAccountNotAllowed({ user: 'jane', namespace: 'shop', account: 'deployer' }),
  'an action that nobody knows': actionUnknown('of_another_controller', {
    plugin: 'acme',
    check: { name: 'NotOnFridays', check: () => allowed },
  }),
  'a plugin that fails': pluginFailed({ plugin: 'acme', part: 'check NotToZero', kind: 'threw' }),
};

describe('docs/denials.md', () => {
  it.each(Object.entries(denials))('quotes the denial of %s as it is', (_, denial) => {
    if (denial?.decision !== 'deny') throw new Error('this is no denial');
    // kubectl prints the causes of a 422 and the message of all others.
    const quoted =
      denial.code === 422
        ? denial.causes.map(({ field, message }) => `${field}: ${message}`)
        : [denial.message];
    for (const line of quoted) expect(text).toContain(line);
    const row = text.split('\n').find((line) => line.includes(`\`${denial.causes[0]?.reason}\``));
    expect(row).toContain(`| ${denial.code} `);
    expect(row).toContain(`\`${denial.reason}\``);
  });

  it('quotes what causes tell of the holders', () => {
    const denial = limit(5);
    if (denial.decision !== 'deny') throw new Error('this is no denial');
    const { reason, field, message } = denial.causes[1] ?? {};
    expect(text).toContain(
      `{ "reason": ${JSON.stringify(reason)}, "field": ${JSON.stringify(field)}, "message": ${JSON.stringify(message)} }`,
    );
  });

  it('quotes when there is room again above the limit', () => {
    expect(limit(3)).toMatchObject({
      message: expect.stringMatching(/Try again when fewer than 3 of them are active\.$/),
    });
    expect(text).toContain('Try again when fewer than 3 of them are active.');
  });

  it('quotes the warning of mode warn', () => {
    const outcome = { kind: 'admitted', used: 7, limit: 5, overLimit: true } as const;
    const { warnings = [] } = parallelLimit({ workflow: 'heal-shop', enforcement: 'warn', outcome });
    expect(text).toContain(`Warning: ${warnings[0]}`);
  });

  it('quotes the 503 about a slot', () => {
    expect(text).toContain(slotsUnavailable('JournalUnwritable', '…').message);
  });

  it('quotes the 503 of a write of a workflow', async () => {
    const error = new SlotsUnavailableError('JournalUnwritable', 'the slot journal was not written in time');
    const keeper = { mark: async () => Promise.reject(error) };
    const annotations = { stepCount: '12', threshold: '10' } as Stamping['annotations'];
    const denial = await markWorkflow(reviewWorkflow({}), { annotations }, keeper, 9_000);
    expect(text).toContain(denial?.message);
  });
});

/** Cells of the rows of the tables under a heading. */
function rowsUnder(heading: string): readonly string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => /^\| .*`/.test(line));
  return rows.map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}

describe('what docs/denials.md says of approval', () => {
  it('is every denial there is, with its code', async () => {
    const denials = await denialsOfApproval();
    const rows = rowsUnder('Approval').map(([code, reason]) => [code, reason]);
    expect(rows).toEqual(denials.map(({ code, causes }) => [String(code), `\`${causes[0]?.reason}\``]));
  });

  it('quotes the first difference from what was approved', async () => {
    const denials = await denialsOfApproval();
    const other = denials.find(({ causes }) => causes[0]?.reason === 'NotTheApprovedStep');
    expect(text).toContain(`denied the request: ${other?.message}`);
  });

  it('lists the 503 that have words of their own last', async () => {
    const slots = slotsUnavailable('JournalUnwritable', '…').message.split('…')[0] ?? '';
    const lastFive = rowsUnder('No exact answer now')
      .map(([reason]) => reason)
      .slice(-5);
    for (const { code, causes, message } of [
      ...(await denialsForNow()),
      unmarkedExecution('heal-shop'),
      await unreadableDecision(),
    ]) {
      expect(code).toBe(503);
      expect(message).not.toContain(slots);
      expect(lastFive).toContain(`\`${causes[0]?.reason}\``);
    }
  });
});

describe('what docs/denials.md says of requests for approval', () => {
  it('is every denial there is, with its code', async () => {
    const denials = await denialsOfRequests();
    const rows = rowsUnder('Requests for approval').map(([code, reason]) => [code, reason]);
    expect(rows).toEqual(denials.map(({ code, causes }) => [String(code), `\`${causes[0]?.reason}\``]));
  });

  it.each(['NoRightToApprove', 'RequestExpired'])('quotes the one of %s', async (reason) => {
    const denials = await denialsOfRequests();
    expect(text).toContain(denials.find(({ causes }) => causes[0]?.reason === reason)?.message);
  });
});
