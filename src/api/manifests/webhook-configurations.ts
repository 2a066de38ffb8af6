import type { ResourceKind } from '../names.ts';
import { approvalAnnotations } from '../approval-annotations.ts';
import {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  workflowExecutionKind,
} from '../names.ts';
import { annotationExpression, labelExpression } from './identity-expressions.ts';
import { manifestLabels } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';

/** Name of both webhook configurations. */
export const webhookConfigurationName = 'stepgate';

/** Paths of the admission server. The API server forbids queries in them. */
export const validateExecutionsPath = `/validate/${kubernetesExecutionKind.plural}`;
export const validateWorkflowsPath = `/validate/${workflowExecutionKind.plural}`;
export const mutateWorkflowsPath = `/mutate/${workflowExecutionKind.plural}`;
export const mutateExecutionsPath = `/mutate/${kubernetesExecutionKind.plural}`;
export const validateAnalysesPath = `/validate/${aiAnalysisKind.plural}`;
export const mutateAnalysesPath = `/mutate/${aiAnalysisKind.plural}`;
export const validateApprovalRequestsPath = `/validate/${aiApprovalRequestKind.plural}`;
export const mutateApprovalRequestsPath = `/mutate/${aiApprovalRequestKind.plural}`;

/** Where the API server finds the webhook: a base URL (https, no trailing slash), or a Service. */
export type WebhookLocation =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: number } };

/** What differs between installations. */
export interface WebhookConfigurationOptions {
  readonly clientConfig: WebhookLocation;
  /** PEM of the authority behind the webhook's certificate, base64. Absent: filled in later, by the installer or cert-manager. */
  readonly caBundle?: string;
  /** The segment before every path, by which the webhook knows the API server. Absent: there is none. */
  readonly admissionPath?: string;
  /** How long the API server waits for an answer, 1 to 30. Default 10. */
  readonly timeoutSeconds?: number;
}

