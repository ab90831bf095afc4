/**
 * How much of a law is tried? `npm test` takes every other case and four tenths of the draws of the laws that cost most;
 * `npm run test:slow`, and whoever runs a file by its name, takes all.
 */
const isBrief = process.env['COPPICE_CASES'] === 'few';

/** The cases of a law that are tried. */
export function someOf<T>(cases: readonly T[]): readonly T[] {
  return isBrief ? cases.filter((_, i) => i % 2 === 0) : cases;
}

/** How many of a law's draws are tried. */
export function drawsOf(numRuns: number): number {
  return isBrief ? Math.ceil(0.4 * numRuns) : numRuns;
}
