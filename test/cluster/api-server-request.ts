import { request } from 'node:https';

/** A GET with a token, on a connection of its own; answers the HTTP status. Rejects after five seconds. */
export function statusOf(url: string, authorityPem: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { ca: authorityPem, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 5_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.once('error', reject);
    outgoing.end();
  });
}
