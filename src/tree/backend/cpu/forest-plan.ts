/**
 * What the forest kernels know of a fit: writes the plan (wasm/assembly/forest-plan.ts draws it) and says how
 * much memory its parts take. One plan a rank; addresses of rows and nodes are given with each call.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { ForestImpurity } from '../../forest-impurity.ts';

/** How a split is measured: sums of a number or of several, two classes by gini, or several classes. */
export type ForestKind = 'number' | 'numbers' | 'two classes' | 'classes';

const measures: Readonly<Record<ForestImpurity, number>> = {
  gini: 0,
  variance: 0,
  entropy: 1,
  kullbackLeibler: 2,
  euclidean: 3,
  chiSquared: 4,
};

/** Everything but addresses. */
export interface ForestSetting {
  readonly kind: ForestKind;
  /** Classes; of several numbers how many. */
  readonly numClasses: number;
  readonly impurity: ForestImpurity;
  /** Least rows of each treatment and of untreated ones on a side, where splits part treatments' effects. */
  readonly minArmRows?: number;
  /** Bits under the count of rows in a sum of weights. */
  readonly countShift: number;
  /** Features a node looks at in one go; 0 for all. */
  readonly numDrawn: number;
  readonly seed: number;
  readonly minInstancesPerNode: number;
  /** In units of weight. */
  readonly minWeight: number;
  /** Least gain for a unit of weight, in units of gain. */
  readonly minGain: number;
  readonly maxCategoriesPerSplit: number;
  /** Nodes with fewer rows a category keep categories in the order of their names. */
  readonly rowsPerCategory: number;
  /** Cuts are drawn, not searched for. */
  readonly isRandom: boolean;
  /** 1 rising, −1 falling, 0 free, by place; null where all are free. */
  readonly directions: Int8Array | null;
}

/** Where the parts lie that kernels write. */
export interface ForestScratch {
  readonly plan: number;
  readonly histogram: number;
  readonly chosen: number;
  readonly touched: number;
  readonly lists: number;
}

/** Rows that are longer keep their bins in the record, and only slot and row number move. */
export const longestMovedRow = 64;

/** What of a row moves as the tree grows. */
export interface MovedRows {
  /** Bytes of what moves, where its slot is, and where its row number is (unless the bins move too). */
  readonly stride: number;
  readonly slotOffset: number;
  readonly idOffset: number;
  /** True where the whole record moves. */
  readonly isWhole: boolean;
}

/** How a fit's rows move. */
export function movedRows(layout: BinnedLayout): MovedRows {
  const { stride, slotOffset, slotBytes } = layout;
  if (stride <= longestMovedRow) return { stride, slotOffset, idOffset: 0, isWhole: true };
  const pointing = Math.ceil((slotBytes + 4) / 8) * 8;
  return { stride: pointing, slotOffset: 0, idOffset: slotBytes, isWhole: false };
}

/** Bytes of a slot: int32 of each number and uint32 weight, or class and weight. */
export function slotBytesOf(kind: ForestKind, numNumbers: number): number {
  return kind === 'number' || kind === 'numbers' ? 4 * (numNumbers + 1) : 4;
}

/** int64 words of a histogram entry, and of a node's totals. */
export function entryWords({ kind, numClasses }: ForestSetting): number {
  if (kind === 'numbers') return numClasses + 1;
  return kind === 'classes' ? numClasses : 2;
}

/** Entries of one node's histogram: those of the largest features that may be drawn together. */
export function numHistogramEntries(layout: BinnedLayout, numDrawn: number): number {
  const sizes = layout.places.map(
    ({ missingEntry }) => missingEntry + 1 + ((missingEntry + 1) % 2),
  );
  if (numDrawn > 0) sizes.sort((a, b) => b - a).splice(numDrawn);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Bytes of what a kernel writes of a node: totals, left totals, and the bins on the left. */
export function nodeBytes(layout: BinnedLayout, setting: ForestSetting): number {
  const leftBins = Math.floor((layout.maxCategoryBins + 64) / 64) * 8;
  return Math.ceil((64 + 16 * entryWords(setting) + leftBins) / 64) * 64;
}

/** Bytes of the parts of {@link ForestScratch}. */
export function scratchBytes(
  layout: BinnedLayout,
  setting: ForestSetting,
): Omit<Record<keyof ForestScratch, number>, 'histogram'> {
  const numPlaces = layout.places.length;
  const touched = layout.places.reduce(
    (sum, { missingEntry }) => sum + Math.floor((missingEntry + 64) / 64) * 8,
    0,
  );
  return {
    plan: setting.directions === null ? boundsAt : directionsAt + numPlaces,
    chosen: 32 * numPlaces + 64,
    touched: touched + 64,
    lists: Math.max(32 * listCapacity(layout) + 32 * entryWords(setting), 8 * numPlaces) + 128,
  };
}

function listCapacity(layout: BinnedLayout): number {
  return layout.places.reduce((most, place) => Math.max(most, place.numValueBins + 2), 2);
}

/** Behind the plan: between which values a node's children must lie, and the direction of each place. */
const boundsAt = 136;
const directionsAt = 152;

const kindCodes = { number: 0, 'two classes': 1, classes: 2, numbers: 3 } as const;

/** Writes a rank's plan; the touched bins and the histogram must be clear. */
export function writePlan(
  memory: WebAssembly.Memory,
  layout: BinnedLayout,
  setting: ForestSetting,
  at: { readonly scratch: ForestScratch; readonly featureTable: number; readonly records: number },
): void {
  const { scratch, featureTable, records } = at;
  const rows = movedRows(layout);
  const words = new Uint32Array(memory.buffer, scratch.plan, 33);
  words.set([
    ...[kindCodes[setting.kind], entryWords(setting), rows.stride, rows.slotOffset, rows.idOffset],
    ...[rows.isWhole ? 0 : records, layout.stride, setting.countShift, featureTable],
    ...[layout.places.length, setting.numDrawn, setting.seed, scratch.histogram, scratch.chosen],
    ...[scratch.touched, scratch.lists, listCapacity(layout)],
    ...[measures[setting.impurity], setting.maxCategoriesPerSplit],
    setting.isRandom ? 1 : 0,
  ]);
  const limits = new Float64Array(memory.buffer, scratch.plan + 80, 3);
  limits.set([setting.minWeight, Math.max(1, setting.minInstancesPerNode), setting.minGain]);
  // no draw has been made yet that a next attempt could go on from
  words[27] = 0x7fffffff;
  const { directions } = setting;
  words[30] = directions === null ? 0 : 1;
  words[31] = setting.rowsPerCategory;
  words[32] = setting.minArmRows ?? 0;
  if (directions !== null)
    new Int8Array(memory.buffer, scratch.plan + directionsAt).set(directions);
}

/** Between which values, as x / h, the children of the node that is searched next must lie. */
export function writeBounds(
  f64: Float64Array,
  plan: number,
  { lower, upper }: { readonly lower: number; readonly upper: number },
): void {
  f64[(plan + boundsAt) / 8] = lower;
  f64[(plan + boundsAt) / 8 + 1] = upper;
}

/** Other records that ids of rows point into. */
export function writeRecords(buffer: ArrayBufferLike, plan: number, records: number): void {
  new Uint32Array(buffer, plan + 20, 1)[0] = records;
}

/** Another least weight of a side, in the kernels' units. */
export function writeMinWeight(memory: WebAssembly.Memory, plan: number, minWeight: number): void {
  new Float64Array(memory.buffer, plan + 80, 1)[0] = minWeight;
}
