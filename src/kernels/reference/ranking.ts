/**
 * In which order do scores put the rows of each group, and which way does each pair of rows pull? The twin of
 * wasm/assembly/ranking.ts. Group g has rows [starts[g], starts[g + 1]).
 */
import { exp, log, logistic } from '../../base/portable-math.ts';
import { mix32, unitInterval } from '../../base/rng.ts';
import type { Views } from './views.ts';

/** The scores that an order is drawn by: see wasm/assembly/ranking.ts. */
export function drawScores(
  m: Views,
  keys: number,
  scores: number,
  numRows: number,
  roundKey: number,
  scale: number,
  out: number,
): void {
  for (let row = 0; row < numRows; row++) {
    const share = unitInterval(mix32(roundKey ^ mix32(m.u32(keys + row * 4)))) + 2 ** -33;
    m.setF64(out + row * 8, m.f64(scores + row * 8) - scale * log(-log(share)));
  }
}

/** The rows of each group by descending score, rows of one score in their own order. */
export function sortGroups(
  m: Views,
  starts: number,
  numGroups: number,
  scores: number,
  order: number,
  scratch: number,
): void {
  for (let g = 0; g < numGroups; g++) {
    const begin = m.u32(starts + g * 4);
    const end = m.u32(starts + g * 4 + 4);
    const blockRows = 16;
    for (let from = begin; from < end; from += blockRows) {
      insertRows(m, scores, order, from, Math.min(from + blockRows, end));
    }
    let source = order;
    let target = scratch;
    for (let width = blockRows; width < end - begin; width *= 2) {
      for (let from = begin; from < end; from += 2 * width) {
        const middle = Math.min(from + width, end);
        mergeRows(m, scores, source, target, from, middle, Math.min(from + 2 * width, end));
      }
      [source, target] = [target, source];
    }
    if (source !== order) m.copy(order + begin * 4, source + begin * 4, (end - begin) * 4);
  }
}

function insertRows(m: Views, scores: number, order: number, from: number, end: number): void {
  for (let row = from; row < end; row++) {
    const score = m.f64(scores + row * 8);
    let at = row;
    while (at > from && m.f64(scores + m.u32(order + (at - 1) * 4) * 8) < score) {
      m.setU32(order + at * 4, m.u32(order + (at - 1) * 4));
      at -= 1;
    }
    m.setU32(order + at * 4, row);
  }
}

function mergeRows(
  m: Views,
  scores: number,
  source: number,
  target: number,
  from: number,
  middle: number,
  end: number,
): void {
  let left = from;
  let right = middle;
  for (let at = from; at < end; at++) {
    let takesLeft = right >= end;
    if (!takesLeft && left < middle) {
      const a = m.f64(scores + m.u32(source + left * 4) * 8);
      takesLeft = !(a < m.f64(scores + m.u32(source + right * 4) * 8));
    }
    m.setU32(target + at * 4, m.u32(source + (takesLeft ? left : right) * 4));
    if (takesLeft) left += 1;
    else right += 1;
  }
}

