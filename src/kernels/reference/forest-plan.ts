/** A forest's plan as the twins read it; wasm/assembly/forest-plan.ts draws it and says what the fields are. */
import type { Views } from './views.ts';

/** The fields of a plan. */
export interface Plan {
  readonly kind: number;
  readonly words: number;
  readonly stride: number;
  readonly slotOffset: number;
  readonly idOffset: number;
  readonly records: number;
  readonly recordBytes: number;
  readonly countShift: bigint;
  readonly features: number;
  readonly numPlaces: number;
  readonly numDrawn: number;
  readonly drawKey: number;
  readonly histogram: number;
  readonly chosen: number;
  readonly touched: number;
  readonly lists: number;
  readonly capacity: number;
  /** 0 gini, 1 entropy; of treatments 2 Kullback-Leibler, 3 squared Euclidean, 4 chi-squared. */
  readonly measure: number;
  /** Least rows of each treatment and of untreated ones on a side. */
  readonly minArmRows: number;
  readonly maxCategories: number;
  readonly isRandom: boolean;
  readonly minWeight: number;
  readonly minRows: number;
  readonly minGain: number;
  readonly isMonotone: boolean;
  /** Rows a category that a node must have to order its categories by their labels. */
  readonly rowsPerCategory: number;
  /** Where the directions of places lie. */
  readonly directions: number;
  /** Between which values, as x / h, the node's children must lie. */
  readonly lower: number;
  readonly upper: number;
}

/** Reads a plan. */
export function readPlan(m: Views, plan: number): Plan {
  return {
    kind: m.u32(plan),
    words: m.u32(plan + 4),
    stride: m.u32(plan + 8),
    slotOffset: m.u32(plan + 12),
    idOffset: m.u32(plan + 16),
    records: m.u32(plan + 20),
    recordBytes: m.u32(plan + 24),
    countShift: BigInt(m.u32(plan + 28)),
    features: m.u32(plan + 32),
    numPlaces: m.i32(plan + 36),
    numDrawn: m.i32(plan + 40),
    drawKey: m.u32(plan + 44),
    histogram: m.u32(plan + 48),
    chosen: m.u32(plan + 52),
    touched: m.u32(plan + 56),
    lists: m.u32(plan + 60),
    capacity: m.u32(plan + 64),
    measure: m.u32(plan + 68),
    maxCategories: m.i32(plan + 72),
    isRandom: m.u32(plan + 76) !== 0,
    minWeight: m.f64(plan + 80),
    minRows: m.f64(plan + 88),
    minGain: m.f64(plan + 96),
    isMonotone: m.u32(plan + 120) !== 0,
    rowsPerCategory: m.i32(plan + 124),
    minArmRows: m.u32(plan + 128),
    directions: plan + 152,
    lower: m.u32(plan + 120) === 0 ? 0 : m.f64(plan + 136),
    upper: m.u32(plan + 120) === 0 ? 0 : m.f64(plan + 144),
  };
}

/** A chosen feature. */
export interface Chosen {
  readonly place: number;
  readonly offset: number;
  readonly width: number;
  readonly firstEntry: number;
  readonly numValues: number;
  readonly missingAt: number;
  readonly isCategory: boolean;
  readonly index: number;
  /** 1 rising, −1 falling, 0 free. */
  readonly direction: number;
}

/** Reads the order-th chosen feature. */
export function readChosen(m: Views, plan: Plan, order: number): Chosen {
  const at = plan.chosen + order * 32;
  const place = m.i32(at);
  return {
    place,
    offset: m.u32(at + 4),
    width: m.u32(at + 8),
    firstEntry: m.u32(at + 12),
    numValues: m.i32(at + 16),
    missingAt: m.i32(at + 20),
    isCategory: m.u32(at + 24) !== 0,
    index: m.u32(at + 28),
    direction: plan.isMonotone ? (m.u8(plan.directions + place) << 24) >> 24 : 0,
  };
}

/** Do the values of two children keep to a direction, and to what the splits above allow? */
export function keepsOrder(
  { lower, upper }: Plan,
  direction: number,
  left: number,
  right: number,
): boolean {
  const [low, high] = direction > 0 ? [left, right] : [right, left];
  return low <= high && low >= lower && high <= upper;
}

/** Too few rows a category: the order of their labels would tell of these rows alone, and names keep theirs. */
export function keepsNames(
  { rowsPerCategory }: Plan,
  numRows: number,
  numPresent: number,
): boolean {
  return numRows < rowsPerCategory * numPresent;
}

/** Where the bins of a row are: in the row, or in the record that its number names. */
export function binsAt(m: Views, plan: Plan, row: number): number {
  if (plan.records === 0) return row;
  return plan.records + m.u32(row + plan.idOffset) * plan.recordBytes;
}

/** Bytes of the marks of a chosen feature: a bit for each bin. */
export function touchedBytes(chosen: Chosen): number {
  return ((chosen.missingAt + 64) >> 6) * 8;
}
