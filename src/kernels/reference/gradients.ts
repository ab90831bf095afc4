/**
 * What are a row's derivatives and its loss, and how are they rounded into its record? The twin of
 * wasm/assembly/gradients.ts. weights may be 0 (none); stats receives max|g| and max h.
 */
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';
import { mix32 } from '../../base/rng.ts';
import { pointGradient, pointLoss } from '../point-losses.ts';
import { toI32, toU32, type Views } from './views.ts';

/** Squared error: g = w (score − label), h = w. */
export function squaredGradients(
  m: Views,
  scores: number,
  labels: number,
  weights: number,
  numRows: number,
  grads: number,
  hesses: number,
  stats: number,
): void {
  let maxGrad = m.f64(stats);
  let maxHess = m.f64(stats + 8);
  for (let i = 0; i < numRows; i++) {
    const at = i * 8;
    const w = weights ? m.f64(weights + at) : 1;
    const g = w * (m.f64(scores + at) - m.f64(labels + at));
    m.setF64(grads + at, g);
    m.setF64(hesses + at, w);
    maxGrad = Math.max(maxGrad, Math.abs(g));
    maxHess = Math.max(maxHess, w);
  }
  m.setF64(stats, maxGrad);
  m.setF64(stats + 8, maxHess);
}

/** Logistic loss of labels in [0, 1]: g = w (p − y), h = w max(p (1 − p), 1e-16). */
export function logisticGradients(
  m: Views,
  scores: number,
  labels: number,
  weights: number,
  numRows: number,
  grads: number,
  hesses: number,
  stats: number,
): void {
  let maxGrad = m.f64(stats);
  let maxHess = m.f64(stats + 8);
  for (let i = 0; i < numRows; i++) {
    const at = i * 8;
    const w = weights ? m.f64(weights + at) : 1;
    const p = logistic(m.f64(scores + at));
    const g = (p - m.f64(labels + at)) * w;
    const h = Math.max(p * (1 - p), 1e-16) * w;
    m.setF64(grads + at, g);
    m.setF64(hesses + at, h);
    maxGrad = Math.max(maxGrad, Math.abs(g));
    maxHess = Math.max(maxHess, h);
  }
  m.setF64(stats, maxGrad);
  m.setF64(stats + 8, maxHess);
}

function topScore(m: Views, at: number, classStride: number, numClasses: number): number {
  let top = m.f64(at);
  for (let k = 1; k < numClasses; k++) top = Math.max(top, m.f64(at + k * classStride));
  return top;
}

/** Softmax over score columns (classStride bytes apart) into columns of probabilities. */
export function softmaxProbabilities(
  m: Views,
  scores: number,
  classStride: number,
  numClasses: number,
  numRows: number,
  probabilities: number,
  outStride: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const at = scores + i * 8;
    const out = probabilities + i * 8;
    const top = topScore(m, at, classStride, numClasses);
    let total = 0;
    for (let k = 0; k < numClasses; k++) {
      const e = exp(m.f64(at + k * classStride) - top);
      m.setF64(out + k * outStride, e);
      total += e;
    }
    for (let k = 0; k < numClasses; k++) {
      m.setF64(out + k * outStride, m.f64(out + k * outStride) / total);
    }
  }
}

/** One class of softmax: g = w (p − [label = k]), h = w factor max(p (1 − p), 1e-16). */
export function softmaxGradients(
  m: Views,
  probabilities: number,
  labels: number,
  classIndex: number,
  factor: number,
  weights: number,
  numRows: number,
  grads: number,
  hesses: number,
  stats: number,
): void {
  let maxGrad = m.f64(stats);
  let maxHess = m.f64(stats + 8);
  for (let i = 0; i < numRows; i++) {
    const at = i * 8;
    const w = weights ? m.f64(weights + at) : 1;
    const p = m.f64(probabilities + at);
    const g = w * (p - (m.f64(labels + at) === classIndex ? 1 : 0));
    const h = w * (factor * Math.max(p * (1 - p), 1e-16));
    m.setF64(grads + at, g);
    m.setF64(hesses + at, h);
    maxGrad = Math.max(maxGrad, Math.abs(g));
    maxHess = Math.max(maxHess, h);
  }
  m.setF64(stats, maxGrad);
  m.setF64(stats + 8, maxHess);
}

