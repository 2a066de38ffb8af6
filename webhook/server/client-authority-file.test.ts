import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { createAuthority } from '../certificates/certificate-authority.ts';
import { startClientAuthorityFile } from './client-authority-file.ts';
import type { ClientAuthority } from './client-identity.ts';

let folder: string;
let first: string;
let second: string;
const fileOf = (): string => join(folder, 'ca.crt');

beforeAll(async () => {
  const validity = { notBefore: new Date(0), notAfter: new Date(Date.now() + 3_600_000) };
  first = (await createAuthority('first', validity)).cert;
  second = (await createAuthority('second', validity)).cert;
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-client-ca-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function follow() {
  const clock = createManualClock();
  const { logger, messages } = keepLogs();
  const told: ClientAuthority[] = [];
  const source = await startClientAuthorityFile({ file: fileOf(), names: ['kube-apiserver'], clock, logger });
  source.onChange((authority) => void told.push(authority));
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
  return { source, clock, told, messages };
}

it('tells of another CA in the file within ten seconds, with the names that may call', async () => {
  writeFileSync(fileOf(), first);
  const { source, clock, told } = await follow();
  writeFileSync(fileOf(), second);
  clock.advance(10_000);
  await vi.waitFor(() => expect(told).toEqual([{ ca: second, names: ['kube-apiserver'] }]));
  expect(source.current().ca).toBe(second);
  await source.stop();
});

it('keeps the CA that it has while the file cannot be read, and takes the one that comes', async () => {
  writeFileSync(fileOf(), first);
  const { source, clock, told, messages } = await follow();
  rmSync(fileOf());
  clock.advance(10_000);
  await vi.waitFor(() => expect(messages('warn')).toHaveLength(1));
  expect(source.current().ca).toBe(first);
  writeFileSync(fileOf(), second);
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
  clock.advance(10_000);
  await vi.waitFor(() => expect(told).toHaveLength(1));
  await source.stop();
});

it.each(['', '\n', 'garbage'])('keeps the CA that it has while the file holds none: %j', async (text) => {
  writeFileSync(fileOf(), first);
  const { source, clock, told, messages } = await follow();
  writeFileSync(fileOf(), text);
  clock.advance(10_000);
  await vi.waitFor(() => expect(messages('warn')).toHaveLength(1));
  expect(source.current().ca).toBe(first);
  expect(told).toEqual([]);
  await source.stop();
});

it('says no to a start without a certificate in the file', async () => {
  writeFileSync(fileOf(), 'none');
  await expect(follow()).rejects.toMatchObject({ code: 'Certificate' });
});

it('says no to a start without the file', async () => {
  await expect(follow()).rejects.toMatchObject({ code: 'ENOENT' });
});
