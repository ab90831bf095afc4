/**
 * The rows with the largest keys, exactly so many of each group, the same on any topology: radix selection.
 * Each pass counts one byte of the keys that are still undecided; only the counts cross, and they are integers.
 * Rows whose whole keys tie at the border are all taken.
 */
import type { RankEnvironment } from '../rank-environment.ts';

/** Rows of one rank, with keys of several words. */
export interface KeyedRows {
  /** The keys' words, the most significant first; one entry a row. */
  readonly words: readonly Uint32Array[];
  /** The group of each row, or null for one group. */
  readonly groups: Float64Array | Uint32Array | null;
  readonly numGroups: number;
  /** Rows that take part, or null for all. */
  readonly members: Uint32Array | null;
}

/** One byte a row: 1 where it is chosen. @param wanted how many rows of each group, over all ranks */
export async function selectTop(
  environment: RankEnvironment,
  rows: KeyedRows,
  wanted: readonly number[],
): Promise<Uint8Array> {
  const { words, groups, numGroups } = rows;
  const length = words[0]?.length ?? 0;
  let undecided = rows.members ?? Uint32Array.from({ length }, (_, i) => i);
  const missing = [...wanted];
  const chosen = new Uint8Array(length);
  for (let pass = 0; pass < 4 * words.length; pass++) {
    environment.collective.checkAborted();
    const word = words[pass >> 2] as Uint32Array;
    const shift = 24 - 8 * (pass & 3);
    const counts = new Float64Array(256 * numGroups);
    for (const row of undecided) {
      const group = groups === null ? 0 : (groups[row] as number);
      const at = 256 * group + (((word[row] as number) >>> shift) & 255);
      counts[at] = (counts[at] as number) + 1;
    }
    const sums = BigInt64Array.from(counts, BigInt);
    await environment.wait(environment.collective.allreduce(sums, 'sum'));
    const borders = missing.map((_, group) => {
      const border = borderOf(sums.subarray(256 * group, 256 * group + 256), missing[group] ?? 0);
      missing[group] = border.missing;
      return border.digit;
    });
    let kept = 0;
    const rest = new Uint32Array(undecided.length);
    for (const row of undecided) {
      const group = groups === null ? 0 : (groups[row] as number);
      const digit = ((word[row] as number) >>> shift) & 255;
      const border = borders[group] as number;
      if (digit > border) chosen[row] = 1;
      else if (digit === border) rest[kept++] = row;
    }
    undecided = rest.subarray(0, kept);
  }
  for (const row of undecided) chosen[row] = 1;
  return chosen;
}

/** The byte that the last wanted row has, and how many are still wanted among the rows that have it. */
function borderOf(counts: BigInt64Array, wanted: number): { digit: number; missing: number } {
  // nothing is wanted: no byte is as large as the border
  if (wanted <= 0) return { digit: 256, missing: 0 };
  let missing = wanted;
  for (let digit = 255; digit >= 0; digit--) {
    const count = Number(counts[digit]);
    if (missing <= count) return { digit, missing };
    missing -= count;
  }
  // more is wanted than there is: every byte is above the border
  return { digit: -1, missing: 0 };
}
