/**
 * Where leaves are to be linear, the numbers themselves are kept beside the bins, row by row as the records are:
 *
 *   numbers:  float64[row][numeric features, in their order]      NaN is missing
 */
import type { BinnedFeature } from '../../binning/binned-layout.ts';
import type { FeatureSource } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { RawColumns, Wave } from './raw-columns.ts';
import type { RowRuns } from './shard-rows.ts';

/** How many numbers a row has. */
export function numbersOfRow(features: readonly (FeatureSource | BinnedFeature)[]): number {
  return features.filter(({ kind }) => kind !== 'category').length;
}

/** The place of each feature among a row's numbers, −1 of categories. */
export function numberPlaces(features: readonly BinnedFeature[]): Int32Array {
  let next = 0;
  return Int32Array.from(features, ({ kind }) => (kind === 'numeric' ? next++ : -1));
}

/** Copies the numbers of a rank's runs that lie in a loaded wave; row 0 of the runs is at `target`. */
export function keepNumbers(
  environment: RankEnvironment,
  { raw, wave, sources }: { raw: RawColumns; wave: Wave; sources: readonly FeatureSource[] },
  runs: RowRuns,
  target: number,
): void {
  const width = numbersOfRow(sources);
  const waveEnd = wave.firstRow + wave.numRows;
  let done = 0;
  for (let r = 0; r < runs.starts.length; r++) {
    const start = runs.starts[r] as number;
    const count = runs.counts[r] as number;
    const from = Math.max(start, wave.firstRow);
    const length = Math.min(start + count, waveEnd) - from;
    if (length > 0) {
      const out = environment.f64(target + 8 * width * (done + from - start), width * length);
      let place = 0;
      for (const [f, { kind }] of sources.entries()) {
        if (kind === 'category') continue;
        const address = raw.address(f, from);
        const values =
          kind === 'f32' ? environment.f32(address, length) : environment.f64(address, length);
        for (let i = 0; i < length; i++) out[i * width + place] = values[i] as number;
        place += 1;
      }
    }
    done += count;
  }
}