interface Webhook {
  /** Fully qualified; clients see it in every denial. */
  readonly name: string;
  readonly path: string;
  readonly kind: ResourceKind;
  /** Default: the kind's plural. */
  readonly resources?: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

/**
 * Finalizers and garbage collection change neither, so they never depend on us. An empty annotation differs from
 * none: nothing of ours gets onto a workflow without our having seen it.
 */
const whatApprovalRestsOn = {
  name: 'changes-what-approval-rests-on',
  expression:
    "request.operation == 'CREATE' || object.?spec != oldObject.?spec || " +
    `[${Object.values(approvalAnnotations)
      .map((name) => `'${name}'`)
      .join(', ')}].exists(name, ` +
    'object.metadata.?annotations[?name] != oldObject.metadata.?annotations[?name])',
};

/** Optional fields of a status of which one at least differs. */
function statusChanges(fields: readonly string[]): string {
  return fields.map((field) => `object.?status.?${field} != oldObject.?status.?${field}`).join(' || ');
}

/**
 * What a decision consists of. Through the main resource it is written by nobody: the API server drops it there, but the
 * person who tried is told so. What has no oldObject is a create.
 */
const decisions: Pick<Webhook, 'kind' | 'resources' | 'operations' | 'matchConditions'> = {
  kind: aiApprovalRequestKind,
  resources: [aiApprovalRequestKind.plural, `${aiApprovalRequestKind.plural}/status`],
  operations: ['CREATE', 'UPDATE'],
  matchConditions: [
    {
      name: 'changes-the-decision',
      expression: `request.operation == 'CREATE' ? has(object.status) : (${statusChanges(['decision', 'decidedBy', 'decidedAt', 'decidedUnder', 'message'])})`,
    },
  ],
};

/** As the webhook sees it: stepgate's controller takes over. */
function analysisIsDone(object: 'object' | 'oldObject'): string {
  return `${object}.?status.?phase.orValue('') == 'analyzing' && ${object}.?status.?recommendations.hasValue()`;
}

const analysisStatus = `${aiAnalysisKind.plural}/status`;

/**
 * Who writes recommendations says what is to run, who says how sure they are, whether a person is asked, and who says that
 * the analyser is done, when. Everything else in the status of an analysis is not sent to us, nor are updates of the
 * object itself.
 */
const recommendationsChange = {
  name: 'changes-what-is-recommended',
  expression:
    `request.operation == 'CREATE' || (has(request.subResource) && request.subResource == 'status' && (` +
    `${statusChanges(['recommendations', 'approvalContext', 'recommendedBy', 'authors'])} || ` +
    `(${analysisIsDone('object')} && !(${analysisIsDone('oldObject')}))))`,
};

const validatingWebhooks: readonly Webhook[] = [
  {
    name: `${kubernetesExecutionKind.plural}.validate.stepgate.kubernaut.io`,
    path: validateExecutionsPath,
    kind: kubernetesExecutionKind,
    operations: ['CREATE'],
  },
  {
    name: `${workflowExecutionKind.plural}.validate.stepgate.kubernaut.io`,
    path: validateWorkflowsPath,
    kind: workflowExecutionKind,
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [whatApprovalRestsOn],
  },
  {
    name: `${aiApprovalRequestKind.plural}.validate.stepgate.kubernaut.io`,
    path: validateApprovalRequestsPath,
    ...decisions,
  },
  {
    name: `${aiAnalysisKind.plural}.validate.stepgate.kubernaut.io`,
    path: validateAnalysesPath,
    kind: aiAnalysisKind,
    resources: [aiAnalysisKind.plural, analysisStatus],
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [recommendationsChange],
  },
];

const mutatingWebhooks: readonly Webhook[] = [
  {
    name: `${kubernetesExecutionKind.plural}.mutate.stepgate.kubernaut.io`,
    path: mutateExecutionsPath,
    kind: kubernetesExecutionKind,
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [
      // The usual create carries its label and costs one round trip, the validating one.
      {
        name: 'creates-without-label',
        expression: `request.operation != 'CREATE' || ${labelExpression('object')} == ''`,
      },
      // Finalizers and garbage collection drop nothing, so they never depend on us.
      {
        name: 'updates-that-drop-the-workflow',
        expression:
          `request.operation != 'UPDATE' || (${labelExpression('oldObject')} != '' && ${labelExpression('object')} == '')` +
          ` || (${annotationExpression('oldObject')} != '' && ${annotationExpression('object')} == '')`,
      },
    ],
  },
  {
    name: `${workflowExecutionKind.plural}.mutate.stepgate.kubernaut.io`,
    path: mutateWorkflowsPath,
    kind: workflowExecutionKind,
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [whatApprovalRestsOn],
  },
  {
    name: `${aiApprovalRequestKind.plural}.mutate.stepgate.kubernaut.io`,
    path: mutateApprovalRequestsPath,
    ...decisions,
  },
  {
    name: `${aiAnalysisKind.plural}.mutate.stepgate.kubernaut.io`,
    path: mutateAnalysesPath,
    kind: aiAnalysisKind,
    resources: [aiAnalysisKind.plural, analysisStatus],
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [recommendationsChange],
  },
];

/** The ValidatingWebhookConfiguration `stepgate` (admissionregistration.k8s.io/v1). */
export function validatingWebhookConfiguration(options: WebhookConfigurationOptions): SchemaObject {
  return configuration('ValidatingWebhookConfiguration', validatingWebhooks, options, {});
}

/**
 * The MutatingWebhookConfiguration `stepgate`. It is asked again (`IfNeeded`) where a later webhook changed the
 * object, for that one may have dropped the label.
 */
export function mutatingWebhookConfiguration(options: WebhookConfigurationOptions): SchemaObject {
  return configuration('MutatingWebhookConfiguration', mutatingWebhooks, options, {
    reinvocationPolicy: 'IfNeeded',
  });
}

function configuration(
  kind: string,
  webhooks: readonly Webhook[],
  options: WebhookConfigurationOptions,
  more: SchemaObject,
): SchemaObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: webhookConfigurationName, labels: manifestLabels },
    webhooks: webhooks.map((webhook) => ({
      name: webhook.name,
      clientConfig: clientConfig(webhook.path, options),
      rules: [
        {
          apiGroups: [webhook.kind.group],
          apiVersions: [webhook.kind.version],
          operations: webhook.operations,
          resources: webhook.resources ?? [webhook.kind.plural],
          scope: 'Namespaced',
        },
      ],
      ...(webhook.matchConditions && { matchConditions: webhook.matchConditions }),
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      // The journal is written beside the object; a dry run writes nothing.
      sideEffects: 'NoneOnDryRun',
      timeoutSeconds: options.timeoutSeconds ?? 10,
      admissionReviewVersions: ['v1'],
      ...more,
    })),
  };
}

function clientConfig(
  routePath: string,
  { clientConfig, caBundle, admissionPath }: WebhookConfigurationOptions,
): SchemaObject {
  const path = admissionPath === undefined ? routePath : `/${admissionPath}${routePath}`;
  const authority = caBundle === undefined ? {} : { caBundle };
  if ('url' in clientConfig) return { url: `${clientConfig.url}${path}`, ...authority };
  const { namespace, name, port } = clientConfig.service;
  return { service: { namespace, name, path, port: port ?? 443 }, ...authority };
}
