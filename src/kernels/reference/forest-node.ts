/**
 * What is a forest's node, its best split, and where do its rows go? The twin of wasm/assembly/forest-node.ts;
 * wasm/assembly/forest-plan.ts draws the layouts.
 */
import { ClassRule } from './find-class-split.ts';
import { RatioScan } from './find-ratio-split.ts';
import { VectorRule } from './find-vector-split.ts';
import { drawFeatures } from './forest-features.ts';
import { addForestRows, nodeTotals, weighNode } from './forest-histogram.ts';
import {
  binsAt,
  type Chosen,
  type Plan,
  readChosen,
  readPlan,
  touchedBytes,
} from './forest-plan.ts';
import { WordScan } from './scan-words.ts';
import type { Views } from './views.ts';

/** Sums a node and finds its best split: 1 where there is one, 0 where the node is a leaf. */
export function searchNode(
  m: Views,
  at: number,
  rows: number,
  numRows: number,
  key: number,
  best: number,
): number {
  nodeTotals(m, at, rows, numRows, best);
  if (maySplit(m, at, best) === 0 || isUniform(m, at, rows, numRows)) return 0;
  const { histogram } = readPlan(m, at);
  for (let attempt = 0; ; attempt++) {
    const numChosen = drawFeatures(m, at, key, attempt);
    if (numChosen === 0) return 0;
    addForestRows(m, at, rows, numRows, numChosen, histogram, 0);
    if (scanNode(m, at, key, 0, numChosen, histogram, 0, best) === 1) return 1;
  }
}

/** Whether totals allow a split: rows enough for two, and more than one class. */
export function maySplit(m: Views, at: number, best: number): number {
  const plan = readPlan(m, at);
  if (m.f64(best + 56) < 2 * plan.minRows) return 0;
  if (plan.kind === 0 || plan.kind === 3) return 1;
  if (plan.kind === 1) {
    const x = Number(m.i64(best + 64));
    return x > 0 && x < m.f64(best + 48) ? 1 : 0;
  }
  let present = 0;
  for (let k = 0; k < plan.words; k++) {
    if ((m.i64(best + 64 + k * 8) & 0xfffffffffn) !== 0n) present++;
  }
  return present > 1 ? 1 : 0;
}

/** All rows with the same x for h: no split can gain (numbers; classes are seen by their totals). */
function isUniform(m: Views, at: number, rows: number, numRows: number): boolean {
  const plan = readPlan(m, at);
  if (plan.kind !== 0 && plan.kind !== 3) return false;
  const first = rows + plan.slotOffset;
  for (let i = 1; i < numRows; i++) {
    const slot = first + i * plan.stride;
    for (let word = 0; word < plan.words; word++) {
      if (word === 1) continue;
      const here = BigInt(m.i32(slot + 4 * word)) * BigInt(m.u32(first + 4));
      if (here !== BigInt(m.i32(first + 4 * word)) * BigInt(m.u32(slot + 4))) return false;
    }
  }
  return true;
}

/** The scan of a feature of a node of this kind. */
function scanOf(m: Views, plan: Plan, chosen: Chosen, best: number): RatioScan | WordScan {
  if (plan.kind < 2) return new RatioScan(m, plan, chosen, best);
  return new WordScan(m, plan, { chosen, best }, plan.kind === 2 ? ClassRule : VectorRule);
}

/** Best split of chosen features [begin, end), with the totals in `best`; whether its gain is enough. */
export function scanNode(
  m: Views,
  at: number,
  key: number,
  begin: number,
  end: number,
  hist: number,
  marks: number,
  best: number,
): number {
  const plan = readPlan(m, at);
  m.setF64(best, Number.NEGATIVE_INFINITY);
  m.setU32(best + 8, -1);
  m.setU32(best + 12, -1);
  m.setF64(best + 32, Number.NEGATIVE_INFINITY);
  m.setU32(best + 40, -1);
  weighNode(m, at, best);
  let touched = plan.touched;
  for (let i = begin; i < end; i++) {
    const chosen = readChosen(m, plan, i);
    const scan = scanOf(m, plan, chosen, best);
    const gain = scan.scan(hist, key);
    if (marks !== 0) m.fillZero(touched, touchedBytes(chosen));
    touched += touchedBytes(chosen);
    const before = m.f64(best);
    if (gain > before) {
      // the best so far came first, so it goes before a runner-up that equals it
      m.setF64(best + 32, before);
      m.setU32(best + 40, m.i32(best + 12));
      m.setF64(best, gain);
      m.setU32(best + 8, i);
      m.setU32(best + 12, chosen.place);
      scan.commit();
    } else {
      keepRunnerUp(m, best, gain, chosen.place);
    }
  }
  return isEnough(m, at, best);
}

function keepRunnerUp(m: Views, best: number, gain: number, place: number): void {
  if (!(gain > m.f64(best + 32))) return;
  m.setF64(best + 32, gain);
  m.setU32(best + 40, place);
}

/** Whether the gain in `best` is above the least one, and above what rounding may leave of nothing. */
export function isEnough(m: Views, at: number, best: number): number {
  const plan = readPlan(m, at);
  const gain = m.f64(best);
  const weight = m.f64(best + 48);
  const squareAt = (at: number): number => Number(m.i64(at)) * Number(m.i64(at));
  let squares = squareAt(best + 64);
  for (let word = 2; plan.kind === 3 && word < plan.words; word++) {
    squares += squareAt(best + 64 + 8 * word);
  }
  const noise = plan.kind === 2 ? 1e-12 * weight : 1e-16 * (squares / weight);
  return gain > noise && gain > plan.minGain * weight ? 1 : 0;
}

/** Moves a node's rows: left from the front of the target, right from its back. */
export function splitForestRows(
  m: Views,
  at: number,
  source: number,
  sourceIds: number,
  numRows: number,
  target: number,
  targetIds: number,
  place: number,
  cut: number,
  missingLeft: number,
  goesLeft: number,
): number {
  const plan = readPlan(m, at);
  const feature = plan.features + place * 32;
  const offset = m.u32(feature + 20);
  const width = m.u32(feature + 24);
  const missing = m.u32(feature + 12);
  let left = 0;
  let right = numRows - 1;
  for (let i = 0; i < numRows; i++) {
    const row = source + i * plan.stride;
    const bin = m.bin(binsAt(m, plan, row) + offset, width);
    const side = bin === missing ? missingLeft !== 0 : bin <= cut;
    const to = (cut >= 0 ? side : m.u8(goesLeft + bin) !== 0) ? left++ : right--;
    m.copy(target + to * plan.stride, row, plan.stride);
    if (sourceIds) m.setU32(targetIds + to * 4, m.u32(sourceIds + i * 4));
  }
  return left;
}
