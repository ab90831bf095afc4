/**
 * A node for findSplit, from rows: each feature's histogram, the totals, the limits; and what the kernel
 * answered, in words. The histogram is summed here with bigints, not by a kernel.
 */
import { categoryScratchBytes } from '../../src/tree/backend/cpu/candidate.ts';
import type { TwinMemories } from './twin-memories.ts';

/** A feature: its values' bins row by row (null is missing), how many bins there are, and its kind. */
export interface CaseFeature {
  readonly bins: readonly (number | null)[];
  readonly numValues: number;
  readonly isCategory: boolean;
}

/** The rows of a node: integers g and h ≥ 1, and features. */
export interface SplitRows {
  readonly g: readonly number[];
  readonly h: readonly number[];
  readonly features: readonly CaseFeature[];
}

/** What findSplit's params hold; the defaults put no limit on anything. */
export const freeLimits = {
  gradUnit: 1,
  hessUnit: 1,
  lambda: 0,
  minHess: 0,
  minRows: 0,
  categorySmooth: 0,
  categoryLambda: 0,
  minGroupRows: 0,
  countShift: 40,
  maxCategories: 1 << 20,
  maxOneHot: 0,
  /** 1: all sums are under 2^51. */
  isShort: 0,
};
export type SplitLimits = typeof freeLimits;

/** What findSplit found. */
export interface FoundSplit {
  readonly score: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: number;
  readonly numLeft: number;
  readonly leftGrad: bigint;
  readonly leftHess: bigint;
  readonly runnerUpScore: number;
  readonly runnerUp: number;
  /** Does this bin go left? Bin numValues is the missing one. */
  goesLeft(bin: number): boolean;
}

/** Addresses of a node that was laid out. */
export interface PlacedNode {
  readonly hist: number;
  readonly features: number;
  readonly params: number;
  readonly totals: number;
  readonly best: number;
  readonly leftBins: number;
  readonly scratch: number;
  readonly rows: SplitRows;
}

export function placeParams(twins: TwinMemories, limits: SplitLimits): number {
  const floats = [limits.gradUnit, limits.hessUnit, limits.lambda, limits.minHess, limits.minRows];
  const more = [limits.categorySmooth, limits.categoryLambda, limits.minGroupRows];
  const params = twins.zeros(80);
  for (const [i, x] of [...floats, ...more].entries()) twins.stage.setF64(params + i * 8, x);
  twins.stage.setU32(params + 64, limits.countShift);
  twins.stage.setU32(params + 68, limits.maxCategories);
  twins.stage.setU32(params + 72, limits.maxOneHot);
  twins.stage.setU32(params + 76, limits.isShort);
  return params;
}

export function placeNode(
  twins: TwinMemories,
  rows: SplitRows,
  limits: SplitLimits = freeLimits,
): PlacedNode {
  const one = limits.countShift < 63 ? 1n << BigInt(limits.countShift) : 0n;
  const words: number[] = [];
  const entries: bigint[] = [];
  for (const { bins, numValues, isCategory } of rows.features) {
    words.push(
      0,
      entries.length / 2,
      numValues,
      numValues,
      isCategory ? 1 : 0,
      0,
      1,
      words.length / 8,
    );
    const sums = Array<bigint>(2 * (numValues + 1)).fill(0n);
    for (const [i, bin] of bins.entries()) {
      const at = 2 * (bin ?? numValues);
      sums[at] = (sums[at] as bigint) + BigInt(rows.g[i] as number);
      sums[at + 1] = (sums[at + 1] as bigint) + one + BigInt(rows.h[i] as number);
    }
    entries.push(...sums);
  }
  const sum = (values: readonly number[]) => values.reduce((total, x) => total + BigInt(x), 0n);
  const mostValues = Math.max(0, ...rows.features.map((feature) => feature.numValues));
  return {
    hist: twins.i64(entries),
    features: twins.u32(words),
    params: placeParams(twins, limits),
    totals: twins.i64([sum(rows.g), one * BigInt(rows.g.length) + sum(rows.h)]),
    best: twins.zeros(64),
    leftBins: twins.zeros(((mostValues + 64) >> 6) * 8),
    scratch: twins.scratch(categoryScratchBytes({ maxCategoryBins: mostValues })),
    rows,
  };
}

/** Runs both twins over features [begin, end). */
export function findOn(
  twins: TwinMemories,
  node: PlacedNode,
  [begin, end]: readonly [number, number] = [0, node.rows.features.length],
  mask = 0,
): FoundSplit {
  const head = [node.hist, node.features, begin, end, mask, node.params, node.totals];
  twins.run('findSplit', [...head, node.best, node.leftBins, node.scratch]);
  return readSplit(twins, node.best, node.leftBins);
}

