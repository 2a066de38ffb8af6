import { expect, it, vi } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { startReadDeadline } from './read-deadline.ts';

it('calls back once after silence, counted from what was heard last', () => {
  const clock = createManualClock(1000);
  const onSilence = vi.fn<() => void>();
  const deadline = startReadDeadline(clock, 100, onSilence);
  clock.advance(90);
  deadline.heard();
  clock.advance(99);
  expect(onSilence).not.toHaveBeenCalled();
  clock.advance(1);
  expect(onSilence).toHaveBeenCalledTimes(1);
  clock.advance(1000);
  expect(onSilence).toHaveBeenCalledTimes(1);
});

it('says nothing once it was stopped', () => {
  const clock = createManualClock();
  const onSilence = vi.fn<() => void>();
  const deadline = startReadDeadline(clock, 100, onSilence);
  clock.advance(50);
  deadline.heard();
  clock.advance(60);
  deadline.stop();
  clock.advance(1000);
  expect(onSilence).not.toHaveBeenCalled();
  expect(clock.waiting).toBe(0);
});
