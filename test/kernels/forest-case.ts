/**
 * A node of a forest for the kernels, from rows: features, slots, the plan; and what the kernels found of it. The
 * best gain of any split is worked out here from the rows, in plain numbers.
 */
import { layoutRecords, writeFeatureTable } from '../../src/binning/binned-layout.ts';
import {
  entryWords,
  type ForestSetting,
  movedRows,
  nodeBytes,
  numHistogramEntries,
  scratchBytes,
  slotBytesOf,
  writeBounds,
  writePlan,
} from '../../src/tree/backend/cpu/forest-plan.ts';
import type { Draws } from './draws.ts';
import type { TwinMemories } from './twin-memories.ts';

/** A feature and its bins row by row; null is missing. */
export interface ForestFeature {
  readonly isCategory: boolean;
  readonly numValues: number;
  readonly bins: readonly (number | null)[];
}

/** Rows of a node: x and h of a number, or class and weight; further numbers of several. */
export interface ForestRowsCase {
  readonly x: readonly number[];
  readonly others?: readonly (readonly number[])[];
  readonly h: readonly number[];
  readonly features: readonly ForestFeature[];
  /** Which way children may differ, by feature, and between which values of x / h they must lie. */
  readonly monotone?: {
    readonly directions: readonly number[];
    readonly lower: number;
    readonly upper: number;
  };
}

/** No limits, all features, two classes by gini. */
export const freeSetting: ForestSetting = {
  kind: 'number',
  numClasses: 1,
  impurity: 'variance',
  countShift: 40,
  numDrawn: 0,
  seed: 5,
  minInstancesPerNode: 1,
  minWeight: 0,
  minGain: 0,
  maxCategoriesPerSplit: 1 << 20,
  rowsPerCategory: 0,
  isRandom: false,
  directions: null,
};

/** Addresses of a node that was laid out. */
export interface PlacedForest {
  readonly plan: number;
  readonly rows: number;
  readonly numRows: number;
  readonly histogram: number;
  readonly histogramBytes: number;
  readonly best: number;
  readonly words: number;
  readonly stride: number;
  readonly layout: ReturnType<typeof layoutRecords>;
  /** Position in the case of each place of the layout. */
  readonly features: readonly ForestFeature[];
}

/** Random rows of a kind. */
export function drawForestRows(
  draws: Draws,
  numRows: number,
  { kind, numClasses }: Pick<ForestSetting, 'kind' | 'numClasses'>,
  features: { readonly most: number; readonly values: readonly number[]; category(): boolean },
): ForestRowsCase {
  const isClass = kind === 'classes' || kind === 'two classes';
  const others = kind === 'numbers' ? numClasses - 1 : 0;
  return {
    others: draws.list(others, () => draws.list(numRows, () => draws.below(150) - 60)),
    x: draws.list(numRows, () => (isClass ? draws.below(numClasses) : draws.below(200) - 90)),
    h: draws.list(numRows, () => draws.pick([1, 1, 2, 7])),
    features: draws.list(1 + draws.below(features.most), () => {
      const numValues = draws.pick(features.values);
      const missing = draws.pick([0, 0.2]);
      const isCategory = features.category();
      const bins = Array.from({ length: numRows }, () =>
        draws.bool(missing) ? null : draws.below(numValues),
      );
      return { isCategory, numValues, bins };
    }),
  };
}

/** Lays rows, plan and scratch out; records longer than 64 bytes are pointed at. */
export function placeForest(
  twins: TwinMemories,
  rows: ForestRowsCase,
  free: ForestSetting,
  padding = 0,
): PlacedForest {
  const padded = [
    ...rows.features,
    ...Array.from({ length: padding }, () => ({
      isCategory: false,
      numValues: 2,
      bins: rows.x.map(() => 0),
    })),
  ];
  const layout = layoutRecords(
    padded.map(({ isCategory, numValues }, index) => ({
      name: `f${index}`,
      index,
      kind: isCategory ? ('category' as const) : ('numeric' as const),
      edges: Float64Array.from({ length: isCategory ? 0 : numValues - 1 }, (_, i) => i),
      categories: Array.from({ length: isCategory ? numValues : 0 }, (_, i) => `c${i}`),
      isFloat32: false,
    })),
    padded.map(() => true),
    slotBytesOf(free.kind, free.numClasses),
  );
  const { monotone = null } = rows;
  const directions =
    monotone === null
      ? null
      : Int8Array.from(layout.places, ({ feature: { kind, index } }) =>
          kind === 'category' ? 0 : (monotone.directions[index] ?? 0),
        );
  const setting: ForestSetting = { ...free, directions };
  const numRows = rows.x.length;
  const moved = movedRows(layout);
  const records = twins.zeros(numRows * layout.stride);
  const { stage } = twins;
  for (let i = 0; i < numRows; i++) {
    const record = records + i * layout.stride;
    for (const place of layout.places) {
      const bin = padded[place.feature.index]?.bins[i] ?? place.missingEntry;
      if (place.width === 1) stage.setU8(record + place.offset, bin);
      else stage.setU16(record + place.offset, bin);
    }
    writeSlot(twins, record + layout.slotOffset, setting, slotOf(rows, i));
  }
  let at = records;
  if (!moved.isWhole) {
    at = twins.zeros(numRows * moved.stride);
    for (let i = 0; i < numRows; i++) {
      writeSlot(twins, at + i * moved.stride, setting, slotOf(rows, i));
      stage.setU32(at + i * moved.stride + moved.idOffset, i);
    }
  }
  const words = entryWords(setting);
  const table = new Uint32Array(8 * layout.places.length);
  writeFeatureTable(layout, table);
  const histogramBytes = 8 * words * numHistogramEntries(layout, setting.numDrawn);
  const sizes = scratchBytes(layout, setting);
  const plan = twins.zeros(sizes.plan);
  // what drawFeatures remembers
  twins.ignore(plan + 104, 16);
  const scratch = {
    plan,
    histogram: twins.zeros(histogramBytes),
    chosen: twins.scratch(sizes.chosen),
    touched: twins.zeros(sizes.touched),
    lists: twins.scratch(sizes.lists),
  };
  const featureTable = twins.place(table);
  writePlan({ buffer: stage.buffer } as WebAssembly.Memory, layout, setting, {
    ...{ scratch, featureTable, records },
  });
  if (monotone !== null) writeBounds(new Float64Array(stage.buffer), plan, monotone);
  return {
    ...{ plan, numRows, histogramBytes, words, layout },
    rows: at,
    stride: moved.stride,
    histogram: scratch.histogram,
    best: twins.zeros(nodeBytes(layout, setting)),
    features: layout.places.map(({ feature }) => padded[feature.index] as ForestFeature),
  };
}

