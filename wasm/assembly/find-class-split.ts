// What is a split worth whose sides are weights of several classes? By gini or entropy, or by how far the outcomes of
// treated rows diverge from that of the others; scan-words.ts looks for the best. A side's score is Σ w_k² / W (gini),
// Σ w_k log(w_k / W) (entropy) or W times the mean divergence of the treatments (classes: untreated 0 and 1, then 0 and 1 of
// each treatment); the gain is what both sides have more than the node. An entry has a word a class: rows and weight.
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
  if (measure > 1) return <i32>(numClasses >> 1) - 1;
  return numClasses == 2 ? 1 : <i32>numClasses;
}

/** The share of the k-th class; of treatments what the k-th changes. */
export function shareOf(words: usize, k: i32): f64 {
  if (measure > 1) return armRate(words, <usize>k + 1) - armRate(words, 0);
  let weight: i64 = 0;
  for (let j: usize = 0; j < numClasses; j++) weight += load<i64>(words + (j << 3)) & weightMask;
  return <f64>(load<i64>(words + (<usize>k << 3)) & weightMask) / <f64>weight;
}

function nodeScore(): f64 {
  const W = <f64>(allH & weightMask);
  if (measure == 0) return allSquares / W;
  if (measure > 1) return W * divergenceIn(totals);
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

// of the rows of an arm: 0 is the untreated ones
function armRate(words: usize, arm: usize): f64 {
  return rateOf(weightAt(words, arm << 1), weightAt(words, (arm << 1) + 1));
}

// the same of what is in the node and not on the left
function otherArmRate(arm: usize): f64 {
  const k: usize = arm << 1;
  return rateOf(weightAt(totals, k) - weightAt(left, k), weightAt(totals, k + 1) - weightAt(left, k + 1));
}

// how far the outcome of treated rows is from that of the others: Kullback-Leibler, squared Euclidean, chi-squared
function divergenceOf(p: f64, q: f64): f64 {
  if (measure == 2) return p * log(p / q) + (1.0 - p) * log((1.0 - p) / (1.0 - q));
  const d = (p - q) * (p - q);
  return measure == 3 ? d + d : d / q + d / (1.0 - q);
}

// the mean over the treatments
function divergenceIn(words: usize): f64 {
  const q = armRate(words, 0);
  const numArms = numClasses >> 1;
  let sum = divergenceOf(armRate(words, 1), q);
  for (let arm: usize = 2; arm < numArms; arm++) sum += divergenceOf(armRate(words, arm), q);
  return sum / <f64>(numArms - 1);
}

function divergenceScore(L: f64, R: f64): f64 {
  const q = otherArmRate(0);
  const numArms = numClasses >> 1;
  let sum = divergenceOf(otherArmRate(1), q);
  for (let arm: usize = 2; arm < numArms; arm++) sum += divergenceOf(otherArmRate(arm), q);
  return L * divergenceIn(left) + R * (sum / <f64>(numArms - 1));
}

// rows enough of each treatment, and untreated ones, on both sides
function hasAllArms(): bool {
  for (let k: usize = 0; k < numClasses; k += 2) {
    const onLeft = (load<i64>(left + (k << 3)) + load<i64>(left + (k << 3), 8)) >> 36;
    const all = (load<i64>(totals + (k << 3)) + load<i64>(totals + (k << 3), 8)) >> 36;
    if (onLeft < minArmRows || all - onLeft < minArmRows) return false;
  }
  return true;
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
  if (measure > 1 && !hasAllArms()) return false;
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
