import type { ControlPlane } from '../cluster/control-plane.ts';
import type { KubectlResult } from '../cluster/kubectl.ts';
import { chartFolder, objectsIn, type RenderedObject, runHelm, type Values, valueFlags } from './helm.ts';

/** A release of the chart in a control plane. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** `helm install`, the namespace too. Rejects with helm's words where it is refused. */
  install(values?: Values): Promise<string>;
  upgrade(values?: Values, ...flags: readonly string[]): Promise<string>;
  uninstall(): Promise<string>;
  /** As `install`, whatever comes of it. */
  tryInstall(values?: Values): Promise<KubectlResult>;
  /** The objects that were installed, and those of its tests. */
  objects(): Promise<RenderedObject[]>;
}

/** What is special about a cluster. */
export interface ReleaseOptions {
  /** False where no pods run, and so no hooks: their jobs are run as processes. Default true. */
  readonly hooks?: boolean;
}

/** Who talks to helm here has all rights, as whoever installs such a thing. */
export function releaseOf(
  controlPlane: Pick<ControlPlane, 'kubeconfig'>,
  name: string,
  namespace: string,
  { hooks = true }: ReleaseOptions = {},
): Release {
  const withHooks = hooks ? [] : ['--no-hooks'];
  const helm = (...args: readonly string[]): Promise<KubectlResult> =>
    runHelm([...args, `--namespace=${namespace}`], { KUBECONFIG: controlPlane.kubeconfig() });
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await helm(...args);
    if (exitCode !== 0) throw new Error(`helm ${args[0]}: ${stderr}`);
    return stdout;
  };
  const installing = (values?: Values) => [
    'install',
    name,
    chartFolder,
    '--create-namespace',
    ...withHooks,
    ...valueFlags(values),
  ];
  return {
    name,
    namespace,
    install: (values) => succeed(...installing(values)),
    tryInstall: (values) => helm(...installing(values)),
    upgrade: (values, ...flags) =>
      succeed('upgrade', name, chartFolder, ...withHooks, ...valueFlags(values), ...flags),
    uninstall: () => succeed('uninstall', name),
    async objects() {
      const texts = [await succeed('get', 'manifest', name), await succeed('get', 'hooks', name)];
      return texts.flatMap(objectsIn);
    },
  };
}
