// First and second derivatives of the loss for each row, in float64, from the row's own score, and their
// quantised form in the records. stats receives max|g| and max h (two float64), for the power-of-two scale.
import { exp, log, logistic, logistic2, softplus, storeExps } from './portable-math';

/** Squared error: g = w (score − label), h = w. weights may be 0 (none). */
export function squaredGradients(
  scores: usize, labels: usize, weights: usize, numRows: i32, grads: usize, hesses: usize, stats: usize,
): void {
  let maxGrad = load<f64>(stats);
  let maxHess = load<f64>(stats, 8);
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const at = i << 3;
    const w = weights ? load<f64>(weights + at) : 1.0;
    const g = w * (load<f64>(scores + at) - load<f64>(labels + at));
    store<f64>(grads + at, g);
    store<f64>(hesses + at, w);
    maxGrad = max<f64>(maxGrad, abs<f64>(g));
    maxHess = max<f64>(maxHess, w);
  }
  store<f64>(stats, maxGrad);
  store<f64>(stats, maxHess, 8);
}

/** Logistic loss of labels in [0, 1]: g = w (p − y), h = w max(p (1 − p), 1e-16). */
export function logisticGradients(
  scores: usize, labels: usize, weights: usize, numRows: i32, grads: usize, hesses: usize, stats: usize,
): void {
  let maxGrad = f64x2.splat(load<f64>(stats));
  let maxHess = f64x2.splat(load<f64>(stats, 8));
  const one = f64x2.splat(1.0);
  const floor = f64x2.splat(1e-16);
  // pmax is quicker than max, and loses NaN: all bits of a lane are set once it has seen one
  let nanGrad = f64x2.splat(0.0);
  let nanHess = f64x2.splat(0.0);
  const whole = <usize>(numRows >> 1) << 4;
  const ofSixteen = <usize>(numRows >> 4) << 7;
  let at: usize = 0;
  let sixteen: usize = 0;
  if (whole) {
    do {
      // probabilities of as many rows as the loop takes next, where g will be
      const end = sixteen < ofSixteen ? sixteen + 128 : whole;
      if (sixteen < ofSixteen) writeProbabilities(scores + sixteen, grads + sixteen);
      else for (; sixteen < whole; sixteen += 16) v128.store(grads + sixteen, logistic2(v128.load(scores + sixteen)));
      sixteen = end;
      do {
        const p = v128.load(grads + at);
        let g = f64x2.sub(p, v128.load(labels + at));
        let h = f64x2.pmax(f64x2.mul(p, f64x2.sub(one, p)), floor);
        if (weights) {
          const w = v128.load(weights + at);
          g = f64x2.mul(g, w);
          h = f64x2.mul(h, w);
        }
        maxGrad = f64x2.pmax(maxGrad, f64x2.abs(g));
        maxHess = f64x2.pmax(maxHess, h);
        nanGrad = v128.or(nanGrad, f64x2.ne(g, g));
        nanHess = v128.or(nanHess, f64x2.ne(h, h));
        v128.store(grads + at, g);
        v128.store(hesses + at, h);
        at += 16;
      } while (at < end);
    } while (at < whole);
  }
  maxGrad = v128.or(maxGrad, nanGrad);
  maxHess = v128.or(maxHess, nanHess);
  let largestGrad = max<f64>(f64x2.extract_lane(maxGrad, 0), f64x2.extract_lane(maxGrad, 1));
  let largestHess = max<f64>(f64x2.extract_lane(maxHess, 0), f64x2.extract_lane(maxHess, 1));
  if (numRows & 1) {
    const w = weights ? load<f64>(weights + at) : 1.0;
    const p = logistic(load<f64>(scores + at));
    const g = (p - load<f64>(labels + at)) * w;
    const h = max<f64>(p * (1.0 - p), 1e-16) * w;
    store<f64>(grads + at, g);
    store<f64>(hesses + at, h);
    largestGrad = max<f64>(largestGrad, abs<f64>(g));
    largestHess = max<f64>(largestHess, h);
  }
  store<f64>(stats, largestGrad);
  store<f64>(stats, largestHess, 8);
}

// logistic of sixteen scores. Its instructions wait for one another: eight chains of them are in flight, and share their constants
function writeProbabilities(scores: usize, to: usize): void {
  const x0 = v128.load(scores), x1 = v128.load(scores, 16), x2 = v128.load(scores, 32), x3 = v128.load(scores, 48);
  const x4 = v128.load(scores, 64), x5 = v128.load(scores, 80), x6 = v128.load(scores, 96), x7 = v128.load(scores, 112);
  const p0 = logistic2(x0), p1 = logistic2(x1), p2 = logistic2(x2), p3 = logistic2(x3);
  const p4 = logistic2(x4), p5 = logistic2(x5), p6 = logistic2(x6), p7 = logistic2(x7);
  v128.store(to, p0);
  v128.store(to, p1, 16);
  v128.store(to, p2, 32);
  v128.store(to, p3, 48);
  v128.store(to, p4, 64);
  v128.store(to, p5, 80);
  v128.store(to, p6, 96);
  v128.store(to, p7, 112);
}

