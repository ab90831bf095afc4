/**
 * The nodes and weights that integrate polynomials over [0, 1] exactly: n of them suffice for degree 2n − 1
 * (Gauss and Legendre). Found by Newton's method from + − × ÷ alone, so the same bits on every platform.
 */

/** Points of [0, 1] and their weights. */
export interface QuadratureRule {
  /** float64[n], ascending, inside (0, 1) */
  readonly nodes: Float64Array;
  /** float64[n]: 1 − node, without the loss of digits that the subtraction would bring */
  readonly complements: Float64Array;
  /** float64[n]; they add up to 1 */
  readonly weights: Float64Array;
}

const rules = new Map<number, QuadratureRule>();

/** The rule with n nodes. */
export function gaussLegendre(n: number): QuadratureRule {
  const known = rules.get(n);
  if (known !== undefined) return known;
  const nodes = new Float64Array(n);
  const complements = new Float64Array(n);
  const weights = new Float64Array(n);
  // the roots of the Legendre polynomial on [−1, 1] come in pairs ±x
  for (let i = 0; i < Math.ceil(n / 2); i++) {
    const { x, slope } = rootOf(n, i);
    const weight = 1 / ((1 - x) * (1 + x) * slope * slope);
    const low = (1 - x) / 2;
    const high = (1 + x) / 2;
    nodes[i] = low;
    complements[i] = high;
    nodes[n - 1 - i] = high;
    complements[n - 1 - i] = low;
    weights[i] = weight;
    weights[n - 1 - i] = weight;
  }
  const rule = { nodes, complements, weights };
  rules.set(n, rule);
  return rule;
}

/** The i-th largest root of the n-th Legendre polynomial, and the polynomial's slope there. */
function rootOf(n: number, i: number): { x: number; slope: number } {
  let x = 2 * i + 1 === n ? 0 : cosine((Math.PI * (i + 0.75)) / (n + 0.5));
  let slope = slopeAt(n, x).slope;
  for (let step = 0; step < 50; step++) {
    const { value, slope: current } = slopeAt(n, x);
    slope = current;
    const next = x - value / current;
    if (Math.abs(next - x) <= 2 ** -53) break;
    x = next;
  }
  return { x, slope };
}

function slopeAt(n: number, x: number): { value: number; slope: number } {
  let before = 1;
  let value = x;
  for (let k = 1; k < n; k++) {
    const next = ((2 * k + 1) * x * value - k * before) / (k + 1);
    before = value;
    value = next;
  }
  return { value, slope: (n * (before - x * value)) / ((1 - x) * (1 + x)) };
}

/** cos of an angle in [0, π/2], as a first guess: good to about nine digits. */
function cosine(angle: number): number {
  const square = angle * angle;
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= 9; k++) {
    term *= -square / (2 * k * (2 * k - 1));
    sum += term;
  }
  return sum;
}
