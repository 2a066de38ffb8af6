import { isDeepStrictEqual } from 'node:util';
import { allowed, type PatchOperation, type Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { creatorPatch } from './analysis-creator.ts';
import { recommenderOf, statusField, type RecommenderStamps } from './recommender.ts';

/** Stamps who creates an analysis, who wrote what it recommends, and how sure it is, whatever was sent. */
export function mutateAnalysis({ controller }: { readonly controller: string }) {
  return async (request: AdmissionRequest): Promise<Verdict> => {
    const operations = stampsOf(request, controller);
    return operations.length === 0 ? allowed : { decision: 'patch', operations };
  };
}

function stampsOf(request: AdmissionRequest, controller: string): readonly PatchOperation[] {
  if (request.subResource !== 'status') return request.operation === 'CREATE' ? creatorPatch(request) : [];
  const status: unknown = request.object?.['status'];
  if (typeof status !== 'object' || status === null) return [];
  return recommenderPatch(request, recommenderOf(request, controller).stamps);
}

/** What makes a status say who has recommended; nothing where it does. */
export function recommenderPatch(
  { object }: AdmissionRequest,
  stamps: RecommenderStamps,
): readonly PatchOperation[] {
  return Object.entries(stamps).flatMap(([stamp, value]: [string, unknown]): PatchOperation[] => {
    const path = `/status/${stamp}`;
    if (isDeepStrictEqual(statusField(object, stamp), value)) return [];
    return [value === undefined ? { op: 'remove', path } : { op: 'add', path, value }];
  });
}