/** Softmax over numClasses score columns (classStride bytes apart) into columns of probabilities. */
export function softmaxProbabilities(
  scores: usize, classStride: usize, numClasses: i32, numRows: i32, probabilities: usize, outStride: usize,
): void {
  const scoresEnd = scores + <usize>numClasses * classStride;
  const never = numRows < 0;
  const whole = <usize>numRows & ~15;
  // sixteen rows at once: two cache lines of each class
  for (let i: usize = 0; i < whole; i += 16) {
    const first = scores + (i << 3);
    const end = scoresEnd + (i << 3);
    const out = probabilities + (i << 3);
    let top0 = v128.load(first), top1 = v128.load(first, 16), top2 = v128.load(first, 32), top3 = v128.load(first, 48);
    let top4 = v128.load(first, 64), top5 = v128.load(first, 80), top6 = v128.load(first, 96), top7 = v128.load(first, 112);
    for (let at = first + classStride; at < end; at += classStride) {
      top0 = f64x2.max(top0, v128.load(at));
      top1 = f64x2.max(top1, v128.load(at, 16));
      top2 = f64x2.max(top2, v128.load(at, 32));
      top3 = f64x2.max(top3, v128.load(at, 48));
      top4 = f64x2.max(top4, v128.load(at, 64));
      top5 = f64x2.max(top5, v128.load(at, 80));
      top6 = f64x2.max(top6, v128.load(at, 96));
      top7 = f64x2.max(top7, v128.load(at, 112));
    }
    let total0 = f64x2.splat(0.0), total1 = total0, total2 = total0, total3 = total0;
    let total4 = total0, total5 = total0, total6 = total0, total7 = total0;
    let to = out;
    for (let at = first; at < end; at += classStride) {
      storeExps(
        to, never,
        f64x2.sub(v128.load(at), top0), f64x2.sub(v128.load(at, 16), top1),
        f64x2.sub(v128.load(at, 32), top2), f64x2.sub(v128.load(at, 48), top3),
        f64x2.sub(v128.load(at, 64), top4), f64x2.sub(v128.load(at, 80), top5),
        f64x2.sub(v128.load(at, 96), top6), f64x2.sub(v128.load(at, 112), top7),
      );
      total0 = f64x2.add(total0, v128.load(to));
      total1 = f64x2.add(total1, v128.load(to, 16));
      total2 = f64x2.add(total2, v128.load(to, 32));
      total3 = f64x2.add(total3, v128.load(to, 48));
      total4 = f64x2.add(total4, v128.load(to, 64));
      total5 = f64x2.add(total5, v128.load(to, 80));
      total6 = f64x2.add(total6, v128.load(to, 96));
      total7 = f64x2.add(total7, v128.load(to, 112));
      to += outStride;
    }
    const stop = out + <usize>numClasses * outStride;
    for (to = out; to < stop; to += outStride) {
      v128.store(to, f64x2.div(v128.load(to), total0));
      v128.store(to, f64x2.div(v128.load(to, 16), total1), 16);
      v128.store(to, f64x2.div(v128.load(to, 32), total2), 32);
      v128.store(to, f64x2.div(v128.load(to, 48), total3), 48);
      v128.store(to, f64x2.div(v128.load(to, 64), total4), 64);
      v128.store(to, f64x2.div(v128.load(to, 80), total5), 80);
      v128.store(to, f64x2.div(v128.load(to, 96), total6), 96);
      v128.store(to, f64x2.div(v128.load(to, 112), total7), 112);
    }
  }
  for (let i = whole; i < <usize>numRows; i++) {
    const at = scores + (i << 3);
    const out = probabilities + (i << 3);
    let top = load<f64>(at);
    for (let k: usize = 1; k < <usize>numClasses; k++) top = max<f64>(top, load<f64>(at + k * classStride));
    let total = 0.0;
    for (let k: usize = 0; k < <usize>numClasses; k++) {
      const e = exp(load<f64>(at + k * classStride) - top);
      store<f64>(out + k * outStride, e);
      total += e;
    }
    for (let k: usize = 0; k < <usize>numClasses; k++) {
      store<f64>(out + k * outStride, load<f64>(out + k * outStride) / total);
    }
  }
}