/** g as int16 and h ≥ 1 as uint16 into each record's slot, rounded without bias. */
export function quantise16(
  m: Views,
  grads: number,
  hesses: number,
  rowKeys: number,
  numRows: number,
  gradScale: number,
  hessScale: number,
  treeKey: number,
  slot: number,
  stride: number,
  roundHess: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const random = mix32(m.u32(rowKeys + i * 4) ^ treeKey);
    const gradDraw = (random >>> 16) * 2 ** -16;
    const hessDraw = roundHess ? (random & 0xffff) * 2 ** -16 : 0;
    const g = toI32(Math.floor(m.f64(grads + i * 8) * gradScale + gradDraw));
    const h = Math.max(toI32(m.f64(hesses + i * 8) * hessScale + hessDraw), 1);
    m.setU32(slot + i * stride, (g << 16) | h);
  }
}

/** The wide form: int32 g, then uint32 h ≥ 1, with a random word for each. */
export function quantise32(
  m: Views,
  grads: number,
  hesses: number,
  rowKeys: number,
  numRows: number,
  gradScale: number,
  hessScale: number,
  treeKey: number,
  slot: number,
  stride: number,
  roundHess: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const first = mix32(m.u32(rowKeys + i * 4) ^ treeKey);
    const second = mix32(first + 0x9e3779b9);
    const hessDraw = roundHess ? second * 2 ** -32 : 0;
    const g = toI32(Math.floor(m.f64(grads + i * 8) * gradScale + first * 2 ** -32));
    const h = toU32(m.f64(hesses + i * 8) * hessScale + hessDraw);
    m.setU32(slot + i * stride, g);
    m.setU32(slot + i * stride + 4, Math.max(h, 1));
  }
}

/** Loss of each row, weighted, into out: kind 0 squared, 1 logistic. */
export function rowLosses(
  m: Views,
  kind: number,
  scores: number,
  labels: number,
  weights: number,
  numRows: number,
  out: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const at = i * 8;
    const s = m.f64(scores + at);
    const y = m.f64(labels + at);
    let loss: number;
    if (kind === 0) loss = (s - y) * (s - y);
    else if (y === 1) loss = softplus(-s);
    else loss = softplus(s) - y * s;
    m.setF64(out + at, weights ? loss * m.f64(weights + at) : loss);
  }
}

/** Softmax cross-entropy of each row, weighted: log Σ e^(s_k − s_max) + (s_max − s_label). */
export function softmaxLosses(
  m: Views,
  scores: number,
  classStride: number,
  numClasses: number,
  labels: number,
  weights: number,
  numRows: number,
  out: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const at = scores + i * 8;
    const top = topScore(m, at, classStride, numClasses);
    let total = 0;
    for (let k = 0; k < numClasses; k++) total += exp(m.f64(at + k * classStride) - top);
    const own = m.f64(at + toU32(m.f64(labels + i * 8)) * classStride);
    const loss = log(total) + (top - own);
    m.setF64(out + i * 8, weights ? loss * m.f64(weights + i * 8) : loss);
  }
}

/** Losses of one number: 0 absolute, 1 huber, 2 quantile, 3 poisson, 4 gamma, 5 tweedie. */
export function pointGradients(
  m: Views,
  kind: number,
  parameter: number,
  scores: number,
  labels: number,
  weights: number,
  numRows: number,
  grads: number,
  hesses: number,
  stats: number,
): void {
  let maxGrad = m.f64(stats);
  let maxHess = m.f64(stats + 8);
  for (let i = 0; i < numRows; i++) {
    const at = i * 8;
    const w = weights ? m.f64(weights + at) : 1;
    const [g, h] = pointGradient(kind, parameter, m.f64(scores + at), m.f64(labels + at));
    m.setF64(grads + at, g * w);
    m.setF64(hesses + at, h * w);
    maxGrad = Math.max(maxGrad, Math.abs(g * w));
    maxHess = Math.max(maxHess, h * w);
  }
  m.setF64(stats, maxGrad);
  m.setF64(stats + 8, maxHess);
}

/** Their losses, weighted, up to terms of the label alone. */
export function pointLosses(
  m: Views,
  kind: number,
  parameter: number,
  scores: number,
  labels: number,
  weights: number,
  numRows: number,
  out: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const at = i * 8;
    const loss = pointLoss(kind, parameter, m.f64(scores + at), m.f64(labels + at));
    m.setF64(out + at, weights ? loss * m.f64(weights + at) : loss);
  }
}
