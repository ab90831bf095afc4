/**
 * Where is ½ xᵀAx − bᵀx plus penalties least? By Cholesky factors where no coordinate is held at 0; else by
 * coordinate descent (J. Friedman, T. Hastie, R. Tibshirani, "Regularization paths", 2010), which soon knows
 * which coordinates are 0: for the others the equations are solved, and the answer is taken when it satisfies the
 * conditions of a minimum. A matrix without full rank goes to the general minimiser, which starts at 0 and so
 * ends near the smallest of the solutions.
 */
import { minimise } from './minimise.ts';

/** What is to be made small. */
export interface QuadraticProblem {
  /** float64[n · n], symmetric, no negative eigenvalues. */
  readonly matrix: Float64Array;
  readonly vector: Float64Array;
  /** What is added to the value: half of it. */
  readonly constant: number;
  /** Factors of magnitudes and of half squares. */
  readonly l1: Float64Array;
  readonly l2: Float64Array;
  readonly nonnegative: boolean;
  readonly maxIter: number;
  readonly tol: number;
}

/** Solves it. */
export async function solveQuadratic(
  problem: QuadraticProblem,
): Promise<{ readonly point: Float64Array; readonly history: readonly number[] }> {
  const size = problem.vector.length;
  const isHeld = problem.nonnegative || problem.l1.some((factor) => factor > 0);
  const everything = Array.from({ length: size }, (_, j) => j).filter(
    (j) => diagonal(problem, j) > 0,
  );
  const signs = new Float64Array(size);
  const point = isHeld ? descendByCoordinates(problem) : solveOn(problem, everything, signs);
  if (point !== null) return { point, history: [valueAt(problem, point)] };
  const { point: found, history } = await minimise({
    evaluate: async (x) => {
      const gradient = slopeAt(problem, x);
      return { value: smoothAt(problem, x, gradient), gradient };
    },
    start: new Float64Array(size),
    absolute: problem.l1,
    nonnegative: new Uint8Array(size).fill(problem.nonnegative ? 1 : 0),
    maxIter: Math.max(problem.maxIter, 1000),
    tol: Math.min(problem.tol, 1e-10),
  });
  return { point: found, history };
}

function diagonal({ matrix, vector }: QuadraticProblem, j: number): number {
  return matrix[j * vector.length + j] as number;
}

/** (A + l2) x − b */
function slopeAt({ matrix, vector, l2 }: QuadraticProblem, x: Float64Array): Float64Array {
  const size = vector.length;
  const slope = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    let sum = (l2[j] as number) * (x[j] as number) - (vector[j] as number);
    for (let k = 0; k < size; k++) sum += (matrix[j * size + k] as number) * (x[k] as number);
    slope[j] = sum;
  }
  return slope;
}

function smoothAt(
  { vector, constant }: QuadraticProblem,
  x: Float64Array,
  slope: Float64Array,
): number {
  let sum = constant;
  for (let j = 0; j < x.length; j++) {
    sum += (x[j] as number) * ((slope[j] as number) - (vector[j] as number));
  }
  return 0.5 * sum;
}

function valueAt(problem: QuadraticProblem, x: Float64Array): number {
  let value = smoothAt(problem, x, slopeAt(problem, x));
  for (let j = 0; j < x.length; j++) value += (problem.l1[j] as number) * Math.abs(x[j] as number);
  return value;
}

/** How many sweeps until the equations are tried. */
const sweepsBetween = 8;

/** Null where it does not come to rest. */
function descendByCoordinates(problem: QuadraticProblem): Float64Array | null {
  const { matrix, vector, l1, l2, nonnegative, maxIter, tol } = problem;
  const size = vector.length;
  const x = new Float64Array(size);
  // b − A x
  const rest = vector.slice();
  for (let sweep = 1; sweep <= maxIter; sweep++) {
    let largest = 0;
    for (let j = 0; j < size; j++) {
      const own = diagonal(problem, j);
      if (own === 0) continue;
      const before = x[j] as number;
      const pull = (rest[j] as number) + own * before;
      const edge = l1[j] as number;
      let after = 0;
      if (pull > edge) after = (pull - edge) / (own + (l2[j] as number));
      else if (pull < -edge && !nonnegative) after = (pull + edge) / (own + (l2[j] as number));
      if (after === before) continue;
      const move = after - before;
      x[j] = after;
      for (let k = 0; k < size; k++) {
        rest[k] = (rest[k] as number) - move * (matrix[j * size + k] as number);
      }
      largest = Math.max(largest, Math.abs(move) * Math.sqrt(own));
    }
    const isStill = largest <= tol * Math.sqrt(problem.constant) || largest === 0;
    if (!isStill && sweep % sweepsBetween !== 0 && sweep !== maxIter) continue;
    const exact = polish(problem, x);
    if (exact !== null) return exact;
    if (isStill) return x;
  }
  return null;
}

/** The minimum where just the coordinates of x that are not 0 are not 0, if it is the minimum of all. */
function polish(problem: QuadraticProblem, x: Float64Array): Float64Array | null {
  const active = [...x.keys()].filter((j) => x[j] !== 0);
  const signs = x.map((value) => Math.sign(value));
  const exact = solveOn(problem, active, signs);
  if (exact === null || active.some((j) => Math.sign(exact[j] as number) !== signs[j])) return null;
  const slope = slopeAt(problem, exact);
  const slack = 1e-12 * Math.sqrt(problem.constant);
  for (let j = 0; j < slope.length; j++) {
    if (x[j] !== 0) continue;
    const limit = (problem.l1[j] as number) + slack;
    const pull = -(slope[j] as number);
    if (pull > limit || (pull < -limit && !problem.nonnegative)) return null;
  }
  return exact;
}

/** Smallest pivot beside its diagonal element that counts as one. */
const leastPivot = 1e-11;

/** Solves the equations of some coordinates, the others being 0; null without full rank. */
function solveOn(
  { matrix, vector, l1, l2 }: QuadraticProblem,
  active: readonly number[],
  signs: Float64Array,
): Float64Array | null {
  const size = vector.length;
  const n = active.length;
  const factor = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = active[i] as number;
    for (let k = 0; k <= i; k++) {
      factor[i * n + k] = matrix[row * size + (active[k] as number)] as number;
    }
    factor[i * n + i] = (factor[i * n + i] as number) + (l2[row] as number);
    right[i] = (vector[row] as number) - (l1[row] as number) * (signs[row] as number);
  }
  for (let i = 0; i < n; i++) {
    const whole = factor[i * n + i] as number;
    for (let k = 0; k <= i; k++) {
      let sum = factor[i * n + k] as number;
      for (let m = 0; m < k; m++) {
        sum -= (factor[i * n + m] as number) * (factor[k * n + m] as number);
      }
      if (k < i) factor[i * n + k] = sum / (factor[k * n + k] as number);
      else if (sum > leastPivot * whole) factor[i * n + i] = Math.sqrt(sum);
      else return null;
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = right[i] as number;
    for (let m = 0; m < i; m++) sum -= (factor[i * n + m] as number) * (right[m] as number);
    right[i] = sum / (factor[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i] as number;
    for (let m = i + 1; m < n; m++) sum -= (factor[m * n + i] as number) * (right[m] as number);
    right[i] = sum / (factor[i * n + i] as number);
  }
  const point = new Float64Array(size);
  active.forEach((j, i) => {
    point[j] = right[i] as number;
  });
  return point;
}