/** One class of softmax: g = w (p − [label = k]), h = w factor max(p (1 − p), 1e-16). */
export function softmaxGradients(
  probabilities: usize, labels: usize, classIndex: f64, factor: f64, weights: usize, numRows: i32, grads: usize,
  hesses: usize, stats: usize,
): void {
  let maxGrad = load<f64>(stats);
  let maxHess = load<f64>(stats, 8);
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const at = i << 3;
    const w = weights ? load<f64>(weights + at) : 1.0;
    const p = load<f64>(probabilities + at);
    const g = w * (p - (load<f64>(labels + at) == classIndex ? 1.0 : 0.0));
    const h = w * (factor * max<f64>(p * (1.0 - p), 1e-16));
    store<f64>(grads + at, g);
    store<f64>(hesses + at, h);
    maxGrad = max<f64>(maxGrad, abs<f64>(g));
    maxHess = max<f64>(maxHess, h);
  }
  store<f64>(stats, maxGrad);
  store<f64>(stats, maxHess, 8);
}

function mix32(value: u32): u32 {
  let x = value;
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  x ^= x >> 16;
  return x;
}

/**
 * Writes g and h, scaled and rounded without bias, as int16 and uint16 into each record's slot.
 * The random bits of a row are mix32(rowKey ^ treeKey): high half for g, low half for h. h is at least 1.
 */
export function quantise16(
  grads: usize, hesses: usize, rowKeys: usize, numRows: i32, gradScale: f64, hessScale: f64, treeKey: u32,
  slot: usize, stride: usize, roundHess: i32,
): void {
  const hessRounding = roundHess ? 0.0000152587890625 : 0.0;
  const whole = <usize>(numRows >> 2);
  let i: usize = 0;
  if (whole) {
    const gScale = f64x2.splat(gradScale);
    const hScale = f64x2.splat(hessScale);
    const keys = i32x4.splat(treeKey);
    const mask = i32x4.splat(roundHess ? 0xffff : 0);
    do {
      const random = mix32x4(v128.xor(v128.load(rowKeys + (i << 4)), keys));
      const high = i32x4.shr_u(random, 16);
      const low = v128.and(random, mask);
      const at = i << 5;
      const first = quantise2(
        v128.load(grads + at), v128.load(hesses + at), shareLow(high), shareLow(low), gScale, hScale,
      );
      const second = quantise2(
        v128.load(grads + at, 16), v128.load(hesses + at, 16), shareHigh(high), shareHigh(low), gScale, hScale,
      );
      v128.store32_lane(slot, first, 0);
      slot += stride;
      v128.store32_lane(slot, first, 2);
      slot += stride;
      v128.store32_lane(slot, second, 0);
      slot += stride;
      v128.store32_lane(slot, second, 2);
      slot += stride;
      i += 1;
    } while (i < whole);
  }
  for (i <<= 2; i < <usize>numRows; i++) {
    const random = mix32(load<u32>(rowKeys + (i << 2)) ^ treeKey);
    const g = <i32>Math.floor(load<f64>(grads + (i << 3)) * gradScale + <f64>(random >> 16) * 0.0000152587890625);
    let h = <i32>(load<f64>(hesses + (i << 3)) * hessScale + <f64>(random & 0xffff) * hessRounding);
    h = max<i32>(h, 1);
    store<u32>(slot, (<u32>g << 16) | <u32>h);
    slot += stride;
  }
}

// n · 2^−16 of the two lower lanes, each under 2^16: behind the upper half of 2^36 a number counts 2^−16
// @ts-ignore: decorator
@inline
function shareLow(lanes: v128): v128 {
  return f64x2.sub(v128.shuffle<i32>(lanes, i32x4.splat(0x42300000), 0, 4, 1, 5), f64x2.splat(68719476736.0));
}

// @ts-ignore: decorator
@inline
function shareHigh(lanes: v128): v128 {
  return f64x2.sub(v128.shuffle<i32>(lanes, i32x4.splat(0x42300000), 2, 6, 3, 7), f64x2.splat(68719476736.0));
}

