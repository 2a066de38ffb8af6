import { expect, it } from 'vitest';
import { keepLogs } from '../../test/builders/logs.ts';
import { createKindAbsence } from './kind-absence.ts';

it('says once that a kind is not there, and once that it has come', async () => {
  const { logger, lines } = keepLogs();
  const counted: string[] = [];
  const absence = createKindAbsence('things', logger, { relisted: (reason) => void counted.push(reason) });
  const lost = (reason: 'not-found' | 'connection'): void => {
    absence.metrics.disconnected?.(reason);
    absence.logger.warn({ reason }, 'The watch was lost');
  };
  lost('connection');
  expect(absence.absent).toBe(false);
  lost('not-found');
  lost('not-found');
  await absence.found;
  expect(absence.absent).toBe(true);
  absence.metrics.relisted?.('not-found');
  expect(absence.absent).toBe(false);
  lost('connection');
  expect(counted).toEqual(['not-found']);
  expect(lines.filter(({ level }) => level !== 'debug').map(({ message }) => message)).toEqual([
    'The watch was lost',
    expect.stringContaining('does not have this kind'),
    'The kind is there now, and is watched',
    'The watch was lost',
  ]);
});

it('takes a kind that it may not watch for one that is not there', () => {
  const { logger, messages } = keepLogs();
  const absence = createKindAbsence('things', logger, {});
  absence.metrics.disconnected?.('refused');
  expect(absence.absent).toBe(true);
  expect(messages('info')).toEqual([expect.stringContaining('may not watch')]);
});
