/**
 * What do a node's rows add up to, as a whole and bin by bin of the chosen features? The twin of
 * wasm/assembly/forest-histogram.ts; wasm/assembly/forest-plan.ts draws the layouts.
 */
import { binsAt, type Plan, readChosen, readPlan, touchedBytes } from './forest-plan.ts';
import type { Views } from './views.ts';

/** Adds rows; marks their bins as touched where asked. */
export function addForestRows(
  m: Views,
  at: number,
  rows: number,
  numRows: number,
  numChosen: number,
  hist: number,
  marks: number,
): void {
  const plan = readPlan(m, at);
  let touched = plan.touched;
  for (let c = 0; c < numChosen; c++) {
    const chosen = readChosen(m, plan, c);
    for (let i = 0; i < numRows; i++) {
      const row = rows + i * plan.stride;
      const bin = m.bin(binsAt(m, plan, row) + chosen.offset, chosen.width);
      addRow(m, plan, row, hist + (chosen.firstEntry + bin) * plan.words * 8);
      if (marks !== 0) m.setBit(touched, bin);
    }
    touched += touchedBytes(chosen);
  }
}

/** Adds a row to an entry, or to a node's totals, which have the same words. */
function addRow(m: Views, plan: Plan, row: number, entry: number): void {
  const slot = row + plan.slotOffset;
  if (plan.kind === 2) {
    const packed = m.u32(slot);
    m.addI64(entry + (packed >>> 16) * 8, packed & 0xffff, 16);
    return;
  }
  const packed = m.u32(slot);
  const isNumber = plan.kind !== 1;
  const weight = isNumber ? m.u32(slot + 4) : packed & 0xffff;
  const x = isNumber ? m.i32(slot) : (packed >>> 16) * weight;
  // the other ones of several numbers
  for (let word = 2; word < plan.words; word++) {
    const sum = m.i64(entry + 8 * word) + BigInt(m.i32(slot + 4 * word));
    m.setI64(entry + 8 * word, BigInt.asIntN(64, sum));
  }
  m.setI64(entry, BigInt.asIntN(64, m.i64(entry) + BigInt(x)));
  const h = m.i64(entry + 8) + BigInt(weight) + (1n << plan.countShift);
  m.setI64(entry + 8, BigInt.asIntN(64, h));
}

/** Sums a node's rows into the totals of `best`. */
export function nodeTotals(
  m: Views,
  at: number,
  rows: number,
  numRows: number,
  best: number,
): void {
  const plan = readPlan(m, at);
  m.fillZero(best + 64, plan.words * 8);
  for (let i = 0; i < numRows; i++) addRow(m, plan, rows + i * plan.stride, best + 64);
  weighNode(m, at, best);
}

/** Weight and rows of a node from its totals. */
export function weighNode(m: Views, at: number, best: number): void {
  const plan = readPlan(m, at);
  const shift = plan.kind === 2 ? 36n : plan.countShift;
  let h = 0n;
  if (plan.kind === 2) {
    for (let k = 0; k < plan.words; k++) h = BigInt.asIntN(64, h + m.i64(best + 64 + k * 8));
  } else {
    h = m.i64(best + 72);
  }
  m.setF64(best + 48, Number(h & ((1n << shift) - 1n)));
  m.setF64(best + 56, Number(h >> shift));
}
