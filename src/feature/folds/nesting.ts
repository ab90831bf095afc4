/**
 * Folds inside folds: a calibrated classifier in a stack, a stack in a search. All of them may have the same seed and the
 * same ids. If they drew alike, the rows that an outer fold left out would be an inner fold, which then had no rows at
 * all. So what is fitted out of fold is told how deep it is, and each depth draws with a seed of its own.
 */
import { deriveSeed, purposes } from '../../base/rng.ts';

/** How many out-of-fold fits a fit is inside of. */
export interface Nesting {
  readonly nesting?: number | undefined;
}

/** The seed of the folds at a depth; outside of all it is the given one. */
export function foldSeed(seed: number, { nesting = 0 }: Nesting): number {
  return nesting === 0 ? seed : deriveSeed(seed, purposes.fold, nesting);
}

/** What the fits inside are told. */
export function oneDeeper({ nesting = 0 }: Nesting): { readonly nesting: number } {
  return { nesting: nesting + 1 };
}
