/** Why a control plane could not be had. `code` tells the two apart. */
export class NoControlPlaneError extends Error {
  readonly code = 'NoControlPlane';

  /** `reasons`: what was tried and why it failed, one sentence each. */
  constructor(version: string, reasons: readonly string[]) {
    super(
      [
        `No Kubernetes ${version} control plane was found, and none could be built:`,
        ...reasons.map((reason) => `  - ${reason}`),
        'Any one of these three is enough:',
        '  1. KUBEBUILDER_ASSETS=<folder with etcd, kube-apiserver and kubectl> (setup-envtest installs one)',
        '  2. a running Docker engine that may run privileged containers (Linux)',
        '  3. Go on the PATH (https://go.dev/dl): the control plane is then built once, in about ten minutes',
      ].join('\n'),
    );
    this.name = 'NoControlPlaneError';
  }
}

/** cert-manager's controllers are not cached and could not be built. */
export class NoCertManagerError extends Error {
  readonly code = 'NoCertManager';

  constructor(version: string, reason: string) {
    super(
      `The controllers of cert-manager ${version} could not be built: ${reason}\n` +
        'They need Go on the PATH (https://go.dev/dl), and are then built once, in about four minutes.',
    );
    this.name = 'NoCertManagerError';
  }
}

/** helm is not cached and could not be built. */
export class NoHelmError extends Error {
  readonly code = 'NoHelm';

  constructor(reason: string) {
    super(
      `There is no helm: ${reason}\n` +
        'It is built once, in about three minutes, where Go is on the PATH (https://go.dev/dl); or HELM may name a helm 4.',
    );
    this.name = 'NoHelmError';
  }
}

/** A program of the control plane did not start; the message ends with the last lines of its log. */
export class ControlPlaneStartError extends Error {
  readonly code = 'ControlPlaneStart';

  constructor(program: string, problem: string, lastLogLines: string) {
    super(`${program} ${problem}. The last lines of its log:\n${lastLogLines || '(the log is empty)'}`);
    this.name = 'ControlPlaneStartError';
  }
}
