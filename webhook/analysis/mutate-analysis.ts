import { allowed, type Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { recommenderOf, statusField } from './recommender.ts';

const path = '/status/recommendedBy';

/** Stamps who wrote the recommendations of an analysis, whatever was sent. */
export async function mutateAnalysis(request: AdmissionRequest): Promise<Verdict> {
  const { recommendedBy } = recommenderOf(request);
  const written = statusField(request.object, 'recommendedBy');
  if (written === recommendedBy || typeof request.object?.['status'] !== 'object') return allowed;
  const operation =
    recommendedBy === undefined
      ? ({ op: 'remove', path } as const)
      : ({ op: 'add', path, value: recommendedBy } as const);
  return { decision: 'patch', operations: [operation] };
}
