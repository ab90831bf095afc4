// What follows the growth of a tree that is still where grow-leaves.ts left it: the table that sends other rows down, and
// its leaves' values. The same bits as src/training/leaves (route-rows.ts, leaf-values.ts) in plain TypeScript.

import { sideBytes, writeSides } from './grow-node';
import { atFeatures, atNumNodes, nodeAt, ofCount, ofCover, ofLeftChild, ofPlace, ofRows, ofValue } from './grow-plan';

/**
 * Writes what findLeaves walks: 16 bytes a node (of a split the feature's offset and its width in the upper byte, where
 * its sides lie, both children; of a leaf −1 and its number), then the sides of each split.
 */
export function writeRoutes(plan: usize, table: usize): void {
  const numNodes = load<i32>(plan, atNumNodes);
  let sides = table + align(<usize>numNodes << 4);
  let number: i32 = 0;
  for (let i: i32 = 0; i < numNodes; i++) {
    const node = nodeAt(plan, i);
    const entry = table + (<usize>i << 4);
    const left = load<i32>(node, ofLeftChild);
    if (left == 0) {
      store<i32>(entry, -1);
      store<i32>(entry, number, 4);
      store<i64>(entry, 0, 8);
      number++;
      continue;
    }
    const feature = <usize>load<u32>(plan, atFeatures) + (<usize>load<u32>(node, ofPlace) << 5);
    writeSides(plan, i, feature, sides);
    store<u32>(entry, load<u32>(feature, 20) + (load<u32>(feature, 24) << 24));
    store<u32>(entry, <u32>sides, 4);
    store<i32>(entry, left, 8);
    store<i32>(entry, left + 1, 12);
    sides += align(sideBytes(feature));
  }
}

/** Writes how many of this rank's rows are in each leaf, int32 each. */
export function countLeaves(plan: usize, counts: usize): void {
  const numNodes = load<i32>(plan, atNumNodes);
  let number: usize = 0;
  for (let i: i32 = 0; i < numNodes; i++) {
    const node = nodeAt(plan, i);
    if (load<i32>(node, ofLeftChild) != 0) continue;
    store<i32>(counts + (number << 2), load<i32>(node, ofCount));
    number++;
  }
}

/**
 * Gives every leaf −G / (H + λ) times the step size, on the grid of the scores, and its rows, and every node its cover.
 * parts: for each rank a uint32 address: four int64 a leaf, as leafSums wrote them, and behind those of all leaves what
 * countLeaves wrote. numbers: float64 gradScale, hessScale, λ, step size, unit of the grid. values: float64 a leaf.
 */
export function settleLeaves(plan: usize, parts: usize, numParts: i32, numbers: usize, values: usize): void {
  const gradScale = load<f64>(numbers);
  const hessScale = load<f64>(numbers, 8);
  const lambda = load<f64>(numbers, 16);
  const stepSize = load<f64>(numbers, 24);
  const unit = load<f64>(numbers, 32);
  const numNodes = load<i32>(plan, atNumNodes);
  const countsAt = <usize>(numNodes + 1) << 4;
  let number: usize = 0;
  for (let i: i32 = 0; i < numNodes; i++) {
    const node = nodeAt(plan, i);
    if (load<i32>(node, ofLeftChild) != 0) continue;
    let grads = i64x2.splat(0);
    let hesses = i64x2.splat(0);
    let rows: i32 = 0;
    for (let p: i32 = 0; p < numParts; p++) {
      const part = <usize>load<u32>(parts + (<usize>p << 2));
      grads = i64x2.add(grads, v128.load(part + (number << 5)));
      hesses = i64x2.add(hesses, v128.load(part + (number << 5), 16));
      rows += load<i32>(part + countsAt + (number << 2));
    }
    store<i32>(node, rows, ofRows);
    const grad = fromFixed(i64x2.extract_lane(grads, 0), i64x2.extract_lane(grads, 1), gradScale);
    const hess = fromFixed(i64x2.extract_lane(hesses, 0), i64x2.extract_lane(hesses, 1), hessScale);
    const denominator = hess + lambda;
    const step = denominator > 0.0 ? -grad / denominator : 0.0;
    const value = roundHalfUp((step * stepSize) / unit) * unit;
    store<f64>(node, hess, ofCover);
    store<f64>(node, value, ofValue);
    store<f64>(values + (number << 3), value);
    number++;
  }
  for (let i = numNodes - 1; i >= 0; i--) {
    const node = nodeAt(plan, i);
    const left = load<i32>(node, ofLeftChild);
    if (left == 0) continue;
    store<f64>(node, load<f64>(nodeAt(plan, left), ofCover) + load<f64>(nodeAt(plan, left + 1), ofCover), ofCover);
    store<f64>(node, 0.0, ofValue);
  }
}

/** (whole + fraction · 2^−32) / scale, rounded once: a scale is a power of two. */
export function fromFixed(whole: i64, fraction: i64, scale: f64): f64 {
  let high = whole + (fraction >> 32);
  let low = <u64>fraction & 0xffffffff;
  const isNegative = high < 0;
  if (isNegative) {
    // −(high + low) is ~high + 1 with the rest of low, where there is one
    high = low == 0 ? -high : ~high;
    low = (0x100000000 - low) & 0xffffffff;
  }
  // the uppermost 64 of 96 bits; those below them only decide between halves
  const shift: u64 = high == 0 ? 32 : min<u64>(32, <u64>clz<i64>(high));
  const lost: u64 = shift == 32 ? 0 : low << (32 + shift);
  const upper = (<u64>high << shift) | (low >> (32 - shift));
  const top = upper | <u64>(lost != 0);
  const size = <f64>top * powerOfTwo(32 - shift);
  return (isNegative ? -size : size) / 4294967296.0 / scale;
}

// 2^exponent of 0 … 32
function powerOfTwo(exponent: u64): f64 {
  return reinterpret<f64>((1023 + exponent) << 52);
}

// Math.round
function roundHalfUp(x: f64): f64 {
  const below = Math.floor(x);
  return copysign<f64>(x - below >= 0.5 ? below + 1.0 : below, x);
}

function align(bytes: usize): usize {
  return (bytes + 63) & ~63;
}
