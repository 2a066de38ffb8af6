import type { AIApprovalRequestSpec, AIApprovalRequestStatus } from '../../api/ai-approval-request.ts';
import { expiredCondition } from '../../api/ai-approval-request.ts';
import { parseDuration } from '../../api/duration.ts';
import { parseTime } from '../../api/time.ts';

/** When a request expires, in milliseconds since 1970. What cannot be read has expired ever since. */
export function expiryOf({
  requestedAt,
  timeout,
}: Pick<AIApprovalRequestSpec, 'requestedAt' | 'timeout'>): number {
  const [start, length] = [parseTime(requestedAt), parseDuration(timeout)];
  return start === undefined || length === undefined ? 0 : start + length;
}

/** Whether the controller has declared that nobody decided in time. */
export function isDeclaredExpired(status: Pick<AIApprovalRequestStatus, 'conditions'> | undefined): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status }) => type === expiredCondition && status === 'True',
  );
}
