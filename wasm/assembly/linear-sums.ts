// The two loops of linear models: margins of rows, and sums of products that no order can change.
//
// foldedDot adds the products a[i] · b[i] up as whole numbers. Every product is split by two magic numbers:
//   t = a[i] · b[i], rounded once
//   high = (t + magic₀) − magic₀     t to a multiple of grid₀ = magic₀ · 2^−52 / 1.5
//   low  = (t − high + magic₁) − magic₁   the rest to a multiple of grid₁
// Sums of multiples of one power of two are exact while they have fewer than 53 bits, whatever their order, so
// lanes, ranks and partitions cannot show (J. Demmel and H. D. Nguyen, "Fast reproducible floating-point
// summation", 2013). The caller chooses the grids from the number of terms and their largest magnitude.

/** out[i] += factor · column[i]; float64[count] both. */
export function addScaled(column: usize, count: i32, factor: f64, out: usize): void {
  const f = f64x2.splat(factor);
  const whole = <usize>(count >> 2) << 5;
  let at: usize = 0;
  for (; at < whole; at += 32) {
    v128.store(out + at, f64x2.add(v128.load(out + at), f64x2.mul(f, v128.load(column + at))));
    v128.store(out + at, f64x2.add(v128.load(out + at, 16), f64x2.mul(f, v128.load(column + at, 16))), 16);
  }
  for (const end = <usize>count << 3; at < end; at += 8) {
    store<f64>(out + at, load<f64>(out + at) + factor * load<f64>(column + at));
  }
}

/** sums (float64[2]: high, low) += Σ a[i] · b[i], split by magic (float64[2]). */
export function foldedDot(a: usize, b: usize, count: i32, magic: usize, sums: usize): void {
  const first = load<f64>(magic);
  const second = load<f64>(magic, 8);
  const m0 = f64x2.splat(first);
  const m1 = f64x2.splat(second);
  let high = f64x2.splat(0.0), low = f64x2.splat(0.0);
  let highNext = f64x2.splat(0.0), lowNext = f64x2.splat(0.0);
  const whole = <usize>(count >> 2) << 5;
  let at: usize = 0;
  for (; at < whole; at += 32) {
    const t = f64x2.mul(v128.load(a + at), v128.load(b + at));
    const u = f64x2.mul(v128.load(a + at, 16), v128.load(b + at, 16));
    const tHigh = f64x2.sub(f64x2.add(t, m0), m0);
    const uHigh = f64x2.sub(f64x2.add(u, m0), m0);
    high = f64x2.add(high, tHigh);
    highNext = f64x2.add(highNext, uHigh);
    low = f64x2.add(low, f64x2.sub(f64x2.add(f64x2.sub(t, tHigh), m1), m1));
    lowNext = f64x2.add(lowNext, f64x2.sub(f64x2.add(f64x2.sub(u, uHigh), m1), m1));
  }
  high = f64x2.add(high, highNext);
  low = f64x2.add(low, lowNext);
  let sumHigh = f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1);
  let sumLow = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (const end = <usize>count << 3; at < end; at += 8) {
    const t = load<f64>(a + at) * load<f64>(b + at);
    const tHigh = t + first - first;
    sumHigh += tHigh;
    sumLow += t - tHigh + second - second;
  }
  store<f64>(sums, load<f64>(sums) + sumHigh);
  store<f64>(sums, load<f64>(sums, 8) + sumLow, 8);
}
