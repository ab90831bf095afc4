/**
 * How many of a model's thresholds does each value of a block exceed? The twin of
 * wasm/assembly/rank-values.ts, which draws the table; here the thresholds are counted one by one.
 */
import type { Views } from './views.ts';

/** Float32 values, in groups of four. */
export function rankF32(
  m: Views,
  values: number,
  numRows: number,
  grid: number,
  out: number,
): void {
  const thresholds = m.u32(grid + 28);
  for (let i = 0; i < Math.ceil(numRows / 4) * 4; i++) {
    const value = m.f32(values + i * 4);
    let rank = 0;
    while (value > m.f32(thresholds + rank * 4)) rank++;
    m.setU8(out + i, Number.isNaN(value) && i < numRows ? 127 : rank - 128);
  }
}

/** Float64 values, in groups of two. */
export function rankF64(
  m: Views,
  values: number,
  numRows: number,
  grid: number,
  out: number,
): void {
  const thresholds = m.u32(grid + 28);
  for (let i = 0; i < Math.ceil(numRows / 2) * 2; i++) {
    const value = m.f64(values + i * 8);
    let rank = 0;
    while (value > m.f64(thresholds + rank * 8)) rank++;
    m.setU8(out + i, Number.isNaN(value) && i < numRows ? 127 : rank - 128);
  }
}

/** One higher each, in groups of sixteen; 127 becomes −128. */
export function rankMissingLow(m: Views, ranks: number, numBytes: number, out: number): void {
  for (let i = 0; i < Math.ceil(numBytes / 16) * 16; i++) m.setU8(out + i, m.u8(ranks + i) + 1);
}
