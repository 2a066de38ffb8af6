import { describe, expect, it } from 'vitest';
import { KubeStatusError } from './kube-status-error.ts';
import { endsInitialEvents, parseWatchEvent } from './watch-event.ts';

describe('parseWatchEvent', () => {
  it.each(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])('reads an event of type %s', (type) => {
    const event = { type, object: { metadata: { name: 'a', resourceVersion: '7' } } };
    expect(parseWatchEvent(JSON.stringify(event))).toEqual(event);
  });

  it('throws the Status of an ERROR event', () => {
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    expect(() => parseWatchEvent(JSON.stringify({ type: 'ERROR', object }))).toThrow(KubeStatusError);
    expect(() => parseWatchEvent(JSON.stringify({ type: 'ERROR', object }))).toThrow('410 Expired: too old');
  });

  it('takes an ERROR event that says nothing for a server error', () => {
    expect(() => parseWatchEvent('{"type":"ERROR"}')).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code: 500 }) as unknown }),
    );
  });

  it.each([
    '{',
    'null',
    '[]',
    '7',
    '{}',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":{"metadata":{"resourceVersion":7}}}',
    '{"type":"RENAMED","object":{"metadata":{"resourceVersion":"7"}}}',
  ])('refuses %s', (line) => {
    expect(() => parseWatchEvent(line)).toThrow(expect.objectContaining({ reason: 'broken-line' }));
  });
});

describe('endsInitialEvents', () => {
  const event = (type: 'ADDED' | 'BOOKMARK', annotations?: Record<string, string>) => ({
    type,
    object: {
      metadata: { name: '', uid: '', resourceVersion: '7', ...(annotations ? { annotations } : {}) },
    },
  });

  it('knows the bookmark that ends the list from others', () => {
    expect(endsInitialEvents(event('BOOKMARK', { 'k8s.io/initial-events-end': 'true' }))).toBe(true);
    expect(endsInitialEvents(event('BOOKMARK'))).toBe(false);
  });

  it('is not fooled by an object with that annotation', () => {
    expect(endsInitialEvents(event('ADDED', { 'k8s.io/initial-events-end': 'true' }))).toBe(false);
  });
});
