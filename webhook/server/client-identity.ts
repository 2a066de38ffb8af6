/** With a client CA: whether the certificate that a client showed is one of those that may call. */
import type { TLSSocket } from 'node:tls';

/** Who may call the admission port. */
export interface ClientAuthority {
  /** PEM of the CA that signs the API server's client certificate. */
  readonly ca: string;
  /**
   * Common names that may call; any that the CA has signed when absent. Name them when the CA is the cluster's
   * own, which signs for every kubelet and many users.
   */
  readonly names?: readonly string[];
}

/** True when the verified certificate of `socket` has one of the names, or no names were asked for. */
export function mayCall(socket: TLSSocket, names: readonly string[] | undefined): boolean {
  if (names === undefined) return true;
  const subject: unknown = socket.getPeerCertificate().subject;
  if (typeof subject !== 'object' || subject === null) return false;
  const commonName: unknown = Reflect.get(subject, 'CN');
  return typeof commonName === 'string' && names.includes(commonName);
}
