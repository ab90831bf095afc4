// In which order do scores put the rows of each group, and which way does each pair of rows pull? Rows of a group
// are neighbours: group g has rows [starts[g], starts[g + 1]), uint32[numGroups + 1].
import { mix32 } from './mix';
import { exp, log, logOfPositive2, storeExps } from './portable-math';

const blockRows: u32 = 16;

/**
 * The scores that an order is drawn by: a row's score and a draw of the Gumbel distribution that hangs on its key.
 * keys: uint32 a row; scores, out: f64 a row.
 */
export function drawScores(keys: usize, scores: usize, numRows: i32, roundKey: u32, scale: f64, out: usize): void {
  const scales = f64x2.splat(scale);
  const unit = f64x2.splat(2.3283064365386963e-10);
  const half = f64x2.splat(1.1641532182693481e-10);
  const count = <usize>numRows;
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const at = keys + (i << 2);
    const first = mix32(roundKey ^ mix32(load<u32>(at)));
    const second = mix32(roundKey ^ mix32(load<u32>(at, 4)));
    const draws = f64x2.convert_low_i32x4_u(i32x4.replace_lane(i32x4.splat(first), 1, second));
    // halfway between two draws: neither 0 nor 1
    const shares = f64x2.add(f64x2.mul(draws, unit), half);
    const gumbels = f64x2.mul(scales, logOfPositive2(f64x2.neg(logOfPositive2(shares))));
    v128.store(out + (i << 3), f64x2.sub(v128.load(scores + (i << 3)), gumbels));
  }
  if (i == count) return;
  const share = <f64>mix32(roundKey ^ mix32(load<u32>(keys + (i << 2)))) * 2.3283064365386963e-10 + 1.1641532182693481e-10;
  store<f64>(out + (i << 3), load<f64>(scores + (i << 3)) - scale * log(-log(share)));
}

/** order: the rows of each group by descending score, rows of one score in their own order. scratch as order. */
export function sortGroups(starts: usize, numGroups: i32, scores: usize, order: usize, scratch: usize): void {
  for (let g: usize = 0; g < <usize>numGroups; g++) {
    const begin = load<u32>(starts + (g << 2));
    const end = load<u32>(starts + (g << 2), 4);
    for (let from = begin; from < end; from += blockRows) insertRows(scores, order, from, min<u32>(from + blockRows, end));
    let source = order;
    let target = scratch;
    for (let width = blockRows; width < end - begin; width *= 2) {
      for (let from = begin; from < end; from += 2 * width) {
        mergeRows(scores, source, target, from, min<u32>(from + width, end), min<u32>(from + 2 * width, end));
      }
      const swap = source;
      source = target;
      target = swap;
    }
    if (source != order) memory.copy(order + (begin << 2), source + (begin << 2), (end - begin) << 2);
  }
}

function scoreOf(scores: usize, row: u32): f64 {
  return load<f64>(scores + (<usize>row << 3));
}

function insertRows(scores: usize, order: usize, from: u32, end: u32): void {
  for (let row = from; row < end; row++) {
    const score = scoreOf(scores, row);
    let at = row;
    while (at > from && scoreOf(scores, load<u32>(order + (<usize>(at - 1) << 2))) < score) {
      store<u32>(order + (<usize>at << 2), load<u32>(order + (<usize>(at - 1) << 2)));
      at--;
    }
    store<u32>(order + (<usize>at << 2), row);
  }
}

function mergeRows(scores: usize, source: usize, target: usize, from: u32, middle: u32, end: u32): void {
  let left = from;
  let right = middle;
  for (let at = from; at < end; at++) {
    let takesLeft = right >= end;
    if (!takesLeft && left < middle) {
      const a = scoreOf(scores, load<u32>(source + (<usize>left << 2)));
      takesLeft = !(a < scoreOf(scores, load<u32>(source + (<usize>right << 2))));
    }
    const row = load<u32>(source + (<usize>(takesLeft ? left : right) << 2));
    if (takesLeft) left++;
    else right++;
    store<u32>(target + (<usize>at << 2), row);
  }
}

