import type { ControlPlane } from '../cluster/control-plane.ts';
import { type MountedSecret, mountSecret, type SecretTexts } from '../cluster/mounted-secret.ts';
import { objectOf, type RenderedObject } from './helm.ts';
import type { Release } from './installed-release.ts';
import { type PodPlace, type PodSpec, type RenderedPod, startRenderedPod } from './rendered-pod.ts';

/** The pods of a release, as processes of this machine. */
export interface ReleasePods {
  /** Starts a pod of a Deployment; `replica` tells it from the others. */
  start(deployment: string, replica: string, folders?: PodPlace['folders']): Promise<RenderedPod>;
  /** Runs the pod of `helm test`, once what it needs is there; answers what it said, and whether it ended well. */
  test(): Promise<{ readonly said: string; readonly passed: boolean }>;
  /**
   * Runs a job of the installer as helm does around an install or an upgrade: with an account and rights that are made for it
   * and removed again. Rejects with what it said where it fails.
   */
  runHook(task: 'prepare' | 'publish'): Promise<void>;
  /** Runs a job of the CronJob that rotates; flags are for tests that cannot wait. */
  rotate(...flags: readonly string[]): Promise<void>;
  /** Puts what Secrets hold now into the folders that pods have them in, as kubelet does after a while. */
  mountSecrets(): Promise<void>;
  /** The spec of a Deployment's pods, of a Job's, or of a Pod. */
  specOf(kind: 'Deployment' | 'Job' | 'Pod', name: string): Promise<PodSpec>;
  /** Ends them all. */
  kill(): Promise<void>;
}

/** Nobody runs yet. */
export function podsOf(controlPlane: ControlPlane, release: Release): ReleasePods {
  const { namespace } = release;
  const running: RenderedPod[] = [];
  const mounts: { readonly secretName: string; readonly mounted: MountedSecret; shown: string }[] = [];

  async function specOf(kind: 'Deployment' | 'Job' | 'Pod', name: string): Promise<PodSpec> {
    const { spec } = objectOf(await release.objects(), kind, name) as unknown as {
      readonly spec: PodSpec & { readonly template?: { readonly spec: PodSpec } };
    };
    return spec.template?.spec ?? spec;
  }

  async function secretTexts(name: string): Promise<SecretTexts> {
    const args = ['get', 'secret', name, `--namespace=${namespace}`, '-o', 'json'];
    const { exitCode, stdout, stderr } = await controlPlane.kubectl(args);
    if (exitCode !== 0) throw new Error(stderr);
    const { data = {} } = JSON.parse(stdout) as { readonly data?: SecretTexts };
    const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8');
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)]));
  }

  /** Volumes that are Secrets, but for those that have a folder already. */
  async function mountVolumes(
    spec: PodSpec,
    folders: PodPlace['folders'] = {},
  ): Promise<PodPlace['folders']> {
    const wanted = (spec.volumes ?? []).filter(({ name }) => folders[name] === undefined);
    const made = wanted.map(async ({ name, secret: { secretName } }) => {
      const texts = await secretTexts(secretName);
      const mounted = mountSecret(controlPlane.folder, texts);
      mounts.push({ secretName, mounted, shown: JSON.stringify(texts) });
      return [name, mounted.path] as const;
    });
    return { ...folders, ...Object.fromEntries(await Promise.all(made)) };
  }

  async function apply(items: readonly RenderedObject[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const { exitCode, stderr } = await controlPlane.kubectl(['apply', '-f', '-'], { input });
    if (exitCode !== 0) throw new Error(stderr);
  }

  /** Runs a pod to its end. */
  async function run(spec: PodSpec, name: string): Promise<void> {
    const { child } = await start(spec, { name, namespace });
    await child.exited;
    if (child.exitCode !== 0) throw new Error(`${name} has failed:\n${child.lastLogLines(20)}`);
  }

  async function start(spec: PodSpec, place: PodPlace): Promise<RenderedPod> {
    const folders = await mountVolumes(spec, place.folders);
    const pod = await startRenderedPod(controlPlane, spec, { ...place, ...(folders && { folders }) });
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
      await apply(hooks.filter((hook) => hook !== pod));
      const { name } = pod.metadata;
      const { child } = await start(await specOf('Pod', name), { name, namespace });
      await child.exited;
      const said = child.lastLogLines(50);
      return { said, passed: said.endsWith('The limit holds.') };
    },
    async runHook(task) {
      const hooks = hooksIn(await release.objects(), task === 'prepare' ? 'pre-upgrade' : 'post-upgrade');
      const [job, ...none] = hooks.filter(({ kind }) => kind === 'Job');
      if (job === undefined || none.length > 0)
        throw new Error(`there is no job for ${task}, or more than one`);
      const others = hooks.filter((hook) => hook !== job);
      await apply(others);
      try {
        await run(templateOf(job['spec']), job.metadata.name);
      } finally {
        const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: others });
        await controlPlane.kubectl(['delete', '-f', '-'], { input });
      }
    },
    async rotate(...flags) {
      const name = (await release.objects()).find(({ kind }) => kind === 'CronJob')?.metadata.name ?? '';
      const { jobTemplate } = objectOf(await release.objects(), 'CronJob', name)['spec'] as {
        readonly jobTemplate: { readonly spec: unknown };
      };
      const spec = templateOf(jobTemplate.spec);
      const [container] = spec.containers;
      await run({ ...spec, containers: [{ ...container, args: [...container.args, ...flags] }] }, name);
    },
    async mountSecrets() {
      for (const mount of mounts) {
        const texts = await secretTexts(mount.secretName);
        if (JSON.stringify(texts) === mount.shown) continue;
        mount.shown = JSON.stringify(texts);
        mount.mounted.replace(texts);
      }
    },
    async kill() {
      await Promise.all(running.map(({ child }) => child.kill()));
    },
  };
}

/** What `helm test` makes. */
export function testHooksIn(objects: readonly RenderedObject[]): RenderedObject[] {
  return hooksIn(objects, 'test');
}

function hooksIn(objects: readonly RenderedObject[], event: string): RenderedObject[] {
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']?.split(',').includes(event));
}

function templateOf(jobSpec: unknown): PodSpec {
  return (jobSpec as { readonly template: { readonly spec: PodSpec } }).template.spec;
}
