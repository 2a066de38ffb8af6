import type { AIApprovalRequest } from '../../../src/api/ai-approval-request.ts';
import type { KindClient } from '../../cluster/kind-client.ts';

/** A way to write the status of a request, through its subresource or through the object. */
export type DecisionWrite = (
  requests: KindClient,
  name: string,
  status: object,
  subresource?: string,
) => Promise<unknown>;

/** Every way in which the API server takes a status. */
export const decisionWrites: Readonly<Record<string, DecisionWrite>> = {
  'a merge patch': (requests, name, status, subresource) =>
    requests.mergePatch(name, { status }, subresource),
  'a JSON patch': (requests, name, status, subresource) =>
    requests.jsonPatch(name, [{ op: 'add', path: '/status', value: status }], subresource),
  'a replace': async (requests, name, status, subresource) => {
    const stored = await requests.get<AIApprovalRequest>(name);
    return requests.replace({ ...stored, status }, subresource);
  },
  'a server-side apply': async (requests, name, status, subresource) => {
    const { apiVersion, kind } = await requests.get<AIApprovalRequest>(name);
    return requests.apply({ apiVersion, kind, metadata: { name }, status }, subresource);
  },
};
