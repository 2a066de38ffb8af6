import type { ControlPlane } from './control-plane.ts';
import type { UserName } from './users.ts';

/** `kubectl auth can-i` with these words, as a user. */
export async function canI(controlPlane: ControlPlane, user: UserName, request: string): Promise<boolean> {
  const { stdout } = await controlPlane.kubectl(['auth', 'can-i', ...request.split(' ')], { user });
  return stdout.trim() === 'yes';
}
