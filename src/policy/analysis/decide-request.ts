import {
  approvalDecisions,
  type AIApprovalRequestSpec,
  type AIApprovalRequestStatus,
  type ApprovalDecision,
} from '../../api/ai-approval-request.ts';
import { formatTime, parseTime } from '../../api/time.ts';
import { authorship, authorsMayNotApprove } from '../approval/authors.ts';
import { isServiceAccountUser, serviceAccountsMayNotDecide } from '../approval/service-account-user.ts';
import { refuseHostileCharacters } from '../refuse-hostile-characters.ts';
import { deny, type Deny } from '../verdict.ts';
import { expiryOf, isDeclaredExpired } from './request-expiry.ts';

/** A write of the status of an AIApprovalRequest, and who sends it. */
export interface DecisionFacts {
  readonly name: string;
  readonly spec: AIApprovalRequestSpec;
  /** Hash of `spec.workflow.spec` as it is; undefined where that cannot be read exactly. */
  readonly specHash: string | undefined;
  readonly deleting: boolean;
  readonly before: AIApprovalRequestStatus;
  readonly after: AIApprovalRequestStatus;
  readonly user: string;
  readonly groups: readonly string[];
  /** User name of stepgate's controller. */
  readonly controller: string;
  /** RFC 3339. */
  readonly now: string;
  readonly requireDifferentApprover: boolean;
  readonly serviceAccountsMayApprove: boolean;
  /** What tells this installation from others. */
  readonly installation: string;
  /** `decidedAt` as the mutating side has stamped it, where it is of this very request. */
  readonly stampedAt?: string | undefined;
}

/** What a status must say beside the decision. */
export interface DecisionStamps {
  readonly decidedBy: string | undefined;
  readonly decidedAt: string | undefined;
  readonly decidedUnder: string | undefined;
  readonly message: string | undefined;
}

/** A write that may be, with these stamps. */
export interface DecisionStamping {
  readonly stamps: DecisionStamps;
  /** What is decided by this very write: the user needs the right to. */
  readonly decides: ApprovalDecision | undefined;
}

const field = 'status.decision';

/**
 * The stamps of a status as it is written, or why it cannot be. What was sent of them counts for nothing. The same facts
 * with the stamps in place give the same stamps.
 */
export function decideRequest(facts: DecisionFacts): DecisionStamping | Deny {
  const { before, after } = facts;
  if (before.decision !== undefined) return kept(facts, before.decision);
  const decides = approvalDecisions.find((decision) => decision === after.decision);
  // What is no decision is refused by the schema, with the list of those that are.
  if (decides === undefined) return { stamps: noStamps, decides };
  const refusal =
    whyNot(decides, facts) ?? refuseHostileCharacters('status.message', after.message, before.message);
  if (refusal !== undefined) return refusal;
  const { user, now, installation, stampedAt } = facts;
  return {
    stamps: {
      decidedBy: user,
      decidedAt: stampedAt ?? now,
      decidedUnder: installation,
      message: after.message,
    },
    decides,
  };
}

const noStamps: DecisionStamps = {
  decidedBy: undefined,
  decidedAt: undefined,
  decidedUnder: undefined,
  message: undefined,
};

/** A decision is final: what a writer leaves out of it is put back, what differs is refused. */
function kept({ name, before, after }: DecisionFacts, decision: ApprovalDecision): DecisionStamping | Deny {
  const stamps = {
    decidedBy: before.decidedBy,
    decidedAt: before.decidedAt,
    decidedUnder: before.decidedUnder,
    message: before.message,
  };
  const differs =
    after.decision !== decision ||
    (Object.keys(stamps) as (keyof DecisionStamps)[]).some(
      (stamp) => after[stamp] !== undefined && after[stamp] !== stamps[stamp],
    );
  if (!differs) return { stamps, decides: undefined };
  const message = `Request "${name}" was ${decision.toLowerCase()} by ${before.decidedBy}: a decision is neither changed nor taken back.`;
  return refuse('DecisionIsFinal', message);
}

function whyNot(decision: ApprovalDecision, facts: DecisionFacts): Deny | undefined {
  const { name, spec, user, deleting, before, now } = facts;
  if (deleting)
    return refuse('RequestIsOver', `Request "${name}" is being deleted: there is nothing to decide.`);
  if (user === facts.controller) {
    return refuse('DeciderIsController', `${user} asks; somebody else has to decide.`);
  }
  if (!facts.serviceAccountsMayApprove && isServiceAccountUser(facts)) {
    return refuse('DeciderIsServiceAccount', serviceAccountsMayNotDecide(user));
  }
  const expiry = expiryOf(spec);
  if (isDeclaredExpired(before) || (parseTime(now) ?? expiry) >= expiry) {
    const message = `Request "${name}" has expired at ${formatTime(expiry)}: it is too late for a decision.`;
    return refuse('RequestExpired', message);
  }
  if (!isReviewer(facts)) {
    return refuse(
      'NotAReviewer',
      `${user} is none of those whom request "${name}" lets decide (spec.reviewer).`,
    );
  }
  if (decision === 'Rejected') return undefined;
  if (facts.specHash !== spec.workflow.specHash) {
    const message = `spec.workflow.specHash of request "${name}" is not the hash of spec.workflow.spec: nobody can tell what an approval would start.`;
    return refuse('RequestUnreadable', message);
  }
  const written = facts.requireDifferentApprover ? authorship(spec.authors ?? [], user) : undefined;
  if (written === undefined) return undefined;
  return refuse('ApproverIsCreator', authorsMayNotApprove(written, user, `what request "${name}" would run`));
}

function isReviewer({ spec: { reviewer }, user, groups }: DecisionFacts): boolean {
  const [users = [], allowedGroups = []] = [reviewer?.users, reviewer?.groups];
  if (users.length === 0 && allowedGroups.length === 0) return true;
  return users.includes(user) || allowedGroups.some((group) => groups.includes(group));
}

function refuse(reason: string, message: string): Deny {
  return deny(403, 'Forbidden', message, [{ reason, field, message }]);
}
