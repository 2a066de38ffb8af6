/** AdmissionReviews as the API server posts them. */

type Json = Record<string, unknown>;

/** A review of the CREATE of an execution; `request` replaces fields of its request, `undefined` leaves one out. */
export function makeAdmissionReview(request: Json = {}): { apiVersion: string; kind: string; request: Json } {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '0df28fbd-5f5f-11e8-bc74-36e6bb280816',
      kind: { group: 'kubernetesexecution.kubernaut.io', version: 'v1alpha1', kind: 'KubernetesExecution' },
      resource: {
        group: 'kubernetesexecution.kubernaut.io',
        version: 'v1alpha1',
        resource: 'kubernetesexecutions',
      },
      name: 'restart-step-1',
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: { username: 'jane', uid: '42', groups: ['developers'], extra: { scopes: ['all'] } },
      object: {
        apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1',
        kind: 'KubernetesExecution',
        metadata: {
          name: 'restart-step-1',
          namespace: 'shop',
          uid: 'b7d3c6a0-0000-4000-8000-000000000001',
          labels: { workflow: 'restart' },
        },
        spec: { stepNumber: 1, action: 'scale_deployment' },
      },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
      ...request,
    },
  };
}

/** The same as bytes. */
export function makeAdmissionReviewBytes(request: Json = {}): Buffer {
  return Buffer.from(JSON.stringify(makeAdmissionReview(request)));
}
