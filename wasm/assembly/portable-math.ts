// exp, log and logistic with the bits of src/base/portable-math.ts; the scalar and the SIMD form agree.

export function exp(x: f64): f64 {
  if (!(x >= -708.0)) return x < -708.0 ? 0.0 : NaN;
  if (x > 709.7) return Infinity;
  const power = x * 1.4426950408889634 + 6755399441055744.0 - 6755399441055744.0;
  const r = x - power * 0.6931471803691238 - power * 1.9082149292705877e-10;
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
  p = p * r + 1.0;
  p = p * r + 1.0;
  const half = Math.floor(power / 2.0);
  return p * powerOfTwo(half) * powerOfTwo(power - half);
}

export function powerOfTwo(n: f64): f64 {
  return reinterpret<f64>((<i64>n + 1023) << 52);
}

export function log(x: f64): f64 {
  if (!(x > 0.0)) return x == 0.0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  let exponent: i32 = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984.0;
    exponent = -54;
  }
  const bits = reinterpret<u64>(value);
  let high = <i32>(bits >> 32);
  exponent += (high >> 20) - 1023;
  high &= 0xfffff;
  const adjust = (high + 0x95f64) & 0x100000;
  const k = <f64>(exponent + (adjust >> 20));
  const f = reinterpret<f64>((<u64>(high | (adjust ^ 0x3ff00000)) << 32) | (bits & 0xffffffff)) - 1.0;
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 =
    z *
    (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const halfSquare = 0.5 * f * f;
  return k * 0.6931471803691238 - (halfSquare - (s * (halfSquare + (t1 + t2)) + k * 1.9082149292705877e-10) - f);
}

/** log of two lanes, the bits of the scalar form, for numbers from 2^-1022 on. */
// @ts-ignore: decorator
@inline
export function logOfPositive2(x: v128): v128 {
  const adjust = v128.and(
    i64x2.add(v128.and(x, i64x2.splat(0x000fffff00000000)), i64x2.splat(0x00095f6400000000)), i64x2.splat(0x0010000000000000),
  );
  const exponent = i64x2.add(i64x2.shr_u(x, 52), i64x2.shr_u(adjust, 52));
  // the bits of 1.5 * 2^52 + n hold n
  const k = f64x2.sub(i64x2.add(exponent, i64x2.splat(0x4338000000000000 - 1023)), f64x2.splat(6755399441055744.0));
  const mantissa = v128.and(x, i64x2.splat(0x000fffffffffffff));
  const f = f64x2.sub(v128.or(mantissa, v128.xor(adjust, i64x2.splat(0x3ff0000000000000))), f64x2.splat(1.0));
  const s = f64x2.div(f, f64x2.add(f64x2.splat(2.0), f));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  const t1 = f64x2.mul(w, next2(0.3999999999940942, w, next2(0.22222198432149784, w, f64x2.splat(0.15313837699209373))));
  const t2 = f64x2.mul(
    z,
    next2(0.6666666666666735, w, next2(0.2857142874366239, w, next2(0.1818357216161805, w, f64x2.splat(0.14798198605116586)))),
  );
  const halfSquare = f64x2.mul(f64x2.mul(f64x2.splat(0.5), f), f);
  const low = f64x2.add(
    f64x2.mul(s, f64x2.add(halfSquare, f64x2.add(t1, t2))), f64x2.mul(k, f64x2.splat(1.9082149292705877e-10)),
  );
  return f64x2.sub(
    f64x2.mul(k, f64x2.splat(0.6931471803691238)), f64x2.sub(f64x2.sub(halfSquare, low), f),
  );
}

// a + w * rest
// @ts-ignore: decorator
@inline
function next2(a: f64, w: v128, rest: v128): v128 {
  return f64x2.add(f64x2.splat(a), f64x2.mul(w, rest));
}

export function softplus(x: f64): f64 {
  return x > 0.0 ? x + log(1.0 + exp(-x)) : log(1.0 + exp(x));
}

export function logistic(x: f64): f64 {
  if (x >= 0.0) return 1.0 / (1.0 + exp(-x));
  const e = exp(x);
  return e / (1.0 + e);
}

/** logistic of two lanes, the bits of the scalar form (inputs finite). */
// @ts-ignore: decorator
@inline
export function logistic2(x: v128): v128 {
  const one = f64x2.splat(1.0);
  const e = expOfNegative2(v128.or(x, f64x2.splat(-0.0)));
  // e where x is negative, else 1, which is at least e
  const numerator = f64x2.pmax(e, v128.andnot(one, f64x2.lt(x, f64x2.splat(0.0))));
  return f64x2.div(numerator, f64x2.add(one, e));
}

/** e^x of two lanes for x ≤ 0. */
// @ts-ignore: decorator
@inline
export function expOfNegative2(x: v128): v128 {
  const power = powerOf2(x);
  const r = restOf2(x, power);
  return scaled2(x, power, lastSteps(nextSteps(firstSteps(r), r), r));
}

/**
 * e^x of sixteen numbers ≤ 0 into memory, two of each vector. One such chain of operations waits for itself most of the
 * time, and the optimising compiler of V8 writes one chain behind another, too far apart to overlap. So all of them
 * meet after some steps: `never` is false, which the compiler does not know.
 */
