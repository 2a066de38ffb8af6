import type { Guard } from './guard.ts';

const gate = 'src/policy/approval/gate-execution.ts';
const pass = 'webhook/executions/pass-gate.ts';
const live = 'webhook/cluster/live-workflows.ts';
const workflowState = 'src/policy/workflow-state.ts';

/** What an execution must pass before it exists. */
export const guardsOfExecutions = {
  'nothing-before-approval': {
    rule: 'A workflow of more steps than the threshold gets no execution before it is approved.',
    says: /ApprovalRequired/,
    without: {
      edits: [
        {
          file: gate,
          find: "return forbid('ApprovalRequired', message);",
          replace: 'return { step: undefined };',
        },
      ],
    },
  },
  'nothing-after-rejection': {
    rule: 'A rejected workflow gets no execution, whatever its steps and the threshold.',
    says: /was rejected/,
    without: {
      edits: [
        {
          file: gate,
          find: "return forbid('WorkflowIsOver',",
          replace: "return { step: undefined }; forbid('WorkflowIsOver',",
        },
      ],
    },
  },
  'approved-is-what-runs': {
    rule: 'An execution does what the approved step says: action, parameters, cluster, account.',
    says: /NotTheApprovedStep/,
    without: { edits: [{ file: gate, find: 'if (asStep === undefined) return', replace: 'return' }] },
  },
  'a-step-of-the-workflow': {
    rule: 'An execution has the number of a step that the approved spec has.',
    says: /NotTheApprovedStep.*has no step/s,
    without: {
      edits: [
        {
          file: gate,
          find: 'if (step === undefined) {',
          replace:
            'if (step === undefined) return { step: String(stepNumber) };\n  if (step === undefined) {',
        },
      ],
    },
  },
  'a-step-once': {
    rule: 'No approved step has two active executions: a list shows those that exist, the journal those to come.',
    says: /is being done by execution/,
    without: {
      edits: [
        { file: pass, find: 'if (holder !== undefined) return', replace: 'if (false) return' },
        {
          file: 'webhook/journal/step-obstacle.ts',
          find: 'const isKnown =',
          replace: 'return undefined;\n  const isKnown =',
        },
      ],
    },
  },
  'quorum-read': {
    rule: 'What is approved is read with a quorum for each execution, never from a cache.',
    says: /ApprovalRequired|was rejected|WorkflowMissing/,
    without: {
      edits: [
        {
          file: live,
          find: 'async read(namespace, name) {',
          replace: `async read(namespace, name) {
            const key = namespace + '/' + name;
            this.kept ??= new Map();
            if (!this.kept.has(key)) this.kept.set(key, await this.readNow(namespace, name));
            return this.kept.get(key);
          },
          async readNow(namespace, name) {`,
        },
      ],
    },
  },
  'counted-by-the-gate': {
    rule: 'A workflow that nobody has counted is counted by the gate.',
    says: /ApprovalRequired/,
    without: {
      edits: [
        {
          file: 'src/policy/approval/is-gated.ts',
          find: "if (decision === 'false' ||",
          replace: "if (stepCount === undefined) return false;\n  if (decision === 'false' ||",
        },
      ],
    },
  },
  'unreadable-runs-nothing': {
    rule: 'A workflow whose spec cannot be read exactly gets no execution.',
    says: /cannot be read exactly/,
    without: {
      edits: [
        {
          file: pass,
          find: "if (gated === 'unreadable' || content === undefined)",
          replace:
            "if (gated === 'unreadable') return { kind: 'passed', step: undefined, seenAt: undefined };\n  if (content === undefined)",
        },
      ],
    },
  },
  'no-execution-without-workflow': {
    rule: 'An execution needs a workflow that exists.',
    says: /WorkflowMissing/,
    without: {
      edits: [
        { file: workflowState, find: "case 'missing': {", replace: "case 'missing': { return undefined;" },
      ],
    },
  },
  'nothing-after-the-end': {
    rule: 'A workflow that has settled or is being deleted gets no execution: its approval has ended.',
    says: /WorkflowIsOver/,
    without: {
      edits: [
        { file: workflowState, find: "case 'deleting': {", replace: "case 'deleting': { return undefined;" },
      ],
    },
  },
  'account-right': {
    rule: 'Who names an account, or changes what runs as one, needs the right to use it.',
    says: /ServiceAccountNotAllowed/,
    without: {
      edits: [
        {
          file: 'webhook/rights/refused-account.ts',
          find: 'if (allowed) return undefined;',
          replace: 'return undefined;',
        },
      ],
    },
  },
  'one-workflow-each': {
    rule: 'Owner reference, reference, label and annotation of an execution name one workflow.',
    says: /WorkflowsDisagree/,
    without: {
      edits: [
        {
          file: 'src/policy/workflow-identity.ts',
          find: 'if (first === undefined || causes.length > 0) {',
          replace: 'if (first === undefined) {',
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;
