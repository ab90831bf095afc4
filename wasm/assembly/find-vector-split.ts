// What is a split worth whose sides are sums of several numbers? What it lowers the sum of their variances by; scan-words.ts
// looks for the best. With X_k and H of the node and x_k and h on the left the gain is
//   Σ_k (x_k · H − X_k · h)² / (h · (H − h) · H),
// that of find-ratio-split.ts for one number, so candidates are compared by products here too. An entry is the first
// number's sum, rows and weight, the other numbers' sums.
import { bytes, left, totals } from './scan-words';

// the node, and the feature's best candidate so far
let totalH: f64;
let allH: i64;
let shift: u32;
let mask: i64;
let minWeight: f64;
let minRows: i64;
let numerator: f64;
let denominator: f64;

export function beginNumbers(plan: usize): void {
  shift = load<u32>(plan, 28);
  mask = ((<i64>1) << shift) - 1;
  minWeight = load<f64>(plan, 80);
  minRows = <i64>load<f64>(plan, 88);
  allH = load<i64>(totals, 8);
  totalH = <f64>(allH & mask);
}

export function startNumbers(): void {
  numerator = -1.0;
  denominator = 1.0;
}

export function gainOfNumbers(): f64 {
  return numerator / denominator / totalH;
}

export function numbersHeldBy(words: usize): bool {
  return load<i64>(words, 8) != 0;
}

export function weightOfNumbers(words: usize): i64 {
  return load<i64>(words, 8) & mask;
}

/** Of the node. */
export function rowsOfNumbers(): i64 {
  return allH >> shift;
}

export function numNumberOrders(): i32 {
  return <i32>(bytes >> 3) - 1;
}

/** The mean of the k-th number; the weight stands between the first and the others. */
export function meanOf(words: usize, k: i32): f64 {
  return <f64>load<i64>(words + (<usize>(k == 0 ? 0 : k + 1) << 3)) / <f64>weightOfNumbers(words);
}

/** Adds an entry to the left. */
export function moveNumbers(entry: usize): void {
  for (let w: usize = 0; w < bytes; w += 8) {
    store<i64>(left + w, load<i64>(left + w) + load<i64>(entry + w));
  }
}

/** Is what lies on the left allowed, and better than those before? It is the best then. */
export function isBestOfNumbers(): bool {
  const h = load<i64>(left, 8);
  const leftH = <f64>(h & mask);
  const den = leftH * (totalH - leftH);
  let num = squareAt(0, leftH);
  for (let w: usize = 16; w < bytes; w += 8) num += squareAt(w, leftH);
  if (!(num * denominator > numerator * den)) return false;
  const leftRows = h >> shift;
  const rightRows = (allH - h) >> shift;
  if (leftRows < minRows || rightRows < minRows) return false;
  if (leftH < minWeight || totalH - leftH < minWeight || den <= 0.0) return false;
  numerator = num;
  denominator = den;
  return true;
}

function squareAt(w: usize, leftH: f64): f64 {
  const d = <f64>load<i64>(left + w) * totalH - <f64>load<i64>(totals + w) * leftH;
  return d * d;
}
