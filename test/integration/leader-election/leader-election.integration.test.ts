import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../../cluster/child-process.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type FaultyProxy, startFaultyProxy } from '../../cluster/faulty-proxy.ts';

interface Candidate {
  readonly name: string;
  readonly child: Child;
  readonly proxy: FaultyProxy;
}

/** A moment, of the clock that all processes share, at which a candidate was seen to lead. */
interface Sighting {
  readonly at: bigint;
  readonly leads: string;
}

let controlPlane: ControlPlane;
let candidates: Candidate[];
let tests = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
});

beforeEach(() => {
  candidates = [];
  tests += 1;
});

afterEach(async () => {
  for (const { child, proxy } of candidates) {
    await child.kill();
    await proxy.close();
  }
  await controlPlane.kubectl(['delete', 'lease', 'election']);
});

afterAll(() => controlPlane?.stop());

/** Starts a candidate as a process that reaches the API server over a proxy of its own. */
async function start(name: string): Promise<Candidate> {
  const proxy = await startFaultyProxy({ target: controlPlane.url });
  const file = join(controlPlane.folder, `${name}-${tests}`);
  writeFileSync(`${file}.kubeconfig`, controlPlane.kubeConfig('admin', { url: proxy.url }).exportConfig());
  const child = startChild({
    name,
    command: [process.execPath],
    args: [join(import.meta.dirname, 'candidate.ts'), `${file}.kubeconfig`, name],
    logFile: `${file}.log`,
  });
  const candidate = { name, child, proxy };
  candidates.push(candidate);
  await eventually(`${name} has started`, async () => said(candidate).includes('"started"'));
  return candidate;
}

const said = ({ child }: Candidate): string => readFileSync(child.logFile, 'utf8');

/** The whole lines of a log: a process that was killed may have left half of one. */
function sightings(): Sighting[] {
  return candidates
    .flatMap((candidate) => said(candidate).split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as { readonly at: string; readonly leads?: string })
    .flatMap(({ at, leads }) => (leads === undefined ? [] : [{ at: BigInt(at), leads }]))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** When a candidate said that its term has ended. */
function endOf(candidate: Candidate): bigint | undefined {
  const line = said(candidate)
    .split('\n')
    .find((text) => text.includes('"ended"') && text.endsWith('}'));
  return line === undefined ? undefined : BigInt((JSON.parse(line) as { readonly at: string }).at);
}

/** Who led, one after the other; a term that was interrupted by another's is there twice. */
function terms(): string[] {
  const leaders = sightings().map(({ leads }) => leads);
  return leaders.filter((leads, index) => leads !== leaders[index - 1]);
}

/** Who leads now, once somebody does that `than` does not name. */
async function leaderOtherThan(...than: readonly Candidate[]): Promise<Candidate> {
  const from = process.hrtime.bigint();
  let found: Candidate | undefined;
  await eventually('another candidate leads', async () => {
    const last = sightings()
      .filter(({ at }) => at > from)
      .at(-1);
    found = candidates.find(
      (candidate) => last?.leads.startsWith(`${candidate.name}-`) === true && !than.includes(candidate),
    );
    return found !== undefined;
  });
  if (found === undefined) throw new Error('nobody leads');
  return found;
}

/** The terms that another's interrupted: both have led at once. */
function overlapping(): string[] {
  const all = terms();
  return all.filter((term, index) => all.indexOf(term) !== index);
}

describe('of several candidates on a real API server', () => {
  beforeEach(async () => {
    await Promise.all(['one', 'two', 'three'].map(start));
  });

  it('one leads, and another in the moment it stops', async () => {
    const leader = await leaderOtherThan();
    leader.child.signal('SIGTERM');
    await leader.child.exited;
    await leaderOtherThan(leader);
    const last = sightings().findLast(({ leads }) => leads.startsWith(`${leader.name}-`));
    const first = sightings().find(({ at }) => at > (last?.at ?? 0n));
    expect(Number((first?.at ?? 0n) - (last?.at ?? 0n)) / 1e6).toBeLessThan(5_000);
    expect(overlapping()).toEqual([]);
  });

  it('another leads when the leader is killed, and not before its lease has run out', async () => {
    const leader = await leaderOtherThan();
    await leader.child.kill();
    const killedAt = sightings().at(-1)?.at ?? 0n;
    await leaderOtherThan(leader);
    const next = sightings().find(({ at }) => at > killedAt);
    // Less half of the lease, for the renewal before the kill.
    expect(Number((next?.at ?? 0n) - killedAt) / 1e6).toBeGreaterThan(3_000);
    expect(overlapping()).toEqual([]);
  });

  it('another leads when the leader is paused, which does not lead when it goes on', async () => {
    const leader = await leaderOtherThan();
    leader.child.signal('SIGSTOP');
    const next = await leaderOtherThan(leader);
    leader.child.signal('SIGCONT');
    await eventually('the one that was paused has lost', async () => said(leader).includes('"ended"'));
    expect(next.child.hasExited).toBe(false);
    expect(overlapping()).toEqual([]);
  });

  it('another leads when the leader is cut off, which has given up before', async () => {
    const leader = await leaderOtherThan();
    leader.proxy.freeze();
    await leaderOtherThan(leader);
    // What a process says may arrive late; it has the time at which it was said.
    await eventually('the one that was cut off has given up', async () => endOf(leader) !== undefined);
    const last = sightings().findLast(({ leads }) => leads.startsWith(`${leader.name}-`));
    const first = sightings().find(({ at }) => at > (last?.at ?? 0n));
    expect(first?.at).toBeGreaterThan(endOf(leader) ?? 0n);
    leader.proxy.thaw();
    expect(overlapping()).toEqual([]);
  });

  it('one leads at a time while connections break and the API server is started anew', async () => {
    for (let round = 0; round < 4; round += 1) {
      const leader = await leaderOtherThan();
      leader.proxy.resetAll();
      leader.proxy.refuse(round % 2 === 0);
      if (round === 1) await controlPlane.restartApiServer();
      await leaderOtherThan(...(round % 2 === 0 ? [leader] : []));
      leader.proxy.refuse(false);
    }
    expect(overlapping()).toEqual([]);
  }, 180_000);
});
