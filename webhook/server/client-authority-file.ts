import { readFile } from 'node:fs/promises';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { requireCertificate } from '../certificates/certificate-facts.ts';
import { createRepeater } from '../certificates/repeater.ts';
import type { ClientAuthority } from './client-identity.ts';

/** A client CA in a file, and who of its clients may call. */
export interface ClientAuthorityFile {
  readonly file: string;
  readonly names?: readonly string[];
}

export interface ClientAuthorityFileOptions extends ClientAuthorityFile {
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly logger: Logger;
  /** How often the file is read, default 10,000: CAs are renewed long before they are used. */
  readonly pollMilliseconds?: number;
}

/** A client CA that follows its file. */
export interface ClientAuthoritySource {
  readonly current: () => ClientAuthority;
  /** Told of each other content. What throws leaves the old one in use until the file changes again. */
  readonly onChange: (listener: (authority: ClientAuthority) => void) => void;
  readonly stop: () => Promise<void>;
}

/**
 * Reads the file, and reads it again once in a while. A file that is just being written may be empty, and with an empty
 * CA Node trusts all that it knows.
 * @throws the error of reading, or CertificateError, when there is none to begin with
 */
export async function startClientAuthorityFile(
  options: ClientAuthorityFileOptions,
): Promise<ClientAuthoritySource> {
  const { file, names, clock, logger, pollMilliseconds = 10_000 } = options;
  const read = async (): Promise<ClientAuthority> => {
    const ca = await readFile(file, 'utf8');
    requireCertificate(ca);
    return { ca, ...(names === undefined ? {} : { names }) };
  };
  let current = await read();
  let tell: (authority: ClientAuthority) => void = () => {};
  const repeater = createRepeater({
    async round() {
      const next = await read();
      if (next.ca === current.ca) return;
      current = next;
      tell(next);
      logger.info({ file }, 'the client CA has changed');
    },
    failed: (error) =>
      logger.warn({ file, err: error }, 'the client CA cannot be used; the old one stays in use'),
    clock,
    pollMilliseconds,
    retryMilliseconds: pollMilliseconds,
  });
  repeater.poke();
  return {
    current: () => current,
    onChange(listener) {
      tell = listener;
    },
    stop: repeater.stop,
  };
}
