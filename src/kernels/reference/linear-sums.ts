/**
 * What are the margins of a linear model, and the sums of products that it learns from? The twin of
 * wasm/assembly/linear-sums.ts, where it stands why the sums have no order.
 */
import type { Views } from './views.ts';

/** out[i] += factor · column[i]. */
export function addScaled(
  m: Views,
  column: number,
  count: number,
  factor: number,
  out: number,
): void {
  for (let at = 0; at < count * 8; at += 8) {
    m.setF64(out + at, m.f64(out + at) + factor * m.f64(column + at));
  }
}

/** Adds Σ a[i] · b[i] to the two sums, each product split on two grids. */
export function foldedDot(
  m: Views,
  a: number,
  b: number,
  count: number,
  magic: number,
  sums: number,
): void {
  const first = m.f64(magic);
  const second = m.f64(magic + 8);
  let high = 0;
  let low = 0;
  for (let at = 0; at < count * 8; at += 8) {
    const term = m.f64(a + at) * m.f64(b + at);
    const termHigh = term + first - first;
    high += termHigh;
    low += term - termHigh + second - second;
  }
  m.setF64(sums, m.f64(sums) + high);
  m.setF64(sums + 8, m.f64(sums + 8) + low);
}