/**
 * Derivatives of the pairwise logistic loss of each group, each pair weighted by what swapping it would change in
 * the NDCG (C. Burges, "From RankNet to LambdaRank to LambdaMART", 2010). Pairs are those of a row among the first
 * `truncation` of its group; they are added up in their order. rules: bit 0 divides a pair by the distance of its
 * scores, and a group by its own sum, as LightGBM does; bit 1 weighs a pair by its gains alone, whatever their places;
 * bit 2 leaves the distance of scores alone; bit 3 weighs a pair by what swapping it would change in the average
 * precision (P. Donmez, K. Svore, C. Burges, "On the local optimality of LambdaRank", 2009), labels and gains being 1 of
 * relevant rows and 0 of others, and ideals 1 / (relevant rows of the group); bit 4 weighs all pairs alike.
 *
 *   labels, gains, scores, grads, hesses  f64 a row        discounts  f64 a place of the longest group
 *   ideals  f64 a group: 1 / (the best DCG among the first `truncation`), or 0
 *   room    pairRoom bytes (ranked-groups.ts) for the group at hand, by place, each column `span` bytes:
 *
 *     | scores | labels | gains | grads | hesses | exps: e^-|distance| of the pairs of some rows behind one another |
 *
 * Two places are looked at at once. Behind the last stands one of which no pair is made: its label is no number.
 */
export function lambdaGradients(
  starts: usize, numGroups: i32, order: usize, scores: usize, labels: usize, gains: usize, ideals: usize,
  discounts: usize, truncation: u32, sigma: f64, rules: i32, grads: usize, hesses: usize, room: usize,
): void {
  const never = numGroups < 0;
  for (let g: usize = 0; g < <usize>numGroups; g++) {
    const begin = <usize>load<u32>(starts + (g << 2));
    const count = <usize>load<u32>(starts + (g << 2), 4) - begin;
    const ideal = load<f64>(ideals + (g << 3));
    if (ideal == 0.0) {
      memory.fill(grads + (begin << 3), 0, count << 3);
      memory.fill(hesses + (begin << 3), 0, count << 3);
      continue;
    }
    const rows = order + (begin << 2);
    const span = ((count + 2) & ~1) << 3;
    placeRows(rows, count, scores, labels, gains, room, span);
    const exps = room + 5 * span;
    const scales = (rules & 5) == 1 && load<f64>(room) != load<f64>(room + ((count - 1) << 3));
    const last = min<usize>(<usize>truncation, count);
    let sum = 0.0;
    let relevant = 0.0;
    let i: usize = 0;
    while (i < last) {
      let end = exps;
      let next = i;
      do {
        end = listDistances(room, next, count, sigma, end);
        next++;
      } while (next < last && end < exps + (pairsAtOnce << 3));
      storeAllExps(exps, end, never);
      for (let at = exps; i < next; i++) {
        relevant += load<f64>(room + 2 * span + (i << 3));
        sum = addPairs(i, count, room, span, at, discounts, ideal, sigma, rules, scales, relevant, sum);
        at += (count - 1 - i) << 3;
      }
    }
    const isNormed = (rules & 1) != 0 && sum > 0.0;
    const factor = isNormed ? (log(1.0 + sum) * 1.4426950408889634) / sum : 1.0;
    for (let place: usize = 0; place < count; place++) {
      const row = <usize>load<u32>(rows + (place << 2)) << 3;
      const from = room + 3 * span + (place << 3);
      store<f64>(grads + row, load<f64>(from) * factor);
      store<f64>(hesses + row, load<f64>(from + span) * factor);
    }
  }
}

/** So many pairs, and those of another row, are listed before their exponentials are taken. */
const pairsAtOnce: usize = 1024;

// What is known of a group's rows, by their places.
function placeRows(rows: usize, count: usize, scores: usize, labels: usize, gains: usize, room: usize, span: usize): void {
  for (let place: usize = 0; place < count; place++) {
    const row = <usize>load<u32>(rows + (place << 2)) << 3;
    const to = room + (place << 3);
    store<f64>(to, load<f64>(scores + row));
    store<f64>(to + span, load<f64>(labels + row));
    store<f64>(to + 2 * span, load<f64>(gains + row));
  }
  const behind = room + (count << 3);
  store<f64>(behind, 0.0);
  store<f64>(behind + span, NaN);
  store<f64>(behind + 2 * span, 0.0);
  memory.fill(room + 3 * span, 0, 2 * span);
}