function slotOf({ x, h, others = [] }: ForestRowsCase, i: number): number[] {
  return [x[i] as number, h[i] as number, ...others.map((column) => column[i] as number)];
}

function writeSlot(
  { stage }: TwinMemories,
  slot: number,
  { kind }: ForestSetting,
  values: readonly number[],
): void {
  const [x = 0, h = 0] = values;
  if (kind === 'number' || kind === 'numbers') {
    values.forEach((value, word) => {
      stage.setU32(slot + 4 * word, value);
    });
  } else {
    stage.setU32(slot, (x << 16) | h);
  }
}

/** What was found of a node, read from memory. */
export function readForest(twins: TwinMemories, node: PlacedForest) {
  const { best, words } = node;
  const view = twins.result;
  const leftBins = view.bytes.slice(best + 64 + 16 * words, best + 64 + 16 * words + 8192);
  const [last, next] = [view.i32(best + 16), view.i32(best + 20)];
  const missingLeft = view.i32(best + 24) === 1;
  const isCategory = view.i32(best + 28) > 0;
  return {
    gain: view.f64(best),
    place: view.i32(best + 12),
    last,
    next,
    missingLeft,
    runnerUpGain: view.f64(best + 32),
    runnerUpPlace: view.i32(best + 40),
    weight: view.f64(best + 48),
    numRows: view.f64(best + 56),
    totals: [...twins.i64At(best + 64, words)],
    left: [...twins.i64At(best + 64 + 8 * words, words)],
    goesLeft: (bin: number | null): boolean => {
      if (bin === null) return missingLeft;
      if (!isCategory) return bin <= last;
      return (((leftBins[bin >> 3] as number) >> (bin & 7)) & 1) === 1;
    },
  };
}

/** What each outcome adds to the divergence of two shares. */
const divergences = {
  kullbackLeibler: (p: number, q: number) => p * Math.log(p / q),
  euclidean: (p: number, q: number) => (p - q) ** 2,
  chiSquared: (p: number, q: number) => (p - q) ** 2 / q,
};

/** How much less impure the two sides are, all weights counted: variance, gini, entropy, or minus a divergence. */
export function gainOf(
  { x, h, others = [] }: ForestRowsCase,
  setting: ForestSetting,
  isLeft: readonly boolean[],
): number {
  const rowWeight = h.reduce((sum, own) => sum + own, 0) / h.length;
  const impurity = (rows: readonly number[]): number => {
    const weight = rows.reduce((sum, i) => sum + (h[i] as number), 0);
    if (weight === 0) return 0;
    if (setting.kind === 'number' || setting.kind === 'numbers') {
      const sums = [x, ...others].map((column) =>
        rows.reduce((total, i) => total + (column[i] as number), 0),
      );
      return -sums.reduce((total, sum) => total + sum * sum, 0) / weight;
    }
    const counts = new Array<number>(setting.numClasses).fill(0);
    for (const i of rows) {
      counts[x[i] as number] = (counts[x[i] as number] as number) + (h[i] as number);
    }
    if (setting.impurity in divergences) {
      const divergence = divergences[setting.impurity as keyof typeof divergences];
      // a row of either outcome more
      const rates = counts
        .filter((_, k) => k % 2 === 1)
        .map((of1, arm) => (of1 + rowWeight) / (of1 + (counts[2 * arm] as number) + 2 * rowWeight));
      const [others = 0, ...treated] = rates;
      const apart = treated.map((p) => divergence(p, others) + divergence(1 - p, 1 - others));
      return (-weight * apart.reduce((sum, one) => sum + one, 0)) / treated.length;
    }
    return counts.reduce((sum, count) => {
      if (count === 0) return sum;
      if (setting.impurity === 'entropy') return sum - count * Math.log(count / weight);
      return sum - (count * count) / weight;
    }, 0);
  };
  const rows = x.map((_, i) => i);
  const [left, right] = [true, false].map((side) => rows.filter((i) => isLeft[i] === side));
  return impurity(rows) - impurity(left as number[]) - impurity(right as number[]);
}

/** Every way to send a feature's rows left by a cut, missing ones with either side. */
export function cutsOf({ bins, numValues }: ForestFeature): boolean[][] {
  return Array.from({ length: 2 * numValues }, (_, i) =>
    bins.map((bin) => (bin === null ? i % 2 === 0 : bin <= i >> 1)),
  );
}

/** Every way to send a category's rows left by a set of values, missing being one. */
export function subsetsOf({ bins, numValues }: ForestFeature): boolean[][] {
  return Array.from({ length: 2 << numValues }, (_, subset) =>
    bins.map((bin) => ((subset >> (bin ?? numValues)) & 1) === 1),
  );
}
