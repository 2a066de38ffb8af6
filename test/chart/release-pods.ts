import type { ControlPlane } from '../cluster/control-plane.ts';
import { objectOf, type RenderedObject } from './helm.ts';
import type { Release } from './installed-release.ts';
import { type PodPlace, type PodSpec, type RenderedPod, startRenderedPod } from './rendered-pod.ts';

/** The pods of a release, as processes of this machine. */
export interface ReleasePods {
  /** Starts a pod of a Deployment; `replica` tells it from the others. */
  start(deployment: string, replica: string, folders?: PodPlace['folders']): Promise<RenderedPod>;
  /** Runs the pod of `helm test`, once what it needs is there; answers what it said, and whether it ended well. */
  test(): Promise<{ readonly said: string; readonly passed: boolean }>;
  /** The spec of a Deployment's pods, or of a Pod. */
  specOf(kind: 'Deployment' | 'Pod', name: string): Promise<PodSpec>;
  /** Ends them all. */
  kill(): Promise<void>;
}

/** Nobody runs yet. */
export function podsOf(controlPlane: ControlPlane, release: Release): ReleasePods {
  const { namespace } = release;
  const running: RenderedPod[] = [];

  async function specOf(kind: 'Deployment' | 'Pod', name: string): Promise<PodSpec> {
    const { spec } = objectOf(await release.objects(), kind, name) as unknown as {
      readonly spec: PodSpec & { readonly template?: { readonly spec: PodSpec } };
    };
    return spec.template?.spec ?? spec;
  }

  async function start(spec: PodSpec, place: PodPlace): Promise<RenderedPod> {
    const pod = await startRenderedPod(controlPlane, spec, place);
    running.push(pod);
    return pod;
  }

  return {
    specOf,
    async start(deployment, replica, folders = {}) {
      const place = { name: `${deployment}-${replica}`, namespace, folders };
      return start(await specOf('Deployment', deployment), place);
    },
    async test() {
      const hooks = testHooksIn(await release.objects());
      const [pod, ...none] = hooks.filter(({ kind }) => kind === 'Pod');
      if (pod === undefined || none.length > 0) throw new Error('there is no test, or more than one');
      const input = JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: hooks.filter((hook) => hook !== pod),
      });
      const applied = await controlPlane.kubectl(['apply', '-f', '-'], { input });
      if (applied.exitCode !== 0) throw new Error(applied.stderr);
      const { name } = pod.metadata;
      const { child } = await start(await specOf('Pod', name), { name, namespace });
      await child.exited;
      const said = child.lastLogLines(50);
      return { said, passed: said.endsWith('The limit holds.') };
    },
    async kill() {
      await Promise.all(running.map(({ child }) => child.kill()));
    },
  };
}

/** What `helm test` makes. */
export function testHooksIn(objects: readonly RenderedObject[]): RenderedObject[] {
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
}
