import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionPathOf } from '../test/cluster/admission-path.ts';
import { servingCertificateOf } from '../test/cluster/serving-certificate.ts';
import { compileCache } from '../test/cluster/compile-cache.ts';
import { type ControlPlane, startControlPlane } from '../test/cluster/control-plane.ts';
import { startFaultyProxy } from '../test/cluster/faulty-proxy.ts';
import { installManifests } from '../test/cluster/install-manifests.ts';
import { eventually } from '../test/cluster/eventually.ts';
import { startWebhookReplica } from '../test/cluster/webhook-replica.ts';
import { configMapName } from './config/config-watch.ts';

/** The command as a process: flags in, exit codes and words out. */
let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
});

afterAll(async () => {
  await controlPlane?.stop();
});

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { HOME: controlPlane.folder, ...compileCache(), ...environment },
  });
}

/** Runs it to its end. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = start(args, environment);
  if (child.stdout === null || child.stderr === null) throw new Error('there are no pipes');
  const [[exitCode], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode: exitCode as number | null, stdout, stderr };
}

const webhook = (...flags: readonly string[]): string[] => [
  'webhook',
  `--kubeconfig=${controlPlane.kubeconfig('webhook')}`,
  '--host=127.0.0.1',
  '--port=0',
  '--metrics-port=0',
  `--certificate-folder=${servingCertificateOf(controlPlane).folder}`,
  `--admission-path-folder=${admissionPathOf(controlPlane).folder}`,
  ...flags,
];

async function configure(data: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { name: configMapName, namespace: 'kubernaut-system' };
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  await controlPlane.kubectl(['apply', '-f', '-'], { input });
}

describe.concurrent('the command', () => {
  it('says what it can do', async () => {
    const { exitCode, stdout, stderr } = await run(['--help']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^stepgate webhook \[flags\]/);
    expect(stdout).toMatch(/^stepgate controller \[flags\]/m);
    expect(stdout).toMatch(/^stepgate install --task TASK \[flags\]/m);
    expect(stdout).toMatch(/^stepgate check-limit \[flags\]/m);
    for (const flag of [
      'kubeconfig',
      'installation',
      'port',
      'metrics-port',
      'certificate-folder',
      'client-ca',
      'believe-anyone',
      'log-level',
      'plugin',
      'builtin-actions',
    ]) {
      expect(stdout).toContain(`--${flag} `);
    }
  });

  it('refuses a plugin that is none in one line that names it, and exits with 1', async () => {
    const plugin = join(controlPlane.folder, 'no-plugin.mjs');
    writeFileSync(plugin, 'export default { name: 7 };');
    const { exitCode, stderr } = await run(webhook(`--plugin=${plugin}`));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^stepgate: plugin \S+no-plugin.mjs: name: .+\n$/);
  });

  it.each([
    ['no command', [], 'expected the command webhook, controller, install, or check-limit, got ""'],
    [
      'an unknown command',
      ['serve'],
      'expected the command webhook, controller, install, or check-limit, got "serve"',
    ],
    ['two commands', ['webhook', 'controller'], "Unexpected argument 'controller'"],
    ['a flag of the other command', ['controller', '--client-ca=x'], "Unknown option '--client-ca'"],
    [
      'a policy that is none',
      ['controller', '--unknown-actions=run'],
      '--unknown-actions: expected fail or ignore',
    ],
    ['an unknown flag', ['webhook', '--prot=1'], "Unknown option '--prot'"],
    ['a port that is none', ['webhook', '--port=http'], '--port: http is no port'],
    ['a port that is too large', ['webhook', '--metrics-port=65536'], '--metrics-port: 65536 is no port'],
    ['a webhook that believes nobody', ['webhook', '--port=0'], 'who is believed to be the API server?'],
    [
      'a webhook that believes somebody and everybody',
      ['webhook', '--believe-anyone', '--client-ca=x'],
      '--believe-anyone: not together with',
    ],
    [
      'a name without a CA',
      ['webhook', '--admission-path-folder=x', '--client-name=y'],
      '--client-name: needs --client-ca',
    ],
    ['a level that is none', ['webhook', '--log-level=loud'], '--log-level: expected one of'],
  ])('refuses %s, says why and what it can do, and exits with 2', async (_, args, why) => {
    const flags = args.length > 1 ? [`--kubeconfig=${controlPlane.kubeconfig('webhook')}`] : [];
    const { exitCode, stdout, stderr } = await run([...args, ...flags]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`stepgate: ${why}`);
    expect(stderr).toContain(`stepgate ${args[0] === 'controller' ? 'controller' : 'webhook'} [flags]`);
  });
});

describe('the webhook', () => {
  it('does not start with a value of the ConfigMap that cannot be used, and names its key', async () => {
    await configure({ 'max-parallel-steps': 'five', 'reservation-lifetime': '1s' });
    const { exitCode, stderr } = await run(webhook());
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The value "five" of the key max-parallel-steps cannot be used.');
    expect(stderr).toContain('The value "1s" of the key reservation-lifetime cannot be used.');
    await configure({});
  });

  it('does not start with such a value of the environment, and names the variable', async () => {
    const { exitCode, stderr } = await run(webhook(), { MAX_PARALLEL_STEPS: '0' });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The value "0" of the environment variable MAX_PARALLEL_STEPS cannot be used.');
  });

  it.concurrent(
    'does not start with a kubeconfig, a certificate folder or a CA that is not there',
    async () => {
      const flags = ['kubeconfig', 'certificate-folder', 'client-ca', 'admission-path-folder'].map(
        (flag) => `--${flag}=/nowhere`,
      );
      for (const { exitCode, stderr } of await Promise.all(flags.map((flag) => run(webhook(flag))))) {
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/ENOENT.*\/nowhere/);
      }
    },
  );

  it.concurrent(
    'drains on SIGTERM: it is not ready any more and still answers, and then it is gone',
    async () => {
      const replica = await startWebhookReplica(controlPlane, { name: 'drained' });
      await replica.ready();
      replica.child.signal('SIGTERM');
      await eventually(
        'it is not ready any more',
        async () => !(await fetch(`${replica.metricsUrl}/readyz`)).ok,
      );
      expect(replica.child.hasExited).toBe(false);
      await replica.child.exited;
      expect(replica.child.lastLogLines()).toContain('"signal":"SIGTERM"');
    },
  );

  it.concurrent.each(['SIGTERM', 'SIGINT'] as const)('ends on %s with exit code 0', async (signal) => {
    const child = start(webhook('--log-level=info'));
    if (child.stdout === null) throw new Error('there is no pipe');
    const exited = once(child, 'exit');
    for await (const chunk of child.stdout) if (String(chunk).includes('listen')) break;
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
  });

  it.concurrent('can be ended before it has started, while the API server does not answer', async () => {
    const proxy = await startFaultyProxy({ target: controlPlane.url });
    proxy.freeze();
    const kubeconfig = join(controlPlane.folder, 'frozen.kubeconfig');
    writeFileSync(kubeconfig, controlPlane.kubeConfig('webhook', { url: proxy.url }).exportConfig());
    const child = start(webhook(`--kubeconfig=${kubeconfig}`));
    const exited = once(child, 'exit');
    await eventually('it waits for an answer', async () => proxy.connections > 0);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await proxy.close();
  });
});

describe('check-limit', () => {
  it('ends with 1 where nothing keeps a limit, says so, and leaves nothing behind', async () => {
    const kubeconfig = `--kubeconfig=${controlPlane.kubeconfig()}`;
    const { exitCode, stdout, stderr } = await run(['check-limit', kubeconfig, '--at-most=8']);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toBe('stepgate: 8 executions of one workflow were admitted and none refused\n');
    const left = await controlPlane.kubectl(['get', 'workflowexecutions,kubernetesexecutions', '-o', 'name']);
    expect(left.stdout).toBe('');
  });

  it('refuses a number that is none', async () => {
    const { exitCode, stderr } = await run(['check-limit', '--at-most=few']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('stepgate: --at-most: few is no whole number from 1');
  });
});