/** Derivatives of each group's pairwise logistic loss, weighted by what a swap would change: see wasm/assembly/ranking.ts. */
export function lambdaGradients(
  m: Views,
  starts: number,
  numGroups: number,
  order: number,
  scores: number,
  labels: number,
  gains: number,
  ideals: number,
  discounts: number,
  truncation: number,
  sigma: number,
  rules: number,
  grads: number,
  hesses: number,
  _room: number,
): void {
  for (let g = 0; g < numGroups; g++) {
    const begin = m.u32(starts + g * 4);
    const end = m.u32(starts + g * 4 + 4);
    for (let row = begin; row < end; row++) {
      m.setF64(grads + row * 8, 0);
      m.setF64(hesses + row * 8, 0);
    }
    const ideal = m.f64(ideals + g * 8);
    if (ideal === 0) continue;
    const best = m.f64(scores + m.u32(order + begin * 4) * 8);
    const worst = m.f64(scores + m.u32(order + (end - 1) * 4) * 8);
    const scales = (rules & 5) === 1 && best !== worst;
    let sum = 0;
    let relevantI = 0;
    for (let i = begin; i < Math.min(begin + truncation, end); i++) {
      const rowI = m.u32(order + i * 4) * 8;
      const gainI = m.f64(gains + rowI);
      relevantI += gainI;
      let relevantJ = relevantI;
      let between = 0;
      for (let j = i + 1; j < end; j++) {
        const rowJ = m.u32(order + j * 4) * 8;
        const labelI = m.f64(labels + rowI);
        const labelJ = m.f64(labels + rowJ);
        const gainJ = m.f64(gains + rowJ);
        const before = between;
        if ((rules & 8) !== 0) {
          relevantJ += gainJ;
          between += gainJ / (j - begin + 1);
        }
        if (labelI === labelJ) continue;
        const high = labelI > labelJ ? rowI : rowJ;
        const low = labelI > labelJ ? rowJ : rowI;
        const distance = m.f64(scores + high) - m.f64(scores + low);
        const gap = Math.abs(gainI - gainJ);
        const discount = m.f64(discounts + (i - begin) * 8) - m.f64(discounts + (j - begin) * 8);
        let change = ((rules & 2) !== 0 ? gap : gap * Math.abs(discount)) * ideal;
        if ((rules & 8) !== 0) {
          const precision = relevantJ / (j - begin + 1) - (relevantI + 1 - gainI) / (i - begin + 1);
          change = Math.abs(precision - before) * ideal;
        }
        if ((rules & 16) !== 0) change = 1;
        if (scales) change /= 0.01 + Math.abs(distance);
        const p = logistic(-sigma * distance);
        const lambda = sigma * change * p;
        const h = sigma * sigma * change * p * (1 - p);
        m.setF64(grads + high, m.f64(grads + high) - lambda);
        m.setF64(grads + low, m.f64(grads + low) + lambda);
        m.setF64(hesses + high, m.f64(hesses + high) + h);
        m.setF64(hesses + low, m.f64(hesses + low) + h);
        sum += 2 * lambda;
      }
    }
    if ((rules & 1) === 0 || sum <= 0) continue;
    const factor = (log(1 + sum) * 1.4426950408889634) / sum;
    for (let row = begin; row < end; row++) {
      m.setF64(grads + row * 8, m.f64(grads + row * 8) * factor);
      m.setF64(hesses + row * 8, m.f64(hesses + row * 8) * factor);
    }
  }
}

/** As in wasm/assembly/ranking.ts; targets are left in no particular state. */
export function listGradients(
  m: Views,
  starts: number,
  numGroups: number,
  scores: number,
  targets: number,
  grads: number,
  hesses: number,
): void {
  for (let g = 0; g < numGroups; g++) {
    const begin = m.u32(starts + g * 4);
    const end = m.u32(starts + g * 4 + 4);
    let best = Number.NEGATIVE_INFINITY;
    for (let row = begin; row < end; row++) best = Math.max(best, m.f64(scores + row * 8));
    let total = 0;
    let wanted = 0;
    for (let row = begin; row < end; row++) {
      const e = exp(m.f64(scores + row * 8) - best);
      m.setF64(hesses + row * 8, e);
      total += e;
      wanted += m.f64(targets + row * 8);
    }
    if (end - begin < 2 || !(wanted > 0)) {
      for (let row = begin; row < end; row++) {
        m.setF64(grads + row * 8, 0);
        m.setF64(hesses + row * 8, 0);
      }
      continue;
    }
    let first = 0;
    for (let row = begin; row < end; row++) {
      const p = m.f64(hesses + row * 8) / total;
      const term = p - m.f64(targets + row * 8) / wanted;
      const ratio = term / Math.max(1 - p, 9.094947017729282e-13);
      m.setF64(hesses + row * 8, p);
      m.setF64(grads + row * 8, term);
      m.setF64(targets + row * 8, ratio);
      first += ratio;
    }
    let second = 0;
    for (let row = begin; row < end; row++) {
      const p = m.f64(hesses + row * 8);
      const term = p * (first - m.f64(targets + row * 8));
      const ratio = term / Math.max(1 - p, 9.094947017729282e-13);
      m.setF64(grads + row * 8, m.f64(grads + row * 8) + term);
      m.setF64(targets + row * 8, ratio);
      second += ratio;
    }
    for (let row = begin; row < end; row++) {
      const p = m.f64(hesses + row * 8);
      const term = p * (second - m.f64(targets + row * 8));
      m.setF64(grads + row * 8, m.f64(grads + row * 8) + term);
      m.setF64(hesses + row * 8, p * (1 - p));
    }
  }
}
