import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kube/clock.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { mountSecret } from '../../test/cluster/mounted-secret.ts';
import { type AdmissionPathSource, startAdmissionPathFolder } from './admission-path-folder.ts';

const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(43)) as [string, string, string];
let parent: string;
let source: AdmissionPathSource | undefined;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'stepgate-admission-path-'));
});

afterEach(async () => {
  await source?.stop();
  source = undefined;
  rmSync(parent, { recursive: true });
});

async function start(folder: string, clock: Parameters<typeof startAdmissionPathFolder>[0]['clock']) {
  const { logger, messages, lines } = keepLogs();
  source = await startAdmissionPathFolder({ folder, clock, logger });
  return { source, messages, lines };
}

it('follows each rotation of the mounted Secret, and never without the segment that is in use', async () => {
  const secret = mountSecret(parent, { current: first });
  const { source: path, lines } = await start(secret.path, systemClock);
  expect(path.current()).toEqual({ current: first });
  secret.replace({ current: second, previous: first });
  await vi.waitFor(() => expect(path.current()).toEqual({ current: second, previous: first }));
  secret.replace({ current: second });
  await vi.waitFor(() => expect(path.current()).toEqual({ current: second }));
  secret.replace({ current: third, previous: second });
  await vi.waitFor(() => expect(path.current()).toEqual({ current: third, previous: second }));
  for (const shown of [first, second, third]) expect(JSON.stringify(lines)).not.toContain(shown);
});

it('sees a change that no event has told within ten seconds, and takes an empty previous one for none', async () => {
  const clock = createManualClock();
  writeFileSync(join(parent, 'current'), first);
  const { source: path } = await start(parent, clock);
  writeFileSync(join(parent, 'previous'), '\n');
  writeFileSync(join(parent, 'current'), `${second}\n`);
  clock.advance(10_000);
  await vi.waitFor(() => expect(path.current()).toEqual({ current: second }));
});

it('keeps the path that it has while the files cannot be used, and says so without showing them', async () => {
  const clock = createManualClock();
  writeFileSync(join(parent, 'current'), first);
  const { source: path, messages, lines } = await start(parent, clock);
  writeFileSync(join(parent, 'current'), 'too-short');
  clock.advance(10_000);
  await vi.waitFor(() => expect(messages('warn')).toHaveLength(1));
  expect(path.current()).toEqual({ current: first });
  expect(JSON.stringify(lines)).not.toContain('too-short');
});

it('does not start without a current segment', async () => {
  const { logger } = keepLogs();
  const options = { folder: parent, clock: systemClock, logger };
  await expect(startAdmissionPathFolder(options)).rejects.toThrow('ENOENT');
  writeFileSync(join(parent, 'current'), '');
  await expect(startAdmissionPathFolder(options)).rejects.toMatchObject({ code: 'AdmissionPathUnusable' });
});