/** What findShapedSplit's shape holds; the defaults bend nothing. */
export const freeShape = {
  alpha: 0,
  maxDeltaStep: Number.POSITIVE_INFINITY,
  smoothing: 0,
  value: 0,
  lower: Number.NEGATIVE_INFINITY,
  upper: Number.POSITIVE_INFINITY,
  drawsOne: 0,
  drawKey: 0,
  /** −1, 0 or 1 a feature. */
  directions: [] as readonly number[],
  /** Bounds of the children of cuts of every feature that is searched; null where they are the node's. */
  steps: null as CutSteps | null,
};
export type SplitShape = typeof freeShape;

/** What the shape's steps hold. */
export interface CutSteps {
  readonly missing: readonly [number, number];
  /** First bin, lower and upper bound of the left child and of the right one; bins ascend from 0. */
  readonly steps: readonly (readonly [number, number, number, number, number])[];
}

function placeSteps(twins: TwinMemories, { missing, steps }: CutSteps): number {
  const at = twins.zeros(24 + 40 * steps.length);
  twins.stage.setU32(at, steps.length);
  missing.forEach((bound, i) => twins.stage.setF64(at + 8 + 8 * i, bound));
  steps.forEach(([bin, ...bounds], k) => {
    twins.stage.setU32(at + 24 + 40 * k, bin);
    bounds.forEach((bound, i) => twins.stage.setF64(at + 32 + 40 * k + 8 * i, bound));
  });
  return at;
}

export function placeShape(twins: TwinMemories, shape: SplitShape): number {
  const { alpha, maxDeltaStep, smoothing, value, lower, upper, directions } = shape;
  const at = twins.zeros(64);
  const floats = [alpha, maxDeltaStep, smoothing, value, lower, upper];
  for (const [i, x] of floats.entries()) twins.stage.setF64(at + i * 8, x);
  twins.stage.setU32(at + 48, shape.drawsOne);
  twins.stage.setU32(at + 52, shape.drawKey);
  const table = directions.length === 0 ? 0 : twins.place(Int8Array.from(directions));
  twins.stage.setU32(at + 56, table);
  twins.stage.setU32(at + 60, shape.steps === null ? 0 : placeSteps(twins, shape.steps));
  return at;
}

/** Runs both twins of the shaped finder over features [begin, end). */
export function findShapedOn(
  twins: TwinMemories,
  node: PlacedNode,
  shape: number,
  [begin, end]: readonly [number, number] = [0, node.rows.features.length],
): FoundSplit {
  const head = [node.hist, node.features, begin, end, 0, node.params, node.totals, shape];
  twins.run('findShapedSplit', [...head, node.best, node.leftBins, node.scratch]);
  return readSplit(twins, node.best, node.leftBins);
}

/** Reads the head that findSplit and findClassSplit write. */
export function readSplit(twins: TwinMemories, best: number, leftBins: number): FoundSplit {
  const view = twins.result;
  const bits = view.bytes.slice(leftBins, leftBins + 8192);
  const bin = view.i32(best + 12);
  return {
    score: view.f64(best),
    feature: view.i32(best + 8),
    bin,
    missingLeft: view.i32(best + 16),
    numLeft: view.i32(best + 20),
    leftGrad: view.i64(best + 24),
    leftHess: view.i64(best + 32),
    runnerUpScore: view.f64(best + 40),
    runnerUp: view.i32(best + 48),
    goesLeft: (b) => (bin >= 0 ? b <= bin : (((bits[b >> 3] as number) >> (b & 7)) & 1) === 1),
  };
}

/** Lays the rows out and searches all features. */
export function findIn(
  twins: TwinMemories,
  rows: SplitRows,
  limits: Partial<SplitLimits> = {},
): FoundSplit {
  twins.clear();
  return findOn(twins, placeNode(twins, rows, { ...freeLimits, ...limits }));
}

/** GL² / (HL + λ) + GR² / (HR + λ) of the rows that go left and the rest. */
export function scoreOfSide(rows: SplitRows, isLeft: readonly boolean[], lambda: number): number {
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  for (const [i, left] of isLeft.entries()) {
    const at = left ? 0 : 2;
    sums[at] += rows.g[i] as number;
    sums[at + 1] = (sums[at + 1] as number) + (rows.h[i] as number);
  }
  return sums[0] ** 2 / (sums[1] + lambda) + sums[2] ** 2 / (sums[3] + lambda);
}
