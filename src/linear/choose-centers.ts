/**
 * Which k of some weighted candidates shall k-means begin with? k-means++ (D. Arthur and S. Vassilvitskii, 2007) that
 * draws a few each time and takes the one that brings all nearest, as scikit-learn does, then a few of Lloyd's steps
 * over the candidates, as in Spark. Every rank does it alike.
 */
import { hash32, purposes, unitInterval } from '../base/rng.ts';

/** Steps over the candidates. */
const numSteps = 30;

/** Points without those that are there already, in their order. */
export function distinctPoints(points: Float64Array, width: number): Float64Array {
  const seen = new Set<string>();
  const kept: number[] = [];
  for (let at = 0; at < points.length; at += width) {
    const point = points.subarray(at, at + width);
    const key = point.join(' ');
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(...point);
  }
  return Float64Array.from(kept);
}

/** The centers; fewer than k where fewer candidates have weight. */
export function chooseCenters(candidates: {
  readonly points: Float64Array;
  readonly weights: Float64Array;
  readonly width: number;
  readonly k: number;
  readonly seed: number;
}): Float64Array {
  const { points, weights, width, k, seed } = candidates;
  const numPoints = weights.length;
  let nearest = new Float64Array(numPoints).fill(1);
  const chosen: number[] = [];
  for (let c = 0; c < k; c++) {
    const shares = weights.map((weight, i) => weight * (nearest[i] as number));
    const total = shares.reduce((sum, share) => sum + share, 0);
    if (!(total > 0)) break;
    // the first is drawn once: nothing tells yet which is good
    const numDraws = c === 0 ? 1 : 2 + (31 - Math.clz32(k));
    let best = { next: -1, cost: Number.POSITIVE_INFINITY, nearest };
    for (let t = 0; t < numDraws; t++) {
      const draw = hash32(seed, purposes.kMeans, 1_000_000 + 64 * c + t);
      const next = pick(shares, unitInterval(draw) * total);
      const away = nearest.map((least, i) => {
        const distance = squared(points, i * width, points, next * width, width);
        return c === 0 ? distance : Math.min(least, distance);
      });
      const cost = away.reduce((sum, distance, i) => sum + (weights[i] as number) * distance, 0);
      if (cost < best.cost) best = { next, cost, nearest: away };
    }
    chosen.push(best.next);
    ({ nearest } = best);
  }
  let centers: Float64Array = Float64Array.from(
    chosen.flatMap((i) => [...points.subarray(i * width, (i + 1) * width)]),
  );
  for (let step = 0; step < numSteps; step++) {
    const moved = lloyd(points, weights, centers, width);
    if (moved.every((value, at) => value === centers[at])) break;
    centers = moved;
  }
  return centers;
}

function pick(shares: Float64Array, at: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < shares.length; i++) {
    if (shares[i] === 0) continue;
    sum += shares[i] as number;
    last = i;
    if (at < sum) return i;
  }
  return last;
}

function lloyd(
  points: Float64Array,
  weights: Float64Array,
  centers: Float64Array,
  width: number,
): Float64Array {
  const numCenters = centers.length / width;
  const sums = new Float64Array(centers.length);
  const sizes = new Float64Array(numCenters);
  for (let i = 0; i < weights.length; i++) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < numCenters; c++) {
      const distance = squared(points, i * width, centers, c * width, width);
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    const weight = weights[i] as number;
    sizes[best] = (sizes[best] as number) + weight;
    for (let j = 0; j < width; j++) {
      const at = best * width + j;
      sums[at] = (sums[at] as number) + weight * (points[i * width + j] as number);
    }
  }
  return sums.map((sum, at) => {
    const size = sizes[Math.floor(at / width)] as number;
    return size > 0 ? sum / size : (centers[at] as number);
  });
}

// biome-ignore lint/complexity/useMaxParams: two places and a length
function squared(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  width: number,
): number {
  let sum = 0;
  for (let j = 0; j < width; j++) {
    const away = (a[aAt + j] as number) - (b[bAt + j] as number);
    sum += away * away;
  }
  return sum;
}