// two rows: g << 16 | h in the lower half of each lane; what does not fit ends at the largest int32. A whole number that
// 1.5 · 2^52 is added to stands in the lower half of its sum
// @ts-ignore: decorator
@inline
function quantise2(grads: v128, hesses: v128, gDraw: v128, hDraw: v128, gScale: v128, hScale: v128): v128 {
  const most = f64x2.splat(2147483647.0);
  const toWhole = f64x2.splat(6755399441055744.0);
  const g = f64x2.floor(f64x2.add(f64x2.mul(grads, gScale), gDraw));
  const h = f64x2.floor(f64x2.add(f64x2.mul(hesses, hScale), hDraw));
  const wholeG = f64x2.add(f64x2.pmax(f64x2.pmin(g, most), f64x2.splat(-2147483648.0)), toWhole);
  // 1 first: it takes the place of NaN
  const wholeH = f64x2.add(f64x2.pmin(f64x2.pmax(f64x2.splat(1.0), h), most), toWhole);
  return v128.or(i64x2.shl(wholeG, 16), wholeH);
}

// mix32 of four lanes
// @ts-ignore: decorator
@inline
function mix32x4(value: v128): v128 {
  let x = v128.xor(value, i32x4.shr_u(value, 16));
  x = i32x4.mul(x, i32x4.splat(0x7feb352d));
  x = v128.xor(x, i32x4.shr_u(x, 15));
  x = i32x4.mul(x, i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** The wide form: int32 g, then uint32 h. The row's second random word is mix32(first + 0x9e3779b9). */
export function quantise32(
  grads: usize, hesses: usize, rowKeys: usize, numRows: i32, gradScale: f64, hessScale: f64, treeKey: u32,
  slot: usize, stride: usize, roundHess: i32,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const first = mix32(load<u32>(rowKeys + (i << 2)) ^ treeKey);
    const second = mix32(first + 0x9e3779b9);
    const g = <i32>Math.floor(load<f64>(grads + (i << 3)) * gradScale + <f64>first * 2.3283064365386963e-10);
    const h = <u32>(load<f64>(hesses + (i << 3)) * hessScale + (roundHess ? <f64>second * 2.3283064365386963e-10 : 0.0));
    store<i32>(slot, g);
    store<u32>(slot, max<u32>(h, 1), 4);
    slot += stride;
  }
}

/** Loss of each row, weighted, into out: 0 squared, 1 logistic. */
export function rowLosses(
  kind: i32, scores: usize, labels: usize, weights: usize, numRows: i32, out: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const at = i << 3;
    const s = load<f64>(scores + at);
    const y = load<f64>(labels + at);
    let loss: f64;
    if (kind == 0) loss = (s - y) * (s - y);
    else if (y == 1.0) loss = softplus(-s);
    else loss = softplus(s) - y * s;
    store<f64>(out + at, weights ? loss * load<f64>(weights + at) : loss);
  }
}

/** Softmax cross-entropy of each row, weighted: log Σ e^(s_k − s_max) + s_max − s_label. */
export function softmaxLosses(
  scores: usize, classStride: usize, numClasses: i32, labels: usize, weights: usize, numRows: i32, out: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const at = scores + (i << 3);
    let top = load<f64>(at);
    for (let k: usize = 1; k < <usize>numClasses; k++) top = max<f64>(top, load<f64>(at + k * classStride));
    let total = 0.0;
    for (let k: usize = 0; k < <usize>numClasses; k++) total += exp(load<f64>(at + k * classStride) - top);
    const own = load<f64>(at + <usize>load<f64>(labels + (i << 3)) * classStride);
    const loss = log(total) + (top - own);
    store<f64>(out + (i << 3), weights ? loss * load<f64>(weights + (i << 3)) : loss);
  }
}

/**
 * Derivatives of the losses of one number, weighted. kind and parameter: 0 absolute; 1 huber, delta;
 * 2 quantile, level; 3 poisson; 4 gamma; 5 tweedie, power; 6 focal, gamma; 7 fair, scale; 8 log-cosh;
 * 9 pseudo-huber, delta; 10 expectile, level; 11 mape. 3 to 5 predict e^score, 6 log-odds. The h of 8 and 9 is
 * g / (s - y), that of the parabola which touches the loss and lies above it.
 * Poisson's h is e^(s + 0.7), which bounds its steps as LightGBM's poisson_max_delta_step does. Focal loss is not
 * convex where p is small; h is then that of a logistic loss weighted by (1 - p)^gamma.
 */
