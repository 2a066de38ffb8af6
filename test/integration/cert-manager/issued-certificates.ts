import { X509Certificate } from 'node:crypto';
import type { KubeClient } from '../../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../../src/kube/kube-status-error.ts';
import { requestedRenewal } from '../../cluster/cert-manager/requested-renewal.ts';
import { eventually } from '../../cluster/eventually.ts';
import { kindClient } from '../../cluster/kind-client.ts';
import type { SecretTexts } from '../../cluster/mounted-secret.ts';

const group = 'cert-manager.io';
const version = 'v1';
const apiVersion = `${group}/${version}`;
const issuerKind = { group, version, kind: 'Issuer', plural: 'issuers' };
const certificateKind = { group, version, kind: 'Certificate', plural: 'certificates' };
const secretKind = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };

/** Names of the Certificates, and of their Secrets. */
export const authorityName = 'stepgate-authority';
export const servingName = 'stepgate-serving';

/** What cert-manager has issued in one namespace. */
export interface IssuedCertificates {
  /** The Secret's texts; undefined until it is there. */
  texts(name: string): Promise<SecretTexts | undefined>;
  /** Asks cert-manager for a new one, as `cmctl renew` does; resolves with the new Secret's texts. */
  renew(name: string): Promise<SecretTexts>;
}

/**
 * Asks cert-manager for an authority and a serving certificate of it. The authority keeps its key when it is renewed,
 * so that both the old and the new caBundle are good for either certificate: kubelet mounts a Secret up to two minutes
 * after the injector has read it.
 */
export async function issueCertificates(
  client: KubeClient,
  namespace: string,
  address: string,
): Promise<IssuedCertificates> {
  const issuers = kindClient(client, issuerKind, namespace);
  const certificates = kindClient(client, certificateKind, namespace);
  const secrets = kindClient(client, secretKind, namespace);
  const issuer = (name: string, spec: object) =>
    issuers.create({ apiVersion, kind: 'Issuer', metadata: { name }, spec });
  const certificate = (name: string, issuerName: string, spec: object) =>
    certificates.create({
      apiVersion,
      kind: 'Certificate',
      metadata: { name },
      spec: { secretName: name, issuerRef: { name: issuerName }, ...spec },
    });

  await issuer('self-signed', { selfSigned: {} });
  await certificate(authorityName, 'self-signed', {
    isCA: true,
    commonName: 'stepgate authority',
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
  });
  await issuer('authority', { ca: { secretName: authorityName } });
  await certificate(servingName, 'authority', {
    ipAddresses: [address],
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
  });

  async function texts(name: string): Promise<SecretTexts | undefined> {
    try {
      const { data = {} } = await secrets.get<{ data?: Readonly<Record<string, string>> }>(name);
      const decoded = Object.entries(data).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString(),
      ]);
      return data['tls.crt'] === undefined ? undefined : Object.fromEntries(decoded);
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async function renew(name: string): Promise<SecretTexts> {
    const before = (await texts(name))?.['tls.crt'];
    const certificate = await certificates.get<CertificateObject>(name);
    await certificates.mergePatch(name, requestedRenewal(certificate), 'status');
    let after: SecretTexts | undefined;
    await eventually(`${name} is issued anew`, async () => {
      after = await texts(name);
      return after !== undefined && after['tls.crt'] !== before;
    });
    return after as SecretTexts;
  }

  return { texts, renew };
}

/** The fingerprint of the first certificate of a Secret. */
export function fingerprintOf(texts: SecretTexts): string {
  return new X509Certificate(texts['tls.crt'] ?? '').fingerprint256;
}

interface CertificateObject {
  readonly metadata: { readonly generation: number };
  readonly status: { readonly conditions: readonly { readonly type: string }[] };
}
