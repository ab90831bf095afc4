// What is a split worth whose sides are weights of several classes? By gini or entropy, or by how far the outcome of
// treated rows diverges from that of the others; scan-words.ts looks for the best. A side's score is Σ w_k² / W (gini),
// Σ w_k log(w_k / W) (entropy) or W times the divergence (classes: untreated 0 and 1, treated 0 and 1); the gain is what
// both sides have more than the node. An entry has a word a class: rows and weight.
import { directionOf, entryWords, keepsOrder } from './forest-plan';
import { log } from './portable-math';
import { bytes, left, totals } from './scan-words';

const weightMask: i64 = 0xfffffffff;

// the node, what lies on the left, and the feature's best candidate so far
let planAt: usize;
let numClasses: usize;
let measure: u32;
let minArmRows: i64;
let rowWeight: f64;
let minWeight: f64;
let minRows: i64;
let allH: i64;
let allSquares: f64;
let monotone: i32;
let leftH: i64;
let leftSquares: f64;
let rightSquares: f64;
let bestScore: f64;

export function beginClasses(plan: usize): void {
  planAt = plan;
  numClasses = entryWords(plan);
  measure = load<u32>(plan, 68);
  minArmRows = <i64>load<u32>(plan, 128);
  minWeight = load<f64>(plan, 80);
  minRows = <i64>load<f64>(plan, 88);
  allH = 0;
  allSquares = 0.0;
  for (let k: usize = 0; k < numClasses; k++) {
    const t = load<i64>(totals + (k << 3));
    const w = <f64>(t & weightMask);
    allH += t;
    allSquares += w * w;
  }
  rowWeight = <f64>(allH & weightMask) / <f64>(allH >> 36);
}

export function startClasses(plan: usize, c: usize): void {
  monotone = directionOf(plan, load<u32>(c));
  bestScore = -Infinity;
}

export function gainOfClasses(): f64 {
  return bestScore - nodeScore();
}

export function classesHeldBy(words: usize): bool {
  let any: i64 = 0;
  for (let k: usize = 0; k < numClasses; k++) any |= load<i64>(words + (k << 3));
  return any != 0;
}

export function weightOfClasses(words: usize): i64 {
  let sum: i64 = 0;
  for (let k: usize = 0; k < numClasses; k++) sum += load<i64>(words + (k << 3));
  return sum & weightMask;
}

/** Of the node. */
export function rowsOfClasses(): i64 {
  return allH >> 36;
}

export function numClassOrders(): i32 {
  return numClasses == 2 || measure > 1 ? 1 : <i32>numClasses;
}

/** The share of the k-th class; of treatments what they change. */
export function shareOf(words: usize, k: i32): f64 {
  if (measure > 1) return rateOf(weightAt(words, 2), weightAt(words, 3)) - rateOf(weightAt(words, 0), weightAt(words, 1));
  let weight: i64 = 0;
  for (let j: usize = 0; j < numClasses; j++) weight += load<i64>(words + (j << 3)) & weightMask;
  return <f64>(load<i64>(words + (<usize>k << 3)) & weightMask) / <f64>weight;
}

function nodeScore(): f64 {
  const W = <f64>(allH & weightMask);
  if (measure == 0) return allSquares / W;
  if (measure > 1) return W * divergenceOf(weightAt(totals, 0), weightAt(totals, 1), weightAt(totals, 2), weightAt(totals, 3));
  let score = 0.0;
  for (let k: usize = 0; k < numClasses; k++) {
    const w = <f64>(load<i64>(totals + (k << 3)) & weightMask);
    if (w > 0.0) score += w * log(w / W);
  }
  return score;
}

function weightAt(words: usize, k: usize): f64 {
  return <f64>(load<i64>(words + (k << 3)) & weightMask);
}

// the share of outcome 1, after a row of either outcome more
function rateOf(of0: f64, of1: f64): f64 {
  return (of1 + rowWeight) / (of0 + of1 + 2.0 * rowWeight);
}

