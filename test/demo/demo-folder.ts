import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Its stdin closes when the demo ends, however that happens. Programs of the control plane are killed at the same
 * moment, and may still write; hence it goes on until the folder has stayed away for three seconds.
 */
const removeWhenDemoEnds =
  'read -r line; away=0; for try in $(seq 60); do sleep 0.5; ' +
  'if [ -e "$1" ]; then away=0; rm -rf "$1" 2>/dev/null; else away=$((away + 1)); fi; ' +
  'if [ "$away" -ge 6 ]; then break; fi; done; [ ! -e "$1" ]';

/**
 * A new folder for all that one demo writes. It is gone a few seconds after the demo has ended: also after ^C while
 * things start, and after a kill -9.
 */
export function createDemoFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-demo-'));
  const remover = spawn('sh', ['-c', removeWhenDemoEnds, 'stepgate-demo-remover', folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Neither the process nor the pipe to it keeps us alive. (A pipe of a child is a socket, whatever its type says.)
  remover.unref();
  (remover.stdin as Socket).unref();
  return folder;
}
