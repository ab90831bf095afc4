/** When does a long fit on Spark end its job, and what has its driver been told by then? */
import { expect, it } from 'vitest';
import { GangNotes } from '../../src/spark/gang/gang-notes.ts';

const note = (phase: string, done: number): object => ({ phase, done });

it('keeps every snapshot, and of progress the newest', () => {
  const kept = new GangNotes(null, () => 0);
  const told = [
    note('read', 1),
    note('read', 2),
    note('train', 1),
    note('train', 2),
    note('snapshot', 2),
    note('snapshot', 4),
    note('train', 5),
    note('train', 6),
  ];
  for (const one of told) expect(kept.take(one)).toBe(false);
  expect(kept.notes).toEqual([told[1], told[3], told[4], told[5], told[7]]);
});

it('ends after a snapshot, when it has trained long enough for what reading took', () => {
  let now = 0;
  const at = (kept: GangNotes, ms: number, phase: string): boolean => {
    now = ms;
    return kept.take(note(phase, 0));
  };
  const short = new GangNotes(1000, () => now);
  expect(at(short, 50, 'train')).toBe(false);
  expect(at(short, 900, 'snapshot')).toBe(false);
  expect(at(short, 2000, 'train')).toBe(false);
  expect(at(short, 2001, 'snapshot')).toBe(true);
  now = 0;
  const reading = new GangNotes(1000, () => now);
  at(reading, 400, 'train');
  expect(at(reading, 3999, 'snapshot')).toBe(false);
  expect(at(reading, 4000, 'snapshot')).toBe(true);
  now = 0;
  const slow = new GangNotes(1000, () => now);
  at(slow, 5000, 'train');
  expect(at(slow, 14_999, 'snapshot')).toBe(false);
  expect(at(slow, 15_000, 'snapshot')).toBe(true);
});
