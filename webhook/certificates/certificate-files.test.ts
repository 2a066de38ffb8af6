import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kube/clock.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import type { TestCertificates } from '../../test/builders/webhook-under-test.ts';
import { issueTestCertificates } from '../../test/builders/webhook-under-test.ts';
import { CertificateError, validityOf } from './certificate-facts.ts';
import { startCertificateFiles } from './certificate-files.ts';
import type { CertificateSource, ServingCertificate } from './serving-certificate.ts';

let first: TestCertificates;
let second: TestCertificates;
let folder: string;
let source: CertificateSource | undefined;

beforeAll(async () => {
  [first, second] = await Promise.all([issueTestCertificates(), issueTestCertificates()]);
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificates-'));
});

afterEach(async () => {
  await source?.stop();
  source = undefined;
  await rm(folder, { recursive: true });
});

describe('startCertificateFiles', () => {
  it('reads the three files of a Secret, and tells when they end', async () => {
    await swapIn(first, '1');
    const ends: string[] = [];
    const { current } = await start({
      metrics: { expiresAt: (name, at) => ends.push(`${name} ${at.toISOString()}`) },
    });
    expect(current()).toEqual({ ...first.serving, ca: first.authority.cert });
    const { notAfter } = validityOf(first.serving.cert);
    expect(ends).toEqual([`serving ${notAfter.toISOString()}`, `ca ${notAfter.toISOString()}`]);
  });

  it('does without ca.crt', async () => {
    await write(first.serving.cert, first.serving.key);
    const { current } = await start();
    expect(current()).toEqual(first.serving);
  });

  it('sees a Secret swapped as kubelet does it', async () => {
    await swapIn(first, '1');
    const started = await start();
    const changed = nextChange(started);
    await swapIn(second, '2');
    expect(await changed).toEqual({ ...second.serving, ca: second.authority.cert });
    expect(started.current()).toEqual({ ...second.serving, ca: second.authority.cert });
  });

  it('sees a change that no event has told', async () => {
    await swapIn(first, '1');
    const polls: (() => void)[] = [];
    const started = await start({
      clock: { setTimer: (milliseconds, poll) => (milliseconds === 77 && polls.push(poll), () => {}) },
      pollMilliseconds: 77,
    });
    const changed = nextChange(started);
    await swapIn(second, '2');
    polls[0]?.();
    expect((await changed).cert).toBe(second.serving.cert);
    expect(polls).toHaveLength(2);
  });

  it('keeps the old pair while the new one is half-written, and says so', async () => {
    await write(first.serving.cert, first.serving.key);
    const logs = keepLogs();
    const warned = Promise.withResolvers<void>();
    const logger = { ...logs.logger, warn: () => warned.resolve() };
    const started = await start({ logger });
    const changed = nextChange(started);
    await write(second.serving.cert, first.serving.key);
    await warned.promise;
    expect(started.current()).toEqual(first.serving);
    await write(second.serving.cert, second.serving.key);
    expect(await changed).toEqual(second.serving);
  });

  it('tells every listener, whatever the others do', async () => {
    await swapIn(first, '1');
    const started = await start();
    started.onChange(() => {
      throw new Error('cannot use it');
    });
    const unwanted: ServingCertificate[] = [];
    started.onChange((certificate) => unwanted.push(certificate))();
    const changed = nextChange(started);
    await swapIn(second, '2');
    await changed;
    expect(unwanted).toEqual([]);
  });

  it('cannot begin without a usable pair', async () => {
    await expect(start()).rejects.toThrow(/ENOENT/);
    await write(first.serving.cert, second.serving.key);
    await expect(start()).rejects.toThrow(CertificateError);
    await write('half', first.serving.key);
    await expect(start()).rejects.toThrow('the certificate cannot be read');
    await write(first.serving.cert, 'half');
    await expect(start()).rejects.toThrow('the private key or the chain cannot be read');
  });
});

async function start(
  options: Partial<Parameters<typeof startCertificateFiles>[0]> = {},
): Promise<CertificateSource> {
  source = await startCertificateFiles({
    folder,
    clock: systemClock,
    logger: keepLogs().logger,
    settleMilliseconds: 10,
    ...options,
  });
  return source;
}

async function nextChange({ onChange }: CertificateSource): Promise<ServingCertificate> {
  return new Promise((resolve) => {
    onChange(resolve);
  });
}

async function write(cert: string, key: string): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), cert);
  await writeFile(join(folder, 'tls.key'), key);
}

/** Kubelet's AtomicWriter: files are links through `..data`, which is renamed onto from one version to the next. */
async function swapIn({ authority, serving }: TestCertificates, version: string): Promise<void> {
  const data = join(folder, `..version_${version}`);
  await mkdir(data);
  const files = { 'tls.crt': serving.cert, 'tls.key': serving.key, 'ca.crt': authority.cert };
  for (const [name, text] of Object.entries(files)) await writeFile(join(data, name), text);
  await symlink(`..version_${version}`, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of Object.keys(files)) {
    await symlink(join('..data', name), join(folder, name)).catch(() => {});
  }
}
