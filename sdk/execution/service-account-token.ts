import { createBackoff } from '../../src/kube/backoff.ts';
import type { Clock } from '../../src/kube/clock.ts';
import { isAbsent } from '../../src/kube/is-absent.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { unlessAborted } from '../../src/kube/unless-aborted.ts';
import { ServiceAccountError, type ServiceAccountName } from './service-account.ts';

/** The tokens of one ServiceAccount. */
export interface ServiceAccountToken {
  /** One that is good for a while yet. Concurrent calls share one request. */
  current(): Promise<string>;
  /** The same, waiting for an API server that is away. */
  whenReachable(signal: AbortSignal): Promise<string>;
  /** The API server refused it: the next one is asked for anew. */
  drop(): void;
}

export interface ServiceAccountTokenOptions {
  /** May create `serviceaccounts/token`. */
  readonly client: KubeClient;
  readonly account: ServiceAccountName;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The shortest life that the API server grants. Source: `MinTokenAgeSec` in kubernetes pkg/apis/authentication/validation. */
const lifeSeconds = 600;

/** A new token is asked for once this part of its life is over. */
const usedPart = 0.8;

interface TokenRequest {
  readonly spec?: { readonly expirationSeconds?: number };
  readonly status?: { readonly token?: string };
}

/**
 * Asks for tokens by TokenRequest. Their life is measured on the monotonic clock from before the request, so that no
 * clock that jumps makes one outlive itself.
 */
export function createServiceAccountToken(options: ServiceAccountTokenOptions): ServiceAccountToken {
  const { client, account, clock, random } = options;
  let held: { readonly token: string; readonly renewAt: number; readonly endsAt: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedAt = clock.now();
    try {
      const answer = await client.request<TokenRequest>({
        method: 'POST',
        path: resourcePath(
          { group: '', version: 'v1', plural: 'serviceaccounts' },
          { ...account, subresource: 'token' },
        ),
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: lifeSeconds },
        },
      });
      const token = answer.status?.token ?? '';
      const life = (answer.spec?.expirationSeconds ?? lifeSeconds) * 1000;
      held = { token, renewAt: askedAt + life * usedPart, endsAt: askedAt + life };
      return token;
    } catch (error) {
      const refused = refusal(error, account);
      if (refused !== undefined) {
        held = undefined;
        throw refused;
      }
      if (held !== undefined && clock.now() < held.endsAt) return held.token;
      throw error;
    }
  }

  function current(): Promise<string> {
    if (held !== undefined && clock.now() < held.renewAt) return Promise.resolve(held.token);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    current,
    async whenReachable(signal) {
      const backoff = createBackoff(
        { initialMilliseconds: 200, maximumMilliseconds: 5_000, factor: 2 },
        random,
      );
      for (;;) {
        signal.throwIfAborted();
        try {
          return await unlessAborted(current(), signal);
        } catch (error) {
          if (signal.aborted || !mayPass(error)) throw error;
        }
        await clock.sleep(backoff.next(), signal);
      }
    },
    drop() {
      held = undefined;
    },
  };
}

function refusal(error: unknown, { namespace, name }: ServiceAccountName): ServiceAccountError | undefined {
  if (isAbsent(error)) {
    const message = `There is no ServiceAccount ${name} in namespace ${namespace}: create it, and bind it to a Role that allows the action.`;
    return new ServiceAccountError('missing', message, { cause: error });
  }
  if (isKubeStatus(error, 403)) {
    const denied = deniedByPolicy(error);
    if (denied !== undefined) return new ServiceAccountError('forbidden', denied, { cause: error });
    const message = `The controller may not act as ServiceAccount ${name} of namespace ${namespace}: its own Role must allow it (apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"]).`;
    return new ServiceAccountError('forbidden', message, { cause: error });
  }
  return undefined;
}

/**
 * What a ValidatingAdmissionPolicy says, without the API server's words about where that comes from. Source: apiserver
 * `pkg/admission/plugin/policy/validating/dispatcher.go`.
 */
function deniedByPolicy({ status }: KubeStatusError): string | undefined {
  const said = /: ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request: (.*)$/s.exec(
    (status.message ?? '').slice(0, 4_096),
  )?.[1];
  return said === undefined ? undefined : `${said}.`;
}

function mayPass(error: unknown): boolean {
  if (error instanceof ServiceAccountError) return false;
  return (
    !(error instanceof KubeStatusError) || error.status.code >= 500 || [401, 429].includes(error.status.code)
  );
}
