// The most that any split of a node's rows could gain, whatever the columns say.
//
// A side with sums (G, H) scores G² / (H + λ), which is convex, so of all ways to share rows out the best has the rows of
// the lowest g / h on one side. Sorted by g / h, the sums of the first rows run along a curve that bends one way:
//
//   G |            /      rows go into 64 groups by g / h, half an octave each and two without an end; along a
//     |          _/       group the curve stays in the triangle between where it enters, where it leaves and
//     |___----""          the corner that the group's least and greatest ratio make, and the score is highest
//     +----------- H      at one of the three

import { firstIdOf, idsOf } from './grow-node';
import {
  atIsIndexed, atMaster, atNumEntries, atParams, atSides, atSlotBytes, atSlotOffset, atSlots, atStarts, atStride, ofCount, ofCover,
  ofGrad,
} from './grow-plan';

const numHalf: i32 = 32;
/** The first 10 bits of 2^-4 as a float32: sign, exponent and half an octave. */
const lowest: i32 = 246;
/** Rows near the end of a group may have been rounded into the next one. */
const slack: f64 = 1e-6;

/** Infinity where rows are too many, or not short, for that to pay. */
export function gainBound(plan: usize, node: usize): f64 {
  const count = load<i32>(node, ofCount);
  if (load<i32>(plan, atSlotBytes) != 4 || load<i32>(plan, atIsIndexed) == 0) return Infinity;
  if (count > 65535 || count > load<i32>(plan, atNumEntries) >> 1) return Infinity;
  const params = <usize>load<u32>(plan, atParams);
  const sums = <usize>load<u32>(plan, atSides);
  addGroups(plan, node, <f32>(load<f64>(params) / load<f64>(params, 8)), sums);
  const score = bestScore(node, params, sums);
  const G = <f64>load<i64>(node, ofGrad) * load<f64>(params);
  const parentScore = (G * G) / (load<f64>(node, ofCover) + load<f64>(params, 16));
  // above whatever float64 makes of the same sums
  const bound = score * (1.0 + 1e-9) - parentScore * (1.0 - 1e-9);
  return bound < Infinity ? bound : Infinity;
}

// sums of each group, g in the upper half of a word and h in the lower
function addGroups(plan: usize, node: usize, unit: f32, sums: usize): void {
  memory.fill(sums, 0, <usize>numHalf << 4);
  const hasSlots = load<u32>(plan, atStarts) != 0;
  const base = <usize>(hasSlots ? load<u32>(plan, atSlots) : load<u32>(plan, atMaster) + load<u32>(plan, atSlotOffset));
  const step = <usize>(hasSlots ? 4 : load<u32>(plan, atStride));
  const ids = idsOf(plan, node);
  const firstId = <usize>firstIdOf(plan, node);
  const count = <usize>load<i32>(node, ofCount);
  for (let i: usize = 0; i < count; i++) {
    const row = ids ? <usize>load<u32>(ids + (i << 2)) : firstId + i;
    const slot = load<i32>(base + row * step);
    if (slot == 0) continue;
    const g = slot >> 16;
    const h = slot & 0xffff;
    const bits = reinterpret<i32>((<f32>g * unit) / <f32>h);
    const half = min<i32>(max<i32>(((bits & 0x7fffffff) >> 22) - lowest, 0), numHalf - 1);
    const at = sums + (<usize>(bits < 0 ? numHalf - 1 - half : numHalf + half) << 3);
    store<i64>(at, load<i64>(at) + (<i64>g << 32) + <i64>h);
  }
}

// the absolute ratio at which half an octave begins
function beginOf(half: i32): f64 {
  if (half == 0) return 0.0;
  return half == numHalf ? Infinity : <f64>reinterpret<f32>((half + lowest) << 22);
}

function bestScore(node: usize, params: usize, sums: usize): f64 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const G = <f64>load<i64>(node, ofGrad) * gradUnit;
  const H = load<f64>(node, ofCover);
  const lambda = load<f64>(params, 16);
  let best: f64 = 0.0;
  let gradSum: i64 = 0;
  let hessSum: i64 = 0;
  for (let group: i32 = 0; group < 2 * numHalf; group++) {
    const sum = load<i64>(sums + (<usize>group << 3));
    if (sum == 0) continue;
    const half = group < numHalf ? numHalf - 1 - group : group - numHalf;
    let low = group < numHalf ? -beginOf(half + 1) : beginOf(half);
    let high = group < numHalf ? -beginOf(half) : beginOf(half + 1);
    low -= abs<f64>(low) * slack;
    high += abs<f64>(high) * slack;
    const g = <f64>(sum >> 32) * gradUnit;
    const h = <f64>(sum & 0xffffffff) * hessUnit;
    // the corner: rows of the least ratio first, then those of the greatest
    let first = max<f64>(0.0, min<f64>(h, (high * h - g) / (high - low)));
    let corner = low * first;
    if (low == -Infinity) {
      first = 0.0;
      corner = min<f64>(0.0, g - high * h);
    } else if (high == Infinity) {
      first = h;
      corner = low * h;
    }
    const GL = <f64>gradSum * gradUnit;
    const HL = <f64>hessSum * hessUnit;
    best = higher(best, scoreOf(GL + corner, HL + first, G, H, lambda));
    gradSum += sum >> 32;
    hessSum += sum & 0xffffffff;
    best = higher(best, scoreOf(<f64>gradSum * gradUnit, <f64>hessSum * hessUnit, G, H, lambda));
  }
  return best;
}

function scoreOf(GL: f64, HL: f64, G: f64, H: f64, lambda: f64): f64 {
  return sideScore(GL, HL + lambda) + sideScore(G - GL, max<f64>(0.0, H - HL) + lambda);
}

function sideScore(grad: f64, weight: f64): f64 {
  return grad == 0.0 ? 0.0 : (grad * grad) / weight;
}

// NaN counts as no bound
function higher(best: f64, score: f64): f64 {
  return score <= best ? best : score == score ? score : Infinity;
}
