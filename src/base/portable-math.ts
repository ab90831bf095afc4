/**
 * exp and log with the same bits on every platform: only + − × ÷ and bit moves, which IEEE 754 fixes.
 * The kernels hold the same formulas (wasm/assembly/portable-math.ts); a test compares them bit for bit.
 * exp: reduction by ln 2 in two parts and a Taylor polynomial of degree 13 on ±ln2/2 (error < 1 ulp).
 * log: the rational form of fdlibm's e_log.c (Sun Microsystems), error < 1 ulp.
 */

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

/** 2^−1074 to 2^1023: a word that is written and read again as a double waits for the write. */
const powers = new Float64Array(2098);
for (let i = 0, power = 2 ** -1074; i < powers.length; i++, power *= 2) powers[i] = power;
const powerOfZero = 1074;

const inverseLn2 = 1.4426950408889634;
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const roundingMagic = 6755399441055744;

/** e^x; 0 below −708, +Infinity above 709.7. */
export function exp(x: number): number {
  if (!(x >= -708)) return x < -708 ? 0 : Number.NaN;
  if (x > 709.7) return Number.POSITIVE_INFINITY;
  const power = x * inverseLn2 + roundingMagic - roundingMagic;
  const r = x - power * ln2High - power * ln2Low;
  let p = 1.6059043836821613e-10;
  p = p * r + 2.08767569878681e-9;
  p = p * r + 2.505210838544172e-8;
  p = p * r + 2.755731922398589e-7;
  p = p * r + 2.7557319223985893e-6;
  p = p * r + 2.48015873015873e-5;
  p = p * r + 1.984126984126984e-4;
  p = p * r + 1.388888888888889e-3;
  p = p * r + 8.333333333333333e-3;
  p = p * r + 4.1666666666666664e-2;
  p = p * r + 1.6666666666666666e-1;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  const half = Math.floor(power / 2);
  return p * powerOfTwo(half) * powerOfTwo(power - half);
}

/** Natural logarithm; −Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let exponent = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984;
    exponent = -54;
  }
  bits[0] = value;
  const high = words[1] as number;
  const adjust = ((high & 0xfffff) + 0x95f64) & 0x100000;
  const own = (high >> 20) - 1023 + (adjust >> 20);
  exponent += own;
  // own may be 1024, of which the table has the other side
  const f = value * (powers[powerOfZero - own] as number) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const halfSquare = 0.5 * f * f;
  return exponent * ln2High - (halfSquare - (s * (halfSquare + (t1 + t2)) + exponent * ln2Low) - f);
}

/** log(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + log(1 + exp(-x)) : log(1 + exp(x));
}

/** 1 / (1 + e^−x). */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** 2^n for −1074 ≤ n ≤ 1023. */
export function powerOfTwo(n: number): number {
  return powers[powerOfZero + n] as number;
}

/** The exponent of the smallest power of two that is ≥ |x|; −1074 for 0. */
export function ceilLog2(x: number): number {
  const magnitude = x < 0 ? -x : x;
  if (magnitude < 2.2250738585072014e-308) return magnitude === 0 ? -1074 : -1022;
  bits[0] = magnitude;
  const high = words[1] as number;
  const exponent = (high >> 20) - 1023;
  return (high & 0xfffff) === 0 && words[0] === 0 ? exponent : exponent + 1;
}
