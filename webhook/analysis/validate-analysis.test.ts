import { describe, expect, it } from 'vitest';
import { aiAnalysisKind } from '../../src/api/names.ts';
import { makeRecommendations } from '../../test/builders/analysis-builder.ts';
import { reviewWrite, type ObjectWrite } from '../../test/builders/status-review-builder.ts';
import { mutateAnalysis } from './mutate-analysis.ts';
import { validateAnalysis } from './validate-analysis.ts';

async function write(draft: ObjectWrite, allowed = false) {
  const asked: string[] = [];
  const mayUse = async (_user: object, _namespace: string, account: string) => {
    asked.push(account);
    return { allowed };
  };
  const request = reviewWrite(aiAnalysisKind, draft);
  const verdict = await validateAnalysis({ reviewer: { mayUse }, controller: 'the-controller' })(request);
  return { verdict, asked, mutation: await mutateAnalysis({ controller: 'the-controller' })(request) };
}

const recommendations = makeRecommendations(2);
const named = { serviceAccountName: 'deployer' };
const stamped = { annotations: { 'kubernaut.io/created-by': 'ann' } };
const create = { subResource: '', after: { metadata: stamped, spec: named } };
const recommend = {
  before: { spec: named, status: {} },
  after: { spec: named, status: { recommendations, recommendedBy: 'ann', authors: ['ann'] } },
};

const raise = {
  before: { spec: named, status: { recommendations, recommendedBy: 'model' } },
  after: {
    spec: named,
    status: {
      recommendations,
      recommendedBy: 'ann',
      authors: ['model', 'ann'],
      approvalContext: { confidenceScore: 1 },
    },
  },
};

describe('who writes an analysis', () => {
  it.each([
    ['names an account', create],
    ['recommends what runs as one', recommend],
    ['says how sure that is', raise],
  ])('and %s needs the right to use it', async (_, draft) => {
    const { verdict, asked } = await write(draft);
    expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'ServiceAccountNotAllowed' }] });
    expect(asked).toEqual(['deployer']);
    expect((await write(draft, true)).verdict).toEqual({ decision: 'allow' });
  });

  it.each<[string, ObjectWrite]>([
    ['names none', { subResource: '', after: { metadata: stamped, spec: {} } }],
    ['changes something else', { before: recommend.after, after: recommend.after }],
    ['changes the object itself', { ...create, before: { spec: named } }],
  ])('and %s needs none', async (_, draft) => {
    expect(await write(draft)).toMatchObject({ verdict: { decision: 'allow' }, asked: [] });
  });

  it('cannot say that it was another', async () => {
    const after = { spec: {}, status: { recommendations, recommendedBy: 'model' } };
    const { verdict, mutation } = await write({ before: { spec: {} }, after });
    expect(mutation).toMatchObject({
      operations: [
        { path: '/status/recommendedBy', value: 'ann' },
        { path: '/status/authors', value: ['ann'] },
      ],
    });
    expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'StampForged' }] });
  });

  it.each<[string, object]>([
    ['says nothing of it', {}],
    ['has other annotations', { annotations: { a: 'b' } }],
    ['says that it was another', { annotations: { 'kubernaut.io/created-by': 'model' } }],
  ])('and creates it is stamped, where the manifest %s', async (_, metadata) => {
    const { verdict, mutation } = await write({ subResource: '', after: { metadata, spec: {} } });
    const [path, value] =
      'annotations' in metadata
        ? ['/metadata/annotations/kubernaut.io~1created-by', 'ann']
        : ['/metadata/annotations', stamped.annotations];
    expect(mutation).toEqual({ decision: 'patch', operations: [{ op: 'add', path, value }] });
    expect(verdict).toMatchObject({
      causes: [{ reason: 'StampForged', field: 'metadata.annotations[kubernaut.io/created-by]' }],
    });
  });

  it.each([
    [
      'what it recommends',
      'status.recommendations[0].parameters.note',
      { recommendations: [{ id: 'a', action: 'b', parameters: { note: 'a\u202eb' } }] },
    ],
    [
      'what a person is shown',
      'status.approvalContext.investigationSummary',
      { approvalContext: { investigationSummary: '\u009b2J' } },
    ],
  ])('cannot hide %s behind characters', async (_, field, status) => {
    const after = { status: { ...status, recommendedBy: 'ann', authors: ['ann'] } };
    const { verdict } = await write({ before: { status: {} }, after });
    expect(verdict).toMatchObject({ code: 422, causes: [{ reason: 'CharacterNotAllowed', field }] });
    const again = await write({ before: after, after: { status: { ...after.status, phase: 'pending' } } });
    expect(again.verdict).toEqual({ decision: 'allow' });
  });

  it('cannot say it of what nobody has recommended', async () => {
    const { mutation } = await write({
      before: { status: {} },
      after: { status: { recommendedBy: 'model' } },
    });
    expect(mutation).toMatchObject({ operations: [{ op: 'remove', path: '/status/recommendedBy' }] });
  });
});
