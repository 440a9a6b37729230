import { describe, expect, it } from 'vitest';
import { ago, counted, duration, roughTimeLeft, spelled, timeLeft } from './deadline.ts';

const NOW = Date.parse('2026-11-24T12:00:00.000Z');
const after = (ms: number): string => new Date(NOW + ms).toISOString();

describe('timeLeft', () => {
  it.each([
    [90 * 60_000, '1 h 30 min left', 'calm'],
    [12 * 60_000 + 5000, '12 min 05 s left', 'calm'],
    [5 * 60_000, '5 min left', 'soon'],
    [60_000, '1 min left', 'last'],
    [59_001, '1 min left', 'last'],
    [1, '1 s left', 'last'],
    [0, 'expired', 'over'],
    [-1, 'expired', 'over'],
  ] as const)('%d ms', (ms, text, urgency) => {
    expect(timeLeft(after(ms), NOW)).toMatchObject({ text, urgency });
  });

  it('takes an unreadable time for expired', () => {
    expect(timeLeft('soon', NOW)).toEqual({ ms: 0, text: 'expired', urgency: 'over' });
  });
});

it('is rough only while there is time', () => {
  expect(roughTimeLeft(after(57 * 60_000 + 59_000), NOW).text).toBe('57 min left');
  expect(roughTimeLeft(after(50 * 3_600_000), NOW).text).toBe('2 d left');
  expect(roughTimeLeft(after(4 * 60_000 + 1000), NOW).text).toBe('4 min 01 s left');
});

it('never shows more than two units', () => {
  expect(duration(26 * 3_600_000)).toBe('1 d 02 h');
  expect(duration(3_600_000)).toBe('1 h');
});

it('says how long ago', () => {
  expect([
    ago(after(0), NOW),
    ago(after(-61_000), NOW),
    ago(after(-7_200_000), NOW),
    ago(after(-2e8), NOW),
  ]).toEqual(['just now', '1 min ago', '2 h ago', '2 d ago']);
});

it('spells and counts', () => {
  expect([spelled(900), spelled(3600), spelled(90), spelled(60)]).toEqual([
    '15 minutes',
    '1 hour',
    '90 seconds',
    '1 minute',
  ]);
  expect(counted(1204, 'line')).toBe('1,204 lines');
});
