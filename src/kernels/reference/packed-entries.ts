/** How is a packed entry, (sum of g) << 32 + (sum of h), taken apart into its two int64? */
import type { Views } from './views.ts';

/** In place: 8 bytes at `at` become 16. */
export function unpack(m: Views, at: number): void {
  const h = m.u32(at);
  const g = m.i32(at + 4);
  m.setU32(at, g);
  m.setU32(at + 4, g >> 31);
  m.setU32(at + 8, h);
  m.setU32(at + 12, 0);
}

/** Entries behind one another, to elsewhere. */
export function widen(m: Views, from: number, numEntries: number, to: number): void {
  for (let i = 0; i < numEntries; i++) {
    const at = to + i * 16;
    m.setU32(at, m.u32(from + i * 8));
    m.setU32(at + 4, m.u32(from + i * 8 + 4));
    unpack(m, at);
  }
}