// how far the outcome of treated rows is from that of the others: Kullback-Leibler, squared Euclidean, chi-squared
function divergenceOf(c0: f64, c1: f64, t0: f64, t1: f64): f64 {
  const p = rateOf(t0, t1);
  const q = rateOf(c0, c1);
  if (measure == 2) return p * log(p / q) + (1.0 - p) * log((1.0 - p) / (1.0 - q));
  const d = (p - q) * (p - q);
  return measure == 3 ? d + d : d / q + d / (1.0 - q);
}

function divergenceScore(L: f64, R: f64): f64 {
  const c0 = weightAt(left, 0);
  const c1 = weightAt(left, 1);
  const t0 = weightAt(left, 2);
  const t1 = weightAt(left, 3);
  return L * divergenceOf(c0, c1, t0, t1) + R * divergenceOf(
    weightAt(totals, 0) - c0, weightAt(totals, 1) - c1, weightAt(totals, 2) - t0, weightAt(totals, 3) - t1,
  );
}

// rows enough of either treatment on both sides
function hasBothArms(): bool {
  const untreated = (load<i64>(left) + load<i64>(left, 8)) >> 36;
  const treated = (load<i64>(left, 16) + load<i64>(left, 24)) >> 36;
  const others = ((load<i64>(totals) + load<i64>(totals, 8)) >> 36) - untreated;
  const othersTreated = ((load<i64>(totals, 16) + load<i64>(totals, 24)) >> 36) - treated;
  return untreated >= minArmRows && treated >= minArmRows && others >= minArmRows && othersTreated >= minArmRows;
}

/** Nothing is on the left any more. */
export function emptyClasses(): void {
  leftH = 0;
  leftSquares = 0.0;
  rightSquares = allSquares;
}

/** Adds an entry to the left. */
export function moveClasses(entry: usize): void {
  for (let k: usize = 0; k < numClasses; k++) {
    const e = load<i64>(entry + (k << 3));
    if (e == 0) continue;
    const before = load<i64>(left + (k << 3));
    const w = <f64>(e & weightMask);
    const l = <f64>(before & weightMask);
    const r = <f64>(load<i64>(totals + (k << 3)) & weightMask) - l;
    leftSquares += w * (l + l + w);
    rightSquares -= w * (r + r - w);
    store<i64>(left + (k << 3), before + e);
    leftH += e;
  }
}

/** Is what lies on the left allowed, and better than those before? It is the best then. */
export function isBestOfClasses(): bool {
  const leftRows = leftH >> 36;
  const rightRows = (allH - leftH) >> 36;
  if (leftRows < minRows || rightRows < minRows) return false;
  const L = <f64>(leftH & weightMask);
  const R = <f64>((allH - leftH) & weightMask);
  if (L < minWeight || R < minWeight) return false;
  if (monotone != 0) {
    // of two classes the second
    const l = <f64>(load<i64>(left, 8) & weightMask);
    const all = <f64>(load<i64>(totals, 8) & weightMask);
    if (!keepsOrder(planAt, monotone, l / L, (all - l) / R)) return false;
  }
  if (measure > 1 && !hasBothArms()) return false;
  const score = measure == 0
    ? (leftSquares * R + rightSquares * L) / (L * R)
    : measure == 1 ? entropyScore(L, R) : divergenceScore(L, R);
  if (!(score > bestScore)) return false;
  bestScore = score;
  return true;
}

function entropyScore(L: f64, R: f64): f64 {
  let onLeft = 0.0;
  let onRight = 0.0;
  for (let k: usize = 0; k < numClasses; k++) {
    const l = <f64>(load<i64>(left + (k << 3)) & weightMask);
    const r = <f64>(load<i64>(totals + (k << 3)) & weightMask) - l;
    if (l > 0.0) onLeft += l * log(l / L);
    if (r > 0.0) onRight += r * log(r / R);
  }
  return onLeft + onRight;
}