// Lists -|sigma · distance| of a place and each behind it; what is written behind the end is written over.
function listDistances(scores: usize, i: usize, count: usize, sigma: f64, to: usize): usize {
  const own = f64x2.splat(load<f64>(scores + (i << 3)));
  const scale = f64x2.splat(sigma);
  const sign = f64x2.splat(-0.0);
  const end = to + ((count - 1 - i) << 3);
  let from = scores + (i << 3) + 8;
  for (let at = to; at < end; at += 16) {
    v128.store(at, v128.or(f64x2.mul(scale, f64x2.sub(own, v128.load(from))), sign));
    from += 16;
  }
  return end;
}

function storeAllExps(exps: usize, end: usize, never: bool): void {
  for (let at = exps; at < end; at += 128) {
    storeExps(
      at, never,
      v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48),
      v128.load(at, 64), v128.load(at, 80), v128.load(at, 96), v128.load(at, 112),
    );
  }
}

// Adds the pairs of a place and those behind it; `relevant`: relevant rows down to it. Returns the group's sum.
function addPairs(
  i: usize, count: usize, room: usize, span: usize, exps: usize, discounts: usize, ideal: f64, sigma: f64, rules: i32,
  scales: bool, relevant: f64, before: f64,
): f64 {
  const own = room + (i << 3);
  const score = f64x2.splat(load<f64>(own));
  const label = f64x2.splat(load<f64>(own + span));
  const gain = f64x2.splat(load<f64>(own + 2 * span));
  const discount = f64x2.splat(load<f64>(discounts + (i << 3)));
  const ideals = f64x2.splat(ideal);
  const slope = f64x2.splat(sigma);
  const slopes = f64x2.splat(sigma * sigma);
  const one = f64x2.splat(1.0);
  const sign = f64x2.splat(-0.0);
  const mean = (relevant + 1.0 - f64x2.extract_lane(gain, 0)) / <f64>(i + 1);
  relevantSoFar = relevant;
  between = 0.0;
  let grad = load<f64>(own + 3 * span);
  let hess = load<f64>(own + 4 * span);
  let sum = before;
  let exp = exps;
  for (let j = i + 1; j < count; j += 2) {
    const other = room + (j << 3);
    const labels = v128.load(other + span);
    const gains = v128.load(other + 2 * span);
    const gap = f64x2.abs(f64x2.sub(gain, gains));
    let change = gap;
    if ((rules & 8) != 0) change = precisionsOfSwap(j, gains, mean, ideal);
    else {
      const distance = f64x2.abs(f64x2.sub(discount, loadPair(discounts + (j << 3), j + 1 < count)));
      change = f64x2.mul((rules & 2) != 0 ? gap : f64x2.mul(gap, distance), ideals);
    }
    const isHigh = f64x2.gt(label, labels);
    const isPair = v128.or(isHigh, f64x2.lt(label, labels));
    const e = v128.load(exp);
    exp += 16;
    if (!v128.any_true(isPair)) continue;
    if ((rules & 16) != 0) change = one;
    const distance = f64x2.sub(score, v128.load(other));
    if (scales) change = f64x2.div(change, f64x2.add(f64x2.splat(0.01), f64x2.abs(distance)));
    const signOfOwn = v128.and(sign, isHigh);
    const signOfOther = v128.andnot(sign, isHigh);
    // where the better row has the lower score
    const isWrong = f64x2.lt(v128.xor(distance, signOfOther), f64x2.splat(0.0));
    const p = f64x2.div(v128.bitselect(one, e, isWrong), f64x2.add(one, e));
    const lambda = v128.and(f64x2.mul(f64x2.mul(slope, change), p), isPair);
    const h = v128.and(f64x2.mul(f64x2.mul(f64x2.mul(slopes, change), p), f64x2.sub(one, p)), isPair);
    v128.store(other + 3 * span, f64x2.add(v128.load(other + 3 * span), v128.xor(lambda, signOfOther)));
    v128.store(other + 4 * span, f64x2.add(v128.load(other + 4 * span), h));
    const pull = v128.xor(lambda, signOfOwn);
    grad = grad + f64x2.extract_lane(pull, 0) + f64x2.extract_lane(pull, 1);
    hess = hess + f64x2.extract_lane(h, 0) + f64x2.extract_lane(h, 1);
    const twice = f64x2.add(lambda, lambda);
    sum = sum + f64x2.extract_lane(twice, 0) + f64x2.extract_lane(twice, 1);
  }
  store<f64>(own + 3 * span, grad);
  store<f64>(own + 4 * span, hess);
  return sum;
}

