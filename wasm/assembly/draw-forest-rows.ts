// The rows of a tree: how often each is drawn, and the drawn ones side by side. See forest-plan.ts for rows.
import { entryWords } from './forest-plan';
import { mix32 } from './mix';

/**
 * counts[firstRow + i] = how many of its class's thresholds (uint32, ascending, numThresholds a class) the
 * random bits mix32(rowKey ^ treeKey) of a row reach. classes: address of the class of row 0 as float64, or 0.
 */
export function drawCounts(
  rowKeys: usize, numRows: i32, treeKey: u32, thresholds: usize, numThresholds: i32, classes: usize, counts: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const bits = mix32(load<u32>(rowKeys + (i << 2)) ^ treeKey);
    let at = thresholds;
    if (classes) at += (<usize>load<f64>(classes + (i << 3)) * <usize>numThresholds) << 2;
    let count: u32 = 0;
    while (<i32>count < numThresholds && bits >= load<u32>(at + (<usize>count << 2))) count++;
    store<u8>(counts + i, <u8>count);
  }
}

/**
 * Copies the drawn ones of the records [firstRow, firstRow + numRows) with their counts in their slots; counts
 * begins with that of firstRow. Rows that hold only slot and id get these two. factors: float64 a class that
 * multiplies the weight, or 0. Writes ids where targetIds is not 0. There is room for one row more than are drawn.
 */
export function copyDrawn(
  plan: usize, records: usize, recordBytes: usize, recordSlot: usize, firstRow: i32, numRows: i32, counts: usize,
  factors: usize, target: usize, targetIds: usize,
): i32 {
  const stride = <usize>load<u32>(plan, 8);
  const slotOffset = <usize>load<u32>(plan, 12);
  const isWhole = load<u32>(plan, 20) == 0;
  const kind = load<u32>(plan);
  const slotBytes: usize = entryWords(plan) << 2;
  let p = records + <usize>firstRow * recordBytes;
  let q = target;
  let ids = targetIds;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const count = <u32>load<u8>(counts + i);
    const id = <u32>firstRow + <u32>i;
    if (isWhole) {
      for (let b: usize = 0; b < stride; b += 8) store<u64>(q + b, load<u64>(p + b));
    } else {
      store<u32>(q + <usize>load<u32>(plan, 16), id);
    }
    const slot = q + slotOffset;
    if (kind == 0 || kind == 3) {
      for (let b: usize = 0; b < slotBytes; b += 4) store<u32>(slot + b, load<u32>(p + recordSlot + b) * count);
    } else {
      const packed = load<u32>(p + recordSlot);
      let weight = (packed & 0xffff) * count;
      if (factors) weight = max<u32>(1, <u32>nearest(<f64>weight * load<f64>(factors + (<usize>(packed >> 16) << 3))));
      store<u32>(slot, (packed & 0xffff0000) | weight);
    }
    if (ids) store<u32>(ids, id);
    const step = <usize>(count != 0);
    q += stride * step;
    if (ids) ids += step << 2;
    p += recordBytes;
  }
  return <i32>((q - target) / stride);
}
