import { execFileSync } from 'node:child_process';

/** Command lines of the running processes that mention the folder. */
export function processesOf(folder: string): string[] {
  const all = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(folder) && !/^\s*\d+\s+Z/.test(line));
}
