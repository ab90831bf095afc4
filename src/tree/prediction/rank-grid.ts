/**
 * The table by which values of one feature find their rank among its thresholds: an even grid of cells, each
 * knowing how many thresholds lie below it, and the thresholds themselves for the few compares that are left.
 * wasm/assembly/rank-values.ts draws it and says why it misses none.
 */
import type { Arena } from '../../base/arena.ts';

/** The longest list whose ranks fit a byte beside the missing value. */
export const mostThresholds = 254;

const gridBytes = 64;
const mostCells = 2048;

/** A feature's grid, with the address it gets in the kernels' memory. */
export interface PlacedGrid {
  readonly address: number;
  /** Writes it, once the memory is there. */
  readonly write: (buffer: ArrayBufferLike) => void;
}

/** Lays the grid out for values of 4 or 8 bytes. */
export function placeGrid(arena: Arena, given: Float64Array, width: 4 | 8): PlacedGrid {
  const thresholds = width === 4 ? Float32Array.from(given, floorFloat32) : given;
  const { low, scale, numCells } = evenCells(thresholds, width);
  const round = width === 4 ? Math.fround : (x: number): number => x;
  const cellOf = (value: number): number => {
    const place = round(round(value - low) * scale);
    const inside = place > 0 ? Math.min(place, numCells - 1) : 0;
    // as the kernel rounds: to the nearest, halves to even
    const magic = width === 4 ? 8388608 : 4503599627370496;
    return round(inside + magic) - magic;
  };
  const cells = new Uint8Array(numCells);
  const inCell = new Uint32Array(numCells);
  for (const threshold of thresholds) {
    const cell = cellOf(threshold);
    inCell[cell] = (inCell[cell] as number) + 1;
  }
  let below = 0;
  let most = 0;
  for (let cell = 0; cell < numCells; cell++) {
    cells[cell] = below;
    below += inCell[cell] as number;
    most = Math.max(most, inCell[cell] as number);
  }
  let topStep = 1;
  while (2 * topStep - 1 < most) topStep *= 2;
  const numPadded = thresholds.length + 2 * topStep;
  const address = arena.allocate(gridBytes);
  const cellsAt = arena.allocate(numCells);
  const thresholdsAt = arena.allocate(numPadded * width);
  const write = (buffer: ArrayBufferLike): void => {
    const Floats = width === 4 ? Float32Array : Float64Array;
    new Floats(buffer as ArrayBuffer, address, 3).set([low, scale, numCells - 1]);
    new Uint32Array(buffer, address + 24, 3).set([topStep, thresholdsAt, cellsAt]);
    new Uint8Array(buffer, cellsAt, numCells).set(cells);
    const padded = new Floats(buffer as ArrayBuffer, thresholdsAt, numPadded);
    padded.fill(Number.POSITIVE_INFINITY);
    padded.set(thresholds);
  };
  return { address, write };
}

/** A grid over the finite thresholds, some cells a threshold; one cell where they cannot be divided evenly. */
function evenCells(
  thresholds: Float32Array | Float64Array,
  width: 4 | 8,
): { low: number; scale: number; numCells: number } {
  const finite = thresholds.filter((value) => Number.isFinite(value));
  const low = finite[0] ?? 0;
  const range = (finite.at(-1) ?? 0) - low;
  let numCells = 64;
  while (numCells < mostCells && numCells < 8 * finite.length) numCells *= 2;
  const scale = (numCells - 1) / range;
  const rounded = width === 4 ? Math.fround(scale) : scale;
  const isEven = range > 0 && Number.isFinite(range) && Number.isFinite(rounded) && rounded > 0;
  return isEven ? { low, scale: rounded, numCells } : { low: 0, scale: 0, numCells: 1 };
}

const bits = new DataView(new ArrayBuffer(4));

/** The largest float32 that is not above: a float32 is above the one exactly where it is above the other. */
function floorFloat32(value: number): number {
  const near = Math.fround(value);
  if (!(near > value)) return near;
  if (near === 0) return -(2 ** -149);
  bits.setFloat32(0, near);
  bits.setInt32(0, bits.getInt32(0) + (near > 0 ? -1 : 1));
  return bits.getFloat32(0);
}
