/**
 * Where is a convex function plus absolute values least, with some coordinates kept from falling below 0?
 * Limited-memory BFGS (D. C. Liu and J. Nocedal, 1989); with absolute values OWL-QN (G. Andrew and J. Gao, 2007):
 * a step stays in one orthant and is cut off at its edge. A bound at 0 is the same with one orthant only.
 * Coordinates that rest at 0 and would leave their orthant are held still, and the curvature is that of the
 * others (D. P. Bertsekas, two-metric projection, 1982).
 *
 * Every rank runs it on the same numbers with + − × ÷ and square roots alone, so all take the same steps.
 */

/** A function's value and slope. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** What is to be made small. */
export interface Minimisation {
  /** The smooth part. */
  evaluate(point: Float64Array): Promise<Evaluation>;
  /** Hears of each step, counted from 1. */
  onStep?(numSteps: number): void;
  readonly start: Float64Array;
  /** Factor of each coordinate's magnitude. */
  readonly absolute: Float64Array;
  /** 1 where a coordinate must not be below 0. */
  readonly nonnegative: Uint8Array;
  readonly maxIter: number;
  /** Ends when the slope is that small beside the value, or the value hardly falls any more. */
  readonly tol: number;
}

/** Where it ended. */
export interface Minimum {
  readonly point: Float64Array;
  /** The whole value before each step and after the last. */
  readonly history: readonly number[];
}

/** How many steps the curvature is taken from. */
const numPairs = 10;
/** Steps over which a value that hardly falls is noticed. */
const patience = 5;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
}

/** Finds it. */
export async function minimise(problem: Minimisation): Promise<Minimum> {
  const { maxIter, tol } = problem;
  let point = clip(problem, problem.start.slice());
  let { value, gradient } = await problem.evaluate(point);
  let total = value + penalty(problem, point);
  const history = [total];
  let pairs: Pair[] = [];
  for (let iteration = 0; iteration < maxIter; iteration++) {
    const slope = steepest(problem, point, gradient);
    const size = Math.sqrt(dot(slope, slope));
    if (size <= Math.max(tol * Math.abs(total), 1e-15)) break;
    const before = history[history.length - 1 - patience];
    if (before !== undefined && before - total <= 1e-3 * tol * Math.abs(total)) break;
    let direction = quasiNewton(problem, { point, slope, pairs });
    if (!(dot(direction, slope) < 0)) {
      pairs = [];
      direction = slope.map((s) => -s);
    }
    const first = pairs.length === 0 ? Math.min(1, 1 / size) : 1;
    const found = await search(problem, { point, total, slope, direction }, first);
    if (found === null) {
      if (pairs.length === 0) break;
      pairs = [];
      continue;
    }
    const step = found.point.map((x, j) => x - (point[j] as number));
    const change = found.gradient.map((g, j) => g - (gradient[j] as number));
    if (dot(step, change) > 1e-14 * Math.sqrt(dot(step, step) * dot(change, change))) {
      pairs = [...pairs.slice(pairs.length === numPairs ? 1 : 0), { step, change }];
    }
    ({ point, total, value, gradient } = found);
    history.push(total);
    problem.onStep?.(history.length - 1);
  }
  return { point, history };
}

function penalty({ absolute }: Minimisation, point: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < point.length; j++) {
    sum += (absolute[j] as number) * Math.abs(point[j] as number);
  }
  return sum;
}

function clip({ nonnegative }: Minimisation, point: Float64Array): Float64Array {
  return point.map((x, j) => (nonnegative[j] === 1 && x < 0 ? 0 : x));
}

/** The slope of the whole, 0 where a coordinate rests at 0 and no way from there leads down. */
function steepest(
  problem: Minimisation,
  point: Float64Array,
  gradient: Float64Array,
): Float64Array {
  return gradient.map((g, j) => {
    const x = point[j] as number;
    const edge = problem.absolute[j] as number;
    if (x > 0) return g + edge;
    if (problem.nonnegative[j] === 1) return Math.min(0, g + edge);
    if (x < 0) return g - edge;
    if (g + edge < 0) return g + edge;
    return Math.max(0, g - edge);
  });
}

/** True where a coordinate may not change its sign within a step. */
function isHeld({ absolute, nonnegative }: Minimisation, j: number): boolean {
  return nonnegative[j] === 1 || (absolute[j] as number) > 0;
}

