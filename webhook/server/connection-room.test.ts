import { describe, expect, it } from 'vitest';
import { createConnectionRoom, type OpenConnection } from './connection-room.ts';

function roomFor(maximumConnections: number, maximumNewcomers: number, maximumNewcomersOfPeer: number) {
  const room = createConnectionRoom({ maximumConnections, maximumNewcomers, maximumNewcomersOfPeer });
  const names = new Map<OpenConnection, string>();
  const open = (name: string, peer = name) => {
    const connection: OpenConnection = { peer, close: () => undefined };
    names.set(connection, name);
    return { connection, closes: room.opened(connection).map((each) => names.get(each)) };
  };
  return { room, open };
}

describe('a newcomer', () => {
  it('takes the place of the oldest of its own address where that has too many', () => {
    const { open } = roomFor(100, 100, 2);
    expect(open('other').closes).toEqual([]);
    expect([open('a1', 'a'), open('a2', 'a'), open('a3', 'a')].map(({ closes }) => closes)).toEqual([
      [],
      [],
      ['a1'],
    ]);
  });

  it('takes the place of the oldest of whoever has the most where there are too many', () => {
    const { open } = roomFor(100, 4, 3);
    open('old');
    for (const name of ['a1', 'a2', 'a3']) open(name, 'a');
    expect(open('new').closes).toEqual(['a1']);
    expect(open('newer').closes).toEqual(['a2']);
  });

  it('never takes the place of one that is believed, and has none where all are', () => {
    const { room, open } = roomFor(3, 3, 3);
    for (const name of ['server-1', 'server-2', 'server-3']) room.believed(open(name, 'server').connection);
    expect(open('late').closes).toEqual(['late']);
    expect(room.size).toBe(3);
  });

  it('finds the room of those that are closed, believed or not', () => {
    const { room, open } = roomFor(2, 2, 2);
    const first = open('first').connection;
    const second = open('second').connection;
    room.believed(first);
    room.closed(first);
    room.closed(second);
    room.closed(second);
    expect(room.size).toBe(0);
    expect([open('third').closes, open('fourth').closes]).toEqual([[], []]);
  });

  it('that has left is not believed later', () => {
    const { room, open } = roomFor(2, 1, 1);
    const first = open('first', 'a').connection;
    expect(open('second', 'a').closes).toEqual(['first']);
    room.believed(first);
    expect(room.size).toBe(1);
  });
});