// @ts-ignore: decorator
@inline
export function storeExps(
  to: usize, never: bool, a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128,
): void {
  const na = powerOf2(a), nb = powerOf2(b), nc = powerOf2(c), nd = powerOf2(d);
  const ne = powerOf2(e), nf = powerOf2(f), ng = powerOf2(g), nh = powerOf2(h);
  const ra = restOf2(a, na), rb = restOf2(b, nb), rc = restOf2(c, nc), rd = restOf2(d, nd);
  const re = restOf2(e, ne), rf = restOf2(f, nf), rg = restOf2(g, ng), rh = restOf2(h, nh);
  let pa = firstSteps(ra), pb = firstSteps(rb), pc = firstSteps(rc), pd = firstSteps(rd);
  let pe = firstSteps(re), pf = firstSteps(rf), pg = firstSteps(rg), ph = firstSteps(rh);
  if (never) {
    pa = ra; pb = rb; pc = rc; pd = rd; pe = re; pf = rf; pg = rg; ph = rh;
  }
  pa = nextSteps(pa, ra); pb = nextSteps(pb, rb); pc = nextSteps(pc, rc); pd = nextSteps(pd, rd);
  pe = nextSteps(pe, re); pf = nextSteps(pf, rf); pg = nextSteps(pg, rg); ph = nextSteps(ph, rh);
  if (never) {
    pa = ra; pb = rb; pc = rc; pd = rd; pe = re; pf = rf; pg = rg; ph = rh;
  }
  pa = lastSteps(pa, ra); pb = lastSteps(pb, rb); pc = lastSteps(pc, rc); pd = lastSteps(pd, rd);
  pe = lastSteps(pe, re); pf = lastSteps(pf, rf); pg = lastSteps(pg, rg); ph = lastSteps(ph, rh);
  if (never) {
    pa = ra; pb = rb; pc = rc; pd = rd; pe = re; pf = rf; pg = rg; ph = rh;
  }
  v128.store(to, scaled2(a, na, pa));
  v128.store(to, scaled2(b, nb, pb), 16);
  v128.store(to, scaled2(c, nc, pc), 32);
  v128.store(to, scaled2(d, nd, pd), 48);
  v128.store(to, scaled2(e, ne, pe), 64);
  v128.store(to, scaled2(f, nf, pf), 80);
  v128.store(to, scaled2(g, ng, pg), 96);
  v128.store(to, scaled2(h, nh, ph), 112);
}

// the steps of exp, in its order: x = power · ln 2 + r, then a polynomial of r of degree 13, its first terms first

// keeps NaN, as x stands first; a tenth of the instructions of max
// @ts-ignore: decorator
@inline
function clamped2(x: v128): v128 {
  return f64x2.pmax(x, f64x2.splat(-708.0));
}

// @ts-ignore: decorator
@inline
function powerOf2(x: v128): v128 {
  const magic = f64x2.splat(6755399441055744.0);
  return f64x2.sub(f64x2.add(f64x2.mul(clamped2(x), f64x2.splat(1.4426950408889634)), magic), magic);
}

// @ts-ignore: decorator
@inline
function restOf2(x: v128, power: v128): v128 {
  return f64x2.sub(
    f64x2.sub(clamped2(x), f64x2.mul(power, f64x2.splat(0.6931471803691238))),
    f64x2.mul(power, f64x2.splat(1.9082149292705877e-10)),
  );
}

// @ts-ignore: decorator
@inline
function step2(p: v128, r: v128, coefficient: f64): v128 {
  return f64x2.add(f64x2.mul(p, r), f64x2.splat(coefficient));
}

// @ts-ignore: decorator
@inline
function firstSteps(r: v128): v128 {
  let p = step2(f64x2.splat(1.6059043836821613e-10), r, 2.08767569878681e-9);
  p = step2(p, r, 2.505210838544172e-8);
  p = step2(p, r, 2.755731922398589e-7);
  return step2(p, r, 2.7557319223985893e-6);
}

// @ts-ignore: decorator
@inline
function nextSteps(p: v128, r: v128): v128 {
  p = step2(p, r, 2.48015873015873e-5);
  p = step2(p, r, 1.984126984126984e-4);
  p = step2(p, r, 1.388888888888889e-3);
  p = step2(p, r, 8.333333333333333e-3);
  return step2(p, r, 4.1666666666666664e-2);
}

// @ts-ignore: decorator
@inline
function lastSteps(p: v128, r: v128): v128 {
  p = step2(p, r, 1.6666666666666666e-1);
  p = step2(p, r, 0.5);
  p = step2(p, r, 1.0);
  return step2(p, r, 1.0);
}

// @ts-ignore: decorator
@inline
function scaled2(x: v128, power: v128, p: v128): v128 {
  // 2^power at once: at least 2^-1022, so that the scalar form's first factor rounds nothing. power + 1023 sits in the low
  // mantissa bits once 2^52 · 1.5 is added
  const biased = f64x2.add(power, f64x2.splat(6755399441055744.0 + 1023.0));
  const scaled = f64x2.mul(p, i64x2.shl(biased, 52));
  return v128.andnot(scaled, f64x2.lt(x, f64x2.splat(-708.0)));
}
