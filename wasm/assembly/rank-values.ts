// Ranks a block of one feature's values among a model's thresholds: rank = how many thresholds are < value, so
// value <= threshold k exactly where rank <= k. Stored as rank − 128; a missing value is 127, above all ranks.
//
// A value's cell of an even grid says how many thresholds lie below the cell; a binary search over the few
// in the cell finishes. The cell grows with the value, since each rounded step does, so nothing can be missed.
// grid:  low, scale, last cell (as floats of the values' width, padded to 24 bytes); at 24: uint32 top step
//        of the search, address of the thresholds (padded with +Infinity by two top steps), address of the cells
//        (a byte each: thresholds below)
// Float32 is read and ranked in groups of four, float64 of two; the block has room for whole groups.

export function rankF32(values: usize, numRows: i32, grid: usize, out: usize): void {
  const low = f32x4.splat(load<f32>(grid));
  const scale = f32x4.splat(load<f32>(grid, 4));
  const last = f32x4.splat(load<f32>(grid, 8));
  const topStep = load<u32>(grid, 24);
  const thresholds = <usize>load<u32>(grid, 28);
  const cells = <usize>load<u32>(grid, 32);
  const zero = f32x4.splat(0);
  const magic = f32x4.splat(8388608.0);
  let isMissing = i32x4.splat(0);
  for (let i: usize = 0; i < <usize>numRows; i += 4) {
    const at = values + (i << 2);
    const v = v128.load(at);
    isMissing = v128.or(isMissing, f32x4.ne(v, v));
    // a NaN falls into cell 0
    const place = f32x4.pmin(last, f32x4.pmax(zero, f32x4.mul(f32x4.sub(v, low), scale)));
    const cell = v128.xor(f32x4.add(place, magic), magic);
    const a = search32(load<f32>(at), cells + <usize>i32x4.extract_lane(cell, 0), thresholds, topStep);
    const b = search32(load<f32>(at, 4), cells + <usize>i32x4.extract_lane(cell, 1), thresholds, topStep);
    const c = search32(load<f32>(at, 8), cells + <usize>i32x4.extract_lane(cell, 2), thresholds, topStep);
    const d = search32(load<f32>(at, 12), cells + <usize>i32x4.extract_lane(cell, 3), thresholds, topStep);
    store<u32>(out + i, (a | (b << 8) | (c << 16) | (d << 24)) ^ 0x80808080);
  }
  if (!v128.any_true(isMissing)) return;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const v = load<f32>(values + (i << 2));
    if (v != v) store<u8>(out + i, 127);
  }
}

function search32(value: f32, cell: usize, thresholds: usize, topStep: u32): u32 {
  let rank = <usize>load<u8>(cell);
  for (let step = <usize>topStep; step > 0; step >>= 1) {
    rank += <usize>(value > load<f32>(thresholds + ((rank + step - 1) << 2))) * step;
  }
  return <u32>rank;
}

export function rankF64(values: usize, numRows: i32, grid: usize, out: usize): void {
  const low = f64x2.splat(load<f64>(grid));
  const scale = f64x2.splat(load<f64>(grid, 8));
  const last = f64x2.splat(load<f64>(grid, 16));
  const topStep = load<u32>(grid, 24);
  const thresholds = <usize>load<u32>(grid, 28);
  const cells = <usize>load<u32>(grid, 32);
  const zero = f64x2.splat(0);
  const magic = f64x2.splat(4503599627370496.0);
  let isMissing = i32x4.splat(0);
  for (let i: usize = 0; i < <usize>numRows; i += 2) {
    const at = values + (i << 3);
    const v = v128.load(at);
    isMissing = v128.or(isMissing, f64x2.ne(v, v));
    const place = f64x2.pmin(last, f64x2.pmax(zero, f64x2.mul(f64x2.sub(v, low), scale)));
    const cell = f64x2.add(place, magic);
    const a = search64(load<f64>(at), cells + <usize>(i32x4.extract_lane(cell, 0)), thresholds, topStep);
    const b = search64(load<f64>(at, 8), cells + <usize>(i32x4.extract_lane(cell, 2)), thresholds, topStep);
    store<u16>(out + i, (a | (b << 8)) ^ 0x8080);
  }
  if (!v128.any_true(isMissing)) return;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const v = load<f64>(values + (i << 3));
    if (v != v) store<u8>(out + i, 127);
  }
}

function search64(value: f64, cell: usize, thresholds: usize, topStep: u32): u32 {
  let rank = <usize>load<u8>(cell);
  for (let step = <usize>topStep; step > 0; step >>= 1) {
    rank += <usize>(value > load<f64>(thresholds + ((rank + step - 1) << 3))) * step;
  }
  return <u32>rank;
}

/** The same ranks, one higher, for splits that send missing values left: 127 becomes −128, below all others. */
export function rankMissingLow(ranks: usize, numBytes: i32, out: usize): void {
  const one = i8x16.splat(1);
  for (let i: usize = 0; i < <usize>numBytes; i += 16) {
    v128.store(out + i, i8x16.add(v128.load(ranks + i), one));
  }
}
