/**
 * How much of a law is tried? `npm test` takes every other case and four tenths of the draws of the laws that cost most,
 * and leaves some tests out; `npm run test:slow` takes what is left of these files: the other cases, other draws, and the
 * tests that were left out. Whoever runs a file by its name takes all.
 */
import { it as vitestIt } from 'vitest';

type Part = 'first' | 'rest' | undefined;
const part = process.env['COPPICE_CASES'] as Part;

/** The cases of a law that are tried. */
export function someOf<T>(cases: readonly T[]): readonly T[] {
  if (part === undefined) return cases;
  return cases.filter((_, i) => (i % 2 === 0) === (part === 'first'));
}

/** How many of a law's draws are tried; see seed-properties.ts for which. */
export function drawsOf(numRuns: number): number {
  const first = Math.ceil(0.4 * numRuns);
  if (part === undefined) return numRuns;
  return part === 'first' ? first : Math.max(1, numRuns - first);
}

type It = Pick<typeof vitestIt, 'each'> & typeof vitestIt;
const noTest = Object.assign(() => undefined, { each: () => () => undefined }) as unknown as It;

/** A test that is not divided: `npm test` has run it, so `npm run test:slow` need not. */
export const it: It = part === 'rest' ? noTest : vitestIt;

/** A test of which each of both takes a part. */
export const itDivided: It = vitestIt;

/** A test that `npm test` leaves to `npm run test:slow`. */
export const itLate: It = part === 'first' ? noTest : vitestIt;
