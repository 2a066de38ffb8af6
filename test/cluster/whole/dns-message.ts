/** A question for the address of a name. Source: RFC 1035, section 4. */
export interface DnsQuestion {
  /** In lower case, without the last dot. */
  readonly name: string;
  /** A is 1, AAAA is 28. */
  readonly type: number;
  /** Of the message, where the question ends. */
  readonly end: number;
}

/** What is answered: an IPv4 address, that there is none of this type, or that there is no such name. */
export type DnsAnswer = { readonly address: string } | 'nothing of this type' | 'no such name' | 'refused';

const headerBytes = 12;
const timeToLiveSeconds = 5;

/** The one question of a message; undefined where the bytes are no such thing. */
export function readQuestion(message: Buffer): DnsQuestion | undefined {
  if (message.length < headerBytes || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return undefined; // the end, or a pointer, which no question has
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('latin1', at, at + length));
    at += length;
  }
  if (message.length < at + 4) return undefined;
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at), end: at + 4 };
}

/** The message that answers a question, which it repeats. */
export function writeAnswer(message: Buffer, question: DnsQuestion, answer: DnsAnswer): Buffer {
  const header = Buffer.alloc(headerBytes);
  message.copy(header, 0, 0, 2); // its id
  const recursionDesired = message.readUInt16BE(2) & 0x0100;
  const code = answer === 'no such name' ? 3 : answer === 'refused' ? 5 : 0;
  header.writeUInt16BE(0x8480 | recursionDesired | code, 2); // a response, authoritative, recursion available
  header.writeUInt16BE(1, 4);
  const asked = message.subarray(headerBytes, question.end);
  if (typeof answer === 'string') return Buffer.concat([header, asked]);
  header.writeUInt16BE(1, 6);
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | headerBytes, 0); // the name is that of the question
  record.writeUInt16BE(1, 2); // A
  record.writeUInt16BE(1, 4); // IN
  record.writeUInt32BE(timeToLiveSeconds, 6);
  record.writeUInt16BE(4, 10);
  answer.address.split('.').forEach((byte, index) => record.writeUInt8(Number(byte), 12 + index));
  return Buffer.concat([header, asked, record]);
}
