import { expect, it } from 'vitest';
import { readQuestion, writeAnswer } from './dns-message.ts';

/** As a resolver asks: id 0x1234, recursion desired, one question. */
function questionFor(name: string, type = 1): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  const header = Buffer.from([0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

it('reads the name and the type of a question', () => {
  const message = questionFor('Web.shop.svc.cluster.local', 28);
  expect(readQuestion(message)).toEqual({
    name: 'web.shop.svc.cluster.local',
    type: 28,
    end: message.length,
  });
});

it('reads nothing from bytes that end early, point elsewhere or ask twice', () => {
  const message = questionFor('web.shop');
  expect(readQuestion(message.subarray(0, 15))).toBeUndefined();
  expect(readQuestion(Buffer.concat([message.subarray(0, 12), Buffer.from([0xc0, 12])]))).toBeUndefined();
  const twice = Buffer.from(message);
  twice.writeUInt16BE(2, 4);
  expect(readQuestion(twice)).toBeUndefined();
});

it('answers with the address, the id and the question', () => {
  const message = questionFor('web.shop');
  const question = readQuestion(message);
  if (question === undefined) throw new Error('no question');
  const answer = writeAnswer(message, question, { address: '10.0.0.7' });
  expect(answer.readUInt16BE(0)).toBe(0x1234);
  expect(answer.readUInt16BE(2) & 0x800f).toBe(0x8000);
  expect(answer.readUInt16BE(6)).toBe(1);
  expect([...answer.subarray(-4)]).toEqual([10, 0, 0, 7]);
  expect(readQuestion(answer)?.name).toBe('web.shop');
});

it('says that there is no such name', () => {
  const message = questionFor('nobody.shop');
  const question = readQuestion(message);
  if (question === undefined) throw new Error('no question');
  const answer = writeAnswer(message, question, 'no such name');
  expect([answer.readUInt16BE(2) & 0xf, answer.readUInt16BE(6)]).toEqual([3, 0]);
});
