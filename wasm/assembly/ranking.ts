// In which order do scores put the rows of each group, and which way does each pair of rows pull? Rows of a group
// are neighbours: group g has rows [starts[g], starts[g + 1]), uint32[numGroups + 1].
import { exp, log, logistic } from './portable-math';

const blockRows: u32 = 16;

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
 */
export function lambdaGradients(
  starts: usize, numGroups: i32, order: usize, scores: usize, labels: usize, gains: usize, ideals: usize,
  discounts: usize, truncation: u32, sigma: f64, rules: i32, grads: usize, hesses: usize,
): void {
  for (let g: usize = 0; g < <usize>numGroups; g++) {
    const begin = load<u32>(starts + (g << 2));
    const end = load<u32>(starts + (g << 2), 4);
    for (let row = <usize>begin; row < <usize>end; row++) {
      store<f64>(grads + (row << 3), 0.0);
      store<f64>(hesses + (row << 3), 0.0);
    }
    const ideal = load<f64>(ideals + (g << 3));
    if (ideal == 0.0) continue;
    const best = scoreOf(scores, load<u32>(order + (<usize>begin << 2)));
    const worst = scoreOf(scores, load<u32>(order + (<usize>(end - 1) << 2)));
    const scales = (rules & 5) == 1 && best != worst;
    let sum = 0.0;
    // relevant rows down to place i
    let relevantI = 0.0;
    const last = min<u32>(begin + truncation, end);
    for (let i = begin; i < last; i++) {
      const rowI = <usize>load<u32>(order + (<usize>i << 2)) << 3;
      const labelI = load<f64>(labels + rowI);
      const scoreI = load<f64>(scores + rowI);
      const gainI = load<f64>(gains + rowI);
      const discountI = load<f64>(discounts + (<usize>(i - begin) << 3));
      relevantI += gainI;
      // relevant rows down to place j, and their inverse places between i and j
      let relevantJ = relevantI;
      let between = 0.0;
      for (let j = i + 1; j < end; j++) {
        const rowJ = <usize>load<u32>(order + (<usize>j << 2)) << 3;
        const labelJ = load<f64>(labels + rowJ);
        const gainJ = load<f64>(gains + rowJ);
        const before = between;
        if ((rules & 8) != 0) {
          relevantJ += gainJ;
          between += gainJ / <f64>(j - begin + 1);
        }
        if (labelI == labelJ) continue;
        const isHigh = labelI > labelJ;
        const high = isHigh ? rowI : rowJ;
        const low = isHigh ? rowJ : rowI;
        const distance = isHigh ? scoreI - load<f64>(scores + rowJ) : load<f64>(scores + rowJ) - scoreI;
        const gap = abs<f64>(gainI - gainJ);
        const discount = discountI - load<f64>(discounts + (<usize>(j - begin) << 3));
        let change = ((rules & 2) != 0 ? gap : gap * abs<f64>(discount)) * ideal;
        if ((rules & 8) != 0) {
          const precision = relevantJ / <f64>(j - begin + 1) - (relevantI + 1.0 - gainI) / <f64>(i - begin + 1);
          change = abs<f64>(precision - before) * ideal;
        }
        if ((rules & 16) != 0) change = 1.0;
        if (scales) change /= 0.01 + abs<f64>(distance);
        const p = logistic(-sigma * distance);
        const lambda = sigma * change * p;
        const h = sigma * sigma * change * p * (1.0 - p);
        store<f64>(grads + high, load<f64>(grads + high) - lambda);
        store<f64>(grads + low, load<f64>(grads + low) + lambda);
        store<f64>(hesses + high, load<f64>(hesses + high) + h);
        store<f64>(hesses + low, load<f64>(hesses + low) + h);
        sum += 2.0 * lambda;
      }
    }
    if ((rules & 1) == 0 || sum <= 0.0) continue;
    const factor = (log(1.0 + sum) * 1.4426950408889634) / sum;
    for (let row = <usize>begin; row < <usize>end; row++) {
      store<f64>(grads + (row << 3), load<f64>(grads + (row << 3)) * factor);
      store<f64>(hesses + (row << 3), load<f64>(hesses + (row << 3)) * factor);
    }
  }
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
