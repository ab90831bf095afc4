/**
 * Which split of a node with a packed histogram has the highest gain? The twin of
 * wasm/assembly/find-packed-split.ts: a feature at a time is taken apart and looked at as findSplit does, of
 * numeric ones only the bins that are not empty.
 */
import { clearBest, lookAtFeature } from './find-split.ts';
import { readNodeSums } from './node-sums.ts';
import { unpack, widen } from './packed-entries.ts';
import type { Views } from './views.ts';

/** The best split of features [begin, end) whose mask byte is set, and the runner-up feature. */
export function findPackedSplit(
  m: Views,
  hist: number,
  features: number,
  begin: number,
  end: number,
  mask: number,
  params: number,
  totals: number,
  best: number,
  leftBins: number,
  scratch: number,
  wide: number,
  numbers: number,
): void {
  const isShort = m.i32(params + 76) !== 0 && m.i32(params + 64) >= 63;
  clearBest(m, best);
  const node = readNodeSums(m, params, totals);
  for (let f = begin; f < end; f++) {
    if (mask && m.u8(mask + f) === 0) continue;
    const feature = features + f * 32;
    const entries = hist + m.u32(feature + 4) * 8;
    const numValues = m.i32(feature + 8);
    const kind = m.u32(feature + 16);
    if (isShort && kind === 0 && m.i64(entries + numValues * 8) === 0n) {
      const count = squeeze(m, entries, numValues, wide, numbers);
      const shape = { numValues: count, kind };
      lookAtFeature(m, node, wide, shape, f, params, best, leftBins, scratch);
      if (m.i32(best + 8) === f) m.setU32(best + 12, m.u32(numbers + m.i32(best + 12) * 4));
    } else {
      widen(m, entries, numValues + 1, wide);
      lookAtFeature(m, node, wide, { numValues, kind }, f, params, best, leftBins, scratch);
    }
  }
}

/** The entries that are not empty, taken apart, an empty one behind them, and which bins they are. */
function squeeze(
  m: Views,
  entries: number,
  numValues: number,
  wide: number,
  numbers: number,
): number {
  let count = 0;
  for (let b = 0; b < numValues; b++) {
    const at = wide + count * 16;
    m.setU32(at, m.u32(entries + b * 8));
    m.setU32(at + 4, m.u32(entries + b * 8 + 4));
    unpack(m, at);
    m.setU32(numbers + count * 4, b);
    if (m.i64(entries + b * 8) !== 0n) count += 1;
  }
  m.fillZero(wide + count * 16, 16);
  return count;
}
