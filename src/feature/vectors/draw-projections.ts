/**
 * Sparse random directions: each a few columns, drawn without replacement, and a weight for each. A draw is a hash of the
 * seed, the projection and its number, so data decides only what columns are divided by and which never vary.
 */
import { CoppiceError } from '../../base/errors.ts';
import { hash32, purposes, unitInterval } from '../../base/rng.ts';
import type { GatherOptions } from '../../pipeline/gather-partitions.ts';
import type { FeatureColumn } from '../../table/columns/feature-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { refuseInfinite, refuseWidth } from '../numbers/scaled-columns.ts';
import { columnMoments } from '../statistics/column-moments.ts';
import { columnRanges } from '../statistics/column-ranges.ts';
import type { SparseProjection } from './projected-features.ts';

/** What is drawn, and how columns are brought to one scale. */
interface Wanted {
  readonly owner: string;
  readonly numProjections: number;
  readonly featuresPerProjection: number;
  readonly weights: 'binary' | 'continuous';
  readonly normalization: 'standardDeviation' | 'minMax' | 'none';
  readonly seed: number;
}

/** Draws in vain after which there are no more that differ. */
const mostTries = 1000;

/**
 * The projections of a table's columns.
 *
 * @throws CoppiceError `DATA_EMPTY` for no values, `DATA_INVALID` for an infinite one or fewer than two columns that vary
 */
export async function drawProjections(
  table: PartitionedTable,
  inputs: readonly FeatureColumn[],
  wanted: Wanted,
  options: GatherOptions,
): Promise<SparseProjection[]> {
  const scales = await scalesOf(table, inputs, wanted, options);
  // a column that never varies, or so little that nothing can be divided by it, moves no row
  const varying = inputs.flatMap(({ name }, at): Scaled[] => {
    const factor = 1 / (scales[at] as number);
    return factor > 0 && factor < Number.POSITIVE_INFINITY ? [{ name, factor }] : [];
  });
  if (varying.length < 2) throw tooFew(wanted.owner, varying);
  return drawn(varying, wanted);
}

interface Scaled {
  readonly name: string;
  readonly factor: number;
}

/** What each column is divided by; 0 of one that never varies. */
async function scalesOf(
  table: PartitionedTable,
  inputs: readonly FeatureColumn[],
  { owner, normalization }: Wanted,
  options: GatherOptions,
): Promise<number[]> {
  if (normalization === 'standardDeviation') {
    const moments = await columnMoments(table, owner, inputs, options);
    if (moments.every(({ count }) => count === 0)) throw empty(owner);
    return moments.map(({ deviation }) => deviation);
  }
  const ranges = await columnRanges(table, inputs, options);
  if (ranges.every(({ min, max }) => min > max)) throw empty(owner);
  return ranges.map(({ min, max }, at) => {
    if (min >= max) return 0;
    const path = inputs[at]?.path;
    for (const end of [min, max]) refuseInfinite(owner, path, end);
    if (normalization === 'none') return 1;
    refuseWidth(owner, path, min, max);
    return max - min;
  });
}

function drawn(varying: readonly Scaled[], wanted: Wanted): SparseProjection[] {
  const { numProjections, featuresPerProjection, seed } = wanted;
  const size = Math.min(featuresPerProjection, varying.length);
  const known = new Set<string>();
  const projections: SparseProjection[] = [];
  for (let index = 0; index < numProjections; index++) {
    let draws = 0;
    const draw = (): number => {
      draws += 1;
      return unitInterval(hash32(seed, purposes.projection, index, draws));
    };
    for (let tries = 0; tries < mostTries; tries++) {
      const places = drawPlaces(size, varying.length, draw);
      const weights = drawWeights(places.length, wanted.weights, draw);
      const key = `${places} ${weights}`;
      if (known.has(key)) continue;
      known.add(key);
      const columns = places.map((place) => varying[place] as Scaled);
      projections.push({
        features: columns.map(({ name }) => name),
        weights: columns.map(({ factor }, at) => (weights[at] as number) * factor),
      });
      break;
    }
  }
  return projections;
}

/** Some of the numbers below a limit, ascending (R. W. Floyd's way: as many draws as numbers). */
function drawPlaces(size: number, limit: number, draw: () => number): number[] {
  const places = new Set<number>();
  for (let last = limit - size; last < limit; last++) {
    const place = Math.floor(draw() * (last + 1));
    places.add(places.has(place) ? last : place);
  }
  return [...places].sort((a, b) => a - b);
}

/** A weight for each; the first is positive, as a sum and its negative have the same splits. */
function drawWeights(count: number, kind: Wanted['weights'], draw: () => number): number[] {
  const weights = Array.from({ length: count }, () => {
    const unit = draw();
    if (kind === 'binary') return unit < 0.5 ? -1 : 1;
    // the middle of each of 2^32 steps, so never 0
    return 2 * (unit + 2 ** -33) - 1;
  });
  const sign = (weights[0] as number) < 0 ? -1 : 1;
  return weights.map((weight) => weight * sign);
}

function empty(owner: string): CoppiceError {
  const message = `columns given to ${owner} must have numbers that are not missing; got none`;
  return new CoppiceError('DATA_EMPTY', message, { context: { owner } });
}

function tooFew(owner: string, varying: readonly Scaled[]): CoppiceError {
  const got = varying.length === 0 ? 'none' : `${varying[0]?.name} alone`;
  const message = `columns given to ${owner} must be at least two of numbers that vary; got ${got}: leave the stage out, or give it more inputCols`;
  return new CoppiceError('DATA_INVALID', message, { context: { owner } });
}
