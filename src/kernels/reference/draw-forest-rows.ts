/**
 * Which rows does a tree of a forest see, and how often? The twin of wasm/assembly/draw-forest-rows.ts;
 * wasm/assembly/forest-plan.ts draws the rows.
 */
import { mix32 } from '../../base/rng.ts';
import { readPlan } from './forest-plan.ts';
import { toU32, type Views } from './views.ts';

/** counts[i] = how many thresholds (of the row's class) the row's random bits reach. */
export function drawCounts(
  m: Views,
  rowKeys: number,
  numRows: number,
  treeKey: number,
  thresholds: number,
  numThresholds: number,
  classes: number,
  counts: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const bits = mix32(m.u32(rowKeys + i * 4) ^ treeKey);
    const first = thresholds + (classes ? m.f64(classes + i * 8) * numThresholds * 4 : 0);
    let count = 0;
    while (count < numThresholds && bits >= m.u32(first + count * 4)) count++;
    m.setU8(counts + i, count);
  }
}

/** Copies the drawn records with their counts in their slots; returns how many. */
export function copyDrawn(
  m: Views,
  at: number,
  records: number,
  recordBytes: number,
  recordSlot: number,
  firstRow: number,
  numRows: number,
  counts: number,
  factors: number,
  target: number,
  targetIds: number,
): number {
  const plan = readPlan(m, at);
  let drawn = 0;
  for (let i = 0; i < numRows; i++) {
    const count = m.u8(counts + i);
    const record = records + (firstRow + i) * recordBytes;
    const row = target + drawn * plan.stride;
    if (plan.records === 0) m.copy(row, record, plan.stride);
    else m.setU32(row + plan.idOffset, firstRow + i);
    const from = record + recordSlot;
    const slot = row + plan.slotOffset;
    if (plan.kind === 0 || plan.kind === 3) {
      for (let word = 0; word < plan.words; word++) {
        m.setU32(slot + 4 * word, Math.imul(m.u32(from + 4 * word), count));
      }
    } else {
      const packed = m.u32(from);
      let weight = (packed & 0xffff) * count;
      if (factors) {
        weight = Math.max(1, toU32(nearest(weight * m.f64(factors + (packed >>> 16) * 8))));
      }
      m.setU32(slot, (packed & 0xffff0000) | weight);
    }
    if (targetIds) m.setU32(targetIds + drawn * 4, firstRow + i);
    if (count !== 0) drawn++;
  }
  return drawn;
}

/** To the nearest whole number, ties to the even one. */
function nearest(x: number): number {
  const magic = 6755399441055744;
  return x + magic - magic;
}
