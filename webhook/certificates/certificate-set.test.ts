import { X509Certificate } from 'node:crypto';
import { createServer, connect } from 'node:tls';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CertificateSet } from './certificate-set.ts';
import { caBundleOf, factsOf, rotate } from './certificate-set.ts';
import { nextRotationAction } from './rotation.ts';
import type { RotationPolicy } from './rotation.ts';

const names = ['stepgate-webhook.kubernaut-system.svc', 'localhost', '127.0.0.1', '::1'];
const hour = 3_600_000;
const policy: RotationPolicy = {
  authorityLifetime: 1_000 * hour,
  renewAuthorityBefore: 300 * hour,
  servingLifetime: 100 * hour,
  renewServingBefore: 30 * hour,
  overlap: hour,
};
const now = Math.floor(Date.now() / 1_000) * 1_000;
let created: CertificateSet;

beforeAll(async () => {
  created = await rotate({}, 'create', now, names, policy);
});

describe('a set of certificates', () => {
  it('is complete once it is created', () => {
    expect(factsOf(created, names, now, now)).toEqual({
      authority: { notAfter: now + 1_000 * hour, canSign: true },
      serving: { notAfter: now + 100 * hour, usable: true },
      bundlesCompleteSince: now,
    });
    expect(nextRotationAction(factsOf(created, names, now, now), now, policy)).toBe('none');
    expect(caBundleOf(created)).toBe(`${created.authority?.cert.trim()}\n`);
  });

  it('serves under every one of its names, to who trusts its CA', async () => {
    const { key, cert } = created.serving ?? { key: '', cert: '' };
    const server = createServer({ key, cert }, (socket) => void socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    for (const servername of names) {
      const checked = {
        host: '127.0.0.1',
        port,
        ca: caBundleOf(created),
        servername: servername.includes(':') ? '' : servername,
      };
      const socket = connect(servername === '127.0.0.1' ? { ...checked, servername: '' } : checked);
      await once(socket, 'secureConnect');
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
    server.close();
  });

  it('holds for a clock that is an hour behind', () => {
    const { validFrom } = new X509Certificate(created.serving?.cert ?? '');
    expect(Date.parse(validFrom)).toBe(now - hour);
  });

  it('is made anew where it was made by a clock that was ahead', async () => {
    const early = now - 24 * hour;
    expect(factsOf(created, names, early, early)).toMatchObject({
      authority: { canSign: false },
      serving: { usable: false },
    });
    expect(nextRotationAction(factsOf(created, names, early, early), early, policy)).toBe('create');
    const again = await rotate(created, 'create', early, names, policy);
    expect(nextRotationAction(factsOf(again, names, early, early), early, policy)).toBe('none');
    expect(caBundleOf(again)).toContain(created.authority?.cert.trim());
  });

  it('names what is broken', () => {
    const { authority, serving } = created;
    const usable = (set: CertificateSet, asked = names): unknown =>
      factsOf(set, asked, now, now).serving?.usable;
    expect(
      usable({ ...created, ...(serving && { serving: { ...serving, key: authority?.key ?? '' } }) }),
    ).toBe(false);
    expect(usable({ ...created, ...(serving && { serving: { ...serving, key: 'no key' } }) })).toBe(false);
    expect(usable(created, ['elsewhere'])).toBe(false);
    expect(usable(created, ['127.0.0.2'])).toBe(false);
    expect(
      factsOf({ ...created, serving: { cert: 'no certificate', key: '' } }, names, now, now).serving,
    ).toBeUndefined();
    expect(
      factsOf({ ...created, authority: { cert: authority?.cert ?? '', key: '' } }, names, now, now).authority,
    ).toEqual({
      notAfter: now + 1_000 * hour,
      canSign: false,
    });
  });

  it('is not usable with a certificate by another CA of the same name', async () => {
    const other = await rotate({}, 'create', now, names, policy);
    const mixed = { ...created, ...(other.serving && { serving: other.serving }) };
    expect(factsOf(mixed, names, now, now).serving?.usable).toBe(false);
  });

  it('goes through a rotation of its CA with trust before use', async () => {
    const introduced = await rotate(created, 'introduce-next', now, names, policy);
    expect(introduced.serving).toEqual(created.serving);
    expect(caBundleOf(introduced)).toBe(
      `${created.authority?.cert.trim()}\n${introduced.next?.cert.trim()}\n`,
    );

    const switched = await rotate(introduced, 'switch-to-next', now + hour, names, policy);
    expect(switched.authority?.cert).toBe(introduced.next?.cert);
    expect(switched.next).toBeUndefined();
    expect(switched.previous).toEqual({ cert: created.authority?.cert, replacedAt: now + hour });
    expect(caBundleOf(switched)).toBe(`${introduced.next?.cert.trim()}\n${created.authority?.cert.trim()}\n`);
    expect(factsOf(switched, names, now, now).serving?.usable).toBe(true);

    const retired = await rotate(switched, 'retire-previous', now + 2 * hour, names, policy);
    expect(caBundleOf(retired)).toBe(`${introduced.next?.cert.trim()}\n`);
    expect(retired.serving).toEqual(switched.serving);
  });

  it('never issues a certificate that outlives its CA', async () => {
    const late = now + 950 * hour;
    const renewed = await rotate(created, 'renew-serving', late, names, policy);
    expect(factsOf(renewed, names, now, now).serving?.notAfter).toBe(now + 1_000 * hour);
  });

  it('leaves an ended or unreadable CA out of the bundle when it begins anew', async () => {
    const ended = await rotate(created, 'create', now + 1_000 * hour, names, policy);
    expect(ended.previous).toBeUndefined();
    const broken = await rotate({ authority: { cert: 'x', key: 'y' } }, 'create', now, names, policy);
    expect(broken.previous).toBeUndefined();
    const keyless = await rotate(created, 'create', now, names, policy);
    expect(keyless.previous?.cert).toBe(created.authority?.cert);
  });
});
