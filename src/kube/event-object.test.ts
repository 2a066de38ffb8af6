import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleText } from '../policy/hostile-characters.ts';
import { type EventFacts, eventName, eventObject, eventSeriesKey } from './event-object.ts';

const regarding = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: 'n', uid: 'u' };
const facts: EventFacts = { regarding, type: 'Warning', reason: 'Bad', action: 'Read', note: 'It is bad.' };
const reporter = { controller: 'stepgate.kubernaut.io/webhook', instance: 'pod-1' };
const at = new Date('2026-01-02T03:04:05.678Z');

const noteOf = (note: string): string => {
  const event = eventObject({ ...facts, note }, reporter, 'name', at) as { note: string };
  return event.note;
};

describe('eventObject', () => {
  it('has six digits in its time, or Go would not read it', () => {
    expect(eventObject(facts, reporter, 'name', at)).toMatchObject({
      eventTime: '2026-01-02T03:04:05.678000Z',
    });
  });

  it('lives with what it is about, or in default', () => {
    const { namespace: _, ...clusterWide } = regarding;
    const metadata = { name: 'name', namespace: 'default' };
    expect(eventObject({ ...facts, regarding: clusterWide }, reporter, 'name', at)).toMatchObject({
      metadata,
    });
    metadata.namespace = 'n';
    expect(eventObject(facts, reporter, 'name', at)).toMatchObject({ metadata });
  });

  it('keeps as much of a note as fits, in whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (note) => {
        const kept = noteOf(note);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(1024);
        const shown = visibleText(note);
        expect(shown.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept)).toBeGreaterThan(Math.min(Buffer.byteLength(shown), 1024) - 7);
      }),
      { numRuns: 40 },
    );
    expect(noteOf('ü'.repeat(600))).toBe('ü'.repeat(512));
    expect(noteOf('\u009b2J\u202e')).toBe('U+009B2JU+202E');
  });
});

describe('eventName', () => {
  it('differs by time and by chance, and fits a name', () => {
    expect(eventName(regarding, at, 0)).toBe('settings.19b7ca98f2e000000');
    expect(eventName(regarding, at, 0.999_999_999)).toBe('settings.19b7ca98f2effffff');
    expect(eventName({ ...regarding, name: 'x'.repeat(253) }, at, 0.5).length).toBeLessThanOrEqual(253);
    const cut = eventName({ ...regarding, name: `${'x'.repeat(219)}-${'y'.repeat(30)}` }, at, 0);
    expect(cut).toBe(`${'x'.repeat(219)}.19b7ca98f2e000000`);
  });
});

describe('eventSeriesKey', () => {
  it('is the same whatever the note, and differs by all else', () => {
    const key = eventSeriesKey(facts);
    expect(eventSeriesKey({ ...facts, note: 'It is worse.' })).toBe(key);
    const others: EventFacts[] = [
      { ...facts, occasion: 'from 5 to 6' },
      { ...facts, type: 'Normal' },
      { ...facts, reason: 'Good' },
      { ...facts, action: 'Write' },
      { ...facts, regarding: { ...regarding, uid: 'v' } },
      { ...facts, regarding: { ...regarding, namespace: 'm' } },
    ];
    expect(new Set([key, ...others.map(eventSeriesKey)]).size).toBe(others.length + 1);
  });
});