// @ts-ignore: decorator
@inline
function loadPair(at: usize, hasTwo: bool): v128 {
  return hasTwo ? v128.load(at) : v128.load64_zero(at);
}

// Of the place that is looked at: relevant rows down to the last one behind it, and inverse places of those between.
let relevantSoFar: f64 = 0.0;
let between: f64 = 0.0;

function precisionsOfSwap(j: usize, gains: v128, mean: f64, ideal: f64): v128 {
  const first = precisionOfSwap(j, f64x2.extract_lane(gains, 0), mean, ideal);
  return f64x2.replace_lane(f64x2.splat(first), 1, precisionOfSwap(j + 1, f64x2.extract_lane(gains, 1), mean, ideal));
}

function precisionOfSwap(j: usize, gain: f64, mean: f64, ideal: f64): f64 {
  const before = between;
  relevantSoFar += gain;
  between += gain / <f64>(j + 1);
  const precision = relevantSoFar / <f64>(j + 1) - mean;
  return abs<f64>(precision - before) * ideal;
}

/**
 * Derivatives of the cross-entropy between a group's targets and the softmax of its scores, to the third order of
 * its series (S. Bruch, "An alternative cross entropy loss for learning-to-rank", 2021, as LightGBM works it out).
 * Rows are added up in their order. targets f64 a row, at least 0 in all; they are overwritten.
 */
export function listGradients(
  starts: usize, numGroups: i32, scores: usize, targets: usize, grads: usize, hesses: usize,
): void {
  for (let g: usize = 0; g < <usize>numGroups; g++) {
    const begin = <usize>load<u32>(starts + (g << 2)) << 3;
    const end = <usize>load<u32>(starts + (g << 2), 4) << 3;
    let best = -Infinity;
    for (let row = begin; row < end; row += 8) best = max<f64>(best, load<f64>(scores + row));
    let total = 0.0;
    let wanted = 0.0;
    for (let row = begin; row < end; row += 8) {
      const e = exp(load<f64>(scores + row) - best);
      store<f64>(hesses + row, e);
      total += e;
      wanted += load<f64>(targets + row);
    }
    if (end - begin < 16 || !(wanted > 0.0)) {
      for (let row = begin; row < end; row += 8) {
        store<f64>(grads + row, 0.0);
        store<f64>(hesses + row, 0.0);
      }
      continue;
    }
    let first = 0.0;
    for (let row = begin; row < end; row += 8) {
      const p = load<f64>(hesses + row) / total;
      const term = p - load<f64>(targets + row) / wanted;
      const ratio = term / max<f64>(1.0 - p, 9.094947017729282e-13);
      store<f64>(hesses + row, p);
      store<f64>(grads + row, term);
      store<f64>(targets + row, ratio);
      first += ratio;
    }
    let second = 0.0;
    for (let row = begin; row < end; row += 8) {
      const p = load<f64>(hesses + row);
      const term = p * (first - load<f64>(targets + row));
      const ratio = term / max<f64>(1.0 - p, 9.094947017729282e-13);
      store<f64>(grads + row, load<f64>(grads + row) + term);
      store<f64>(targets + row, ratio);
      second += ratio;
    }
    for (let row = begin; row < end; row += 8) {
      const p = load<f64>(hesses + row);
      const term = p * (second - load<f64>(targets + row));
      store<f64>(grads + row, load<f64>(grads + row) + term);
      store<f64>(hesses + row, p * (1.0 - p));
    }
  }
}
