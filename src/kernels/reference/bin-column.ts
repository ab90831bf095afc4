/**
 * Into which bin does each value of a column fall? The twin of wasm/assembly/bin-column.ts.
 * bin = how many edges are < value; NaN, or a code below 0, is the missing bin. Edges are padded with
 * +Infinity to a power of two minus one; topStep is half of that power.
 */
import type { Views } from './views.ts';

function countEdgesF32(m: Views, value: number, edges: number, topStep: number): number {
  let bin = 0;
  for (let step = topStep; step > 0; step >>= 1) {
    if (value > m.f32(edges + (bin + step - 1) * 4)) bin += step;
  }
  return bin;
}

function countEdgesF64(m: Views, value: number, edges: number, topStep: number): number {
  let bin = 0;
  for (let step = topStep; step > 0; step >>= 1) {
    if (value > m.f64(edges + (bin + step - 1) * 8)) bin += step;
  }
  return bin;
}

/** float32 values to bins of one byte. */
export function binF32(
  m: Views,
  values: number,
  numRows: number,
  edges: number,
  topStep: number,
  out: number,
  stride: number,
  missingBin: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const value = m.f32(values + i * 4);
    const bin = Number.isNaN(value) ? missingBin : countEdgesF32(m, value, edges, topStep);
    m.setU8(out + i * stride, bin);
  }
}

/** The same with 255 edges. */
export function binF32Full(
  m: Views,
  values: number,
  numRows: number,
  edges: number,
  out: number,
  stride: number,
  missingBin: number,
): void {
  binF32(m, values, numRows, edges, 128, out, stride, missingBin);
}

/** float64 values to bins of one byte. */
export function binF64(
  m: Views,
  values: number,
  numRows: number,
  edges: number,
  topStep: number,
  out: number,
  stride: number,
  missingBin: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const value = m.f64(values + i * 8);
    const bin = Number.isNaN(value) ? missingBin : countEdgesF64(m, value, edges, topStep);
    m.setU8(out + i * stride, bin);
  }
}

/** float64 values to bins of two bytes. */
export function binF64Wide(
  m: Views,
  values: number,
  numRows: number,
  edges: number,
  topStep: number,
  out: number,
  stride: number,
  missingBin: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const value = m.f64(values + i * 8);
    const bin = Number.isNaN(value) ? missingBin : countEdgesF64(m, value, edges, topStep);
    m.setU16(out + i * stride, bin);
  }
}

/** Category codes through a table of uint16 bins; width is 1 or 2 bytes. */
export function binCodes(
  m: Views,
  codes: number,
  numRows: number,
  table: number,
  out: number,
  stride: number,
  missingBin: number,
  width: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const code = m.i32(codes + i * 4);
    const bin = code < 0 ? missingBin : m.u16(table + code * 2);
    if (width === 1) m.setU8(out + i * stride, bin);
    else m.setU16(out + i * stride, bin);
  }
}
