import { WatchError } from './watch-error.ts';

const newline = 0x0a;

/**
 * Cuts a stream of bytes into its lines: give it each chunk, it returns the lines that are complete by then,
 * without empty ones. JSON escapes a newline within a string, and UTF-8 has the byte in no other character, so
 * a chunk is decoded once, up to its last newline.
 *
 * @param maxBytes a longer line throws WatchError `broken-line`: nobody sends such an object
 */
export function createLineSplitter(maxBytes: number): (chunk: Uint8Array) => string[] {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  return (chunk) => {
    const end = chunk.lastIndexOf(newline);
    const lines: string[] = [];
    if (end >= 0) {
      const head = chunk.subarray(0, end);
      const whole = pending.length === 0 ? head : Buffer.concat([...pending, head]);
      for (const line of decode(whole).split('\n')) if (line !== '') lines.push(line);
      pending = [];
      pendingBytes = 0;
    }
    const tail = chunk.subarray(end + 1);
    if (tail.length > 0) {
      pending.push(tail);
      pendingBytes += tail.length;
      if (pendingBytes > maxBytes) {
        pending = [];
        throw new WatchError('broken-line', `A line of the watch is longer than ${maxBytes} bytes`);
      }
    }
    return lines;
  };
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