/** −H · slope over the coordinates that may move (the two loops of L-BFGS). */
function quasiNewton(
  problem: Minimisation,
  at: {
    readonly point: Float64Array;
    readonly slope: Float64Array;
    readonly pairs: readonly Pair[];
  },
): Float64Array {
  const { point, slope, pairs } = at;
  const isFree = Uint8Array.from(slope, (s, j) =>
    s !== 0 || point[j] !== 0 || !isHeld(problem, j) ? 1 : 0,
  );
  const direction = slope.map((s) => -s);
  const used = pairs
    .map((pair) => ({ ...pair, curvature: dotOver(isFree, pair.step, pair.change) }))
    .filter(({ change, curvature }) => curvature > 1e-14 * dotOver(isFree, change, change));
  const factors: number[] = [];
  for (const { step, change, curvature } of [...used].reverse()) {
    const factor = dotOver(isFree, step, direction) / curvature;
    factors.push(factor);
    addOver(isFree, direction, -factor, change);
  }
  const last = used.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / dotOver(isFree, last.change, last.change);
    for (let j = 0; j < direction.length; j++) direction[j] = (direction[j] as number) * scale;
  }
  for (const { step, change, curvature } of used) {
    const factor = (factors.pop() as number) - dotOver(isFree, change, direction) / curvature;
    addOver(isFree, direction, factor, step);
  }
  for (let j = 0; j < direction.length; j++) {
    const leaves = (direction[j] as number) * (slope[j] as number) >= 0;
    if (point[j] === 0 && isHeld(problem, j) && leaves) direction[j] = 0;
  }
  return direction;
}

interface SearchStart {
  readonly point: Float64Array;
  readonly total: number;
  readonly slope: Float64Array;
  readonly direction: Float64Array;
}

type Found = Evaluation & { readonly point: Float64Array; readonly total: number };

/** A step that lowers the whole enough, and is not too short; null where there is none. */
async function search(
  problem: Minimisation,
  start: SearchStart,
  firstLength: number,
): Promise<Found | null> {
  const { point, total, slope, direction } = start;
  const descent = dot(slope, direction);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let length = firstLength;
  let best: Found | null = null;
  for (let attempt = 0; attempt < 30; attempt++) {
    const moved = along(problem, start, length);
    const found = await problem.evaluate(moved.point);
    const reached = found.value + penalty(problem, moved.point);
    let promised = 0;
    for (let j = 0; j < point.length; j++) {
      promised += (slope[j] as number) * ((moved.point[j] as number) - (point[j] as number));
    }
    if (!(reached <= total + 1e-4 * Math.min(0, promised))) {
      high = length;
      const curve = -(descent * length * length) / (2 * (reached - total - descent * length));
      const middle = (low + high) / 2;
      length = low === 0 && curve > 0.1 * high && curve < 0.5 * high ? curve : middle;
      if (best !== null && attempt > 3) return best;
      continue;
    }
    best = { ...found, point: moved.point, total: reached };
    if (moved.isCut) return best;
    const after = dot(steepest(problem, moved.point, found.gradient), direction);
    if (after >= 0.9 * descent) return best;
    low = length;
    length = high === Number.POSITIVE_INFINITY ? 2 * length : (low + high) / 2;
    if (attempt > 10) return best;
  }
  return best;
}

/** The point so far along the direction, each held coordinate stopped where it would change its sign. */
function along(
  problem: Minimisation,
  { point, slope, direction }: SearchStart,
  length: number,
): { point: Float64Array; isCut: boolean } {
  let isCut = false;
  const moved = point.map((x, j) => {
    const to = x + length * (direction[j] as number);
    if (!isHeld(problem, j)) return to;
    const isPositive = problem.nonnegative[j] === 1 || (x !== 0 ? x > 0 : (slope[j] as number) < 0);
    if (isPositive ? to >= 0 : to <= 0) return to;
    isCut = true;
    return 0;
  });
  return { point: moved, isCut };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

function dotOver(isFree: Uint8Array, a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) {
    if (isFree[j] === 1) sum += (a[j] as number) * (b[j] as number);
  }
  return sum;
}

function addOver(isFree: Uint8Array, to: Float64Array, factor: number, from: Float64Array): void {
  for (let j = 0; j < to.length; j++) {
    if (isFree[j] === 1) to[j] = (to[j] as number) + factor * (from[j] as number);
  }
}
