/**
 * A split of an extended isolation forest: a plane of a drawn direction through a drawn point of the box around a node's
 * rows, over some of the features that they differ in (S. Hariri, M. Carrasco Kind, R. J. Brunner, "Extended isolation
 * forest", 2019). Directions are drawn as if every feature had standard deviation 1 among the tree's rows, so that units
 * do not matter. A plane may leave all rows on one side, as the paper has it.
 */
import { log } from '../../base/portable-math.ts';
import { mix32, unitInterval } from '../../base/rng.ts';
import { type PlaneTerms, sideOfPlane } from '../../tree/split-planes.ts';

/** A plane, and the rows on its sides. */
export interface DrawnPlane {
  readonly plane: PlaneTerms;
  /** Where rows go whose values are all missing: to the heavier side, ties left. */
  readonly missingGoesLeft: boolean;
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** The numbers that planes are drawn among. */
export interface PlaneSpace {
  /** Of each feature, NaN where it is missing. */
  readonly columns: readonly Float64Array[];
  /** Of each feature, see {@link spreadOf}. */
  readonly spreads: Float64Array;
  /** How many features take part in a plane, where the rows differ in as many. */
  readonly numFeatures: number;
}

interface Range {
  readonly feature: number;
  readonly low: number;
  readonly high: number;
}

/** Draws it; null where the rows' numbers are all alike. */
export function drawPlane(space: PlaneSpace, rows: Int32Array, key: number): DrawnPlane | null {
  const { columns, spreads, numFeatures } = space;
  const open = columns.flatMap((values, feature) => rangeOf(values, feature, rows) ?? []);
  const chosen: Range[] = [];
  while (chosen.length < numFeatures && open.length > 0) {
    const at = Math.floor(unitInterval(mix32(key ^ mix32(open.length))) * open.length);
    chosen.push(open[at] as Range);
    open[at] = open[open.length - 1] as Range;
    open.pop();
  }
  if (chosen.length === 0) return null;
  chosen.sort((a, b) => a.feature - b.feature);
  const features = chosen.map(({ feature }) => feature);
  const keys = features.map((feature) => mix32(key ^ mix32(feature ^ 0x2545f491)));
  const plane: PlaneTerms = {
    features,
    factors: features.map((f, i) => normalDraw(keys[i] as number) / (spreads[f] as number)),
    centres: chosen.map(({ low, high }, i) => {
      const share = unitInterval(mix32((keys[i] as number) ^ 0x68bc21eb));
      return low * (1 - share) + high * share;
    }),
  };
  const known: Record<'left' | 'right' | 'missing', number[]> = {
    left: [],
    right: [],
    missing: [],
  };
  for (const row of rows) {
    const side = sideOfPlane(plane, (feature) => columns[feature]?.[row] as number);
    known[side ?? 'missing'].push(row);
  }
  const missingGoesLeft = known.left.length >= known.right.length;
  (missingGoesLeft ? known.left : known.right).push(...known.missing);
  const [left, right] = [Int32Array.from(known.left), Int32Array.from(known.right)];
  return { plane, missingGoesLeft, left, right };
}

/** The standard deviation of what is there and finite; 1 where there is none. Nothing overflows. */
export function spreadOf(values: Float64Array, rows: Int32Array): number {
  const own = [...rows].map((row) => values[row] as number).filter(Number.isFinite);
  const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const mean = own.reduce((sum, value) => sum + value / largest, 0) / own.length;
  const offs = own.map((value) => value / largest - mean);
  const squares = offs.reduce((sum, off) => sum + off * off, 0);
  const spread = largest * Math.sqrt(squares / own.length);
  return spread > 0 && Number.isFinite(1 / spread) ? spread : 1;
}

function rangeOf(values: Float64Array, feature: number, rows: Int32Array): Range | null {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = values[row] as number;
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  if (!(least < largest)) return null;
  const low = Math.max(least, -Number.MAX_VALUE);
  return { feature, low, high: Math.min(largest, Number.MAX_VALUE) };
}

/** A number of the standard normal distribution (G. Marsaglia, "Improving the polar method", 1962). */
function normalDraw(key: number): number {
  for (let next = mix32(key); ; next = mix32(next ^ 0x5bd1e995)) {
    const x = 2 * unitInterval(next) - 1;
    const y = 2 * unitInterval(mix32(next ^ 0x27d4eb2f)) - 1;
    const size = x * x + y * y;
    if (size > 0 && size < 1) return x * Math.sqrt((-2 * log(size)) / size);
  }
}