export function pointGradients(
  kind: i32, parameter: f64, scores: usize, labels: usize, weights: usize, numRows: i32, grads: usize, hesses: usize,
  stats: usize,
): void {
  let maxGrad = load<f64>(stats);
  let maxHess = load<f64>(stats, 8);
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const at = i << 3;
    const w = weights ? load<f64>(weights + at) : 1.0;
    const s = load<f64>(scores + at);
    const y = load<f64>(labels + at);
    let g: f64;
    let h: f64 = 1.0;
    if (kind == 0) {
      g = s > y ? 1.0 : s < y ? -1.0 : 0.0;
    } else if (kind == 1) {
      const r = s - y;
      g = r > parameter ? parameter : r < -parameter ? -parameter : r;
    } else if (kind == 2) {
      g = s >= y ? 1.0 - parameter : -parameter;
    } else if (kind == 3) {
      const e = exp(s);
      g = e - y;
      h = e * 2.0137527074704766;
    } else if (kind == 4) {
      const e = y * exp(-s);
      g = 1.0 - e;
      h = max<f64>(e, 1e-16);
    } else if (kind == 6) {
      const u = y > 0.5 ? s : -s;
      const p = logistic(u);
      const q = logistic(-u);
      const logP = -softplus(-u);
      const factor = exp(-parameter * softplus(u));
      const inner = parameter * p * logP - q;
      const own = p * factor * (q * (parameter * logP + parameter + 1.0) - parameter * inner);
      h = max<f64>(max<f64>(own, factor * p * q), 1e-16);
      g = y > 0.5 ? factor * inner : -(factor * inner);
    } else if (kind == 7) {
      const share = parameter / (abs<f64>(s - y) + parameter);
      g = (s - y) * share;
      h = max<f64>(share * share, 1e-16);
    } else if (kind == 8) {
      const r = abs<f64>(s - y);
      const e = exp(-2.0 * r);
      const slope = (1.0 - e) / (1.0 + e);
      g = s >= y ? slope : -slope;
      h = r > 1e-8 ? max<f64>(slope / r, 1e-16) : 1.0;
    } else if (kind == 9) {
      const part = (s - y) / parameter;
      const share = 1.0 / sqrt<f64>(1.0 + part * part);
      g = (s - y) * share;
      h = max<f64>(share, 1e-16);
    } else if (kind == 10) {
      const side = s > y ? 1.0 - parameter : parameter;
      g = (s - y) * side;
      h = side;
    } else if (kind == 11) {
      const unit = 1.0 / max<f64>(abs<f64>(y), 1.0);
      g = s > y ? unit : s < y ? -unit : 0.0;
    } else {
      const a = y * exp((1.0 - parameter) * s);
      const b = exp((2.0 - parameter) * s);
      g = b - a;
      h = max<f64>((parameter - 1.0) * a + (2.0 - parameter) * b, 1e-16);
    }
    g *= w;
    h *= w;
    store<f64>(grads + at, g);
    store<f64>(hesses + at, h);
    maxGrad = max<f64>(maxGrad, abs<f64>(g));
    maxHess = max<f64>(maxHess, h);
  }
  store<f64>(stats, maxGrad);
  store<f64>(stats, maxHess, 8);
}

/** The losses themselves, weighted, up to terms of the label alone; kinds as in pointGradients. */
export function pointLosses(
  kind: i32, parameter: f64, scores: usize, labels: usize, weights: usize, numRows: i32, out: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const at = i << 3;
    const s = load<f64>(scores + at);
    const y = load<f64>(labels + at);
    let loss: f64;
    if (kind == 0) {
      loss = abs<f64>(s - y);
    } else if (kind == 1) {
      const r = abs<f64>(s - y);
      loss = r <= parameter ? 0.5 * r * r : parameter * (r - 0.5 * parameter);
    } else if (kind == 2) {
      loss = s >= y ? (1.0 - parameter) * (s - y) : parameter * (y - s);
    } else if (kind == 3) {
      loss = exp(s) - y * s;
    } else if (kind == 4) {
      loss = s + y * exp(-s);
    } else if (kind == 6) {
      const u = y > 0.5 ? s : -s;
      loss = exp(-parameter * softplus(u)) * softplus(-u);
    } else if (kind == 7) {
      const r = abs<f64>(s - y) / parameter;
      loss = parameter * parameter * (r - log(1.0 + r));
    } else if (kind == 8) {
      const r = abs<f64>(s - y);
      loss = r + softplus(-2.0 * r) - 0.6931471805599453;
    } else if (kind == 9) {
      const part = abs<f64>(s - y) / parameter;
      loss = parameter * parameter * (sqrt<f64>(1.0 + part * part) - 1.0);
    } else if (kind == 10) {
      const r = abs<f64>(s - y);
      loss = (s > y ? 1.0 - parameter : parameter) * r * r;
    } else if (kind == 11) {
      loss = abs<f64>(s - y) / max<f64>(abs<f64>(y), 1.0);
    } else {
      loss = exp((2.0 - parameter) * s) / (2.0 - parameter) - (y * exp((1.0 - parameter) * s)) / (1.0 - parameter);
    }
    store<f64>(out + at, weights ? loss * load<f64>(weights + at) : loss);
  }
}
