// Turns a column's values into bins, written into the records at a stride.
//   numeric: bin = how many edges are < value (so value <= edge[0] is bin 0); NaN is the missing bin
//   edges are padded with +Infinity to a power of two minus one

export function binF32(
  values: usize, numRows: i32, edges: usize, topStep: i32, out: usize, stride: usize, missingBin: i32,
): void {
  for (let i: i32 = 0; i < numRows; i++) {
    const value = load<f32>(values + (<usize>i << 2));
    let bin: usize = 0;
    for (let step: usize = topStep; step > 0; step >>= 1) {
      bin += <usize>(value > load<f32>(edges + ((bin + step - 1) << 2))) * step;
    }
    store<u8>(out, <u8>(value != value ? missingBin : <i32>bin));
    out += stride;
  }
}

/** The eight-step search of up to 255 edges, unrolled. */
export function binF32Full(
  values: usize, numRows: i32, edges: usize, out: usize, stride: usize, missingBin: i32,
): void {
  for (let i: i32 = 0; i < numRows; i++) {
    const value = load<f32>(values + (<usize>i << 2));
    let bin: usize = <usize>(value > load<f32>(edges, 508)) << 7;
    bin += <usize>(value > load<f32>(edges + (bin << 2), 252)) << 6;
    bin += <usize>(value > load<f32>(edges + (bin << 2), 124)) << 5;
    bin += <usize>(value > load<f32>(edges + (bin << 2), 60)) << 4;
    bin += <usize>(value > load<f32>(edges + (bin << 2), 28)) << 3;
    bin += <usize>(value > load<f32>(edges + (bin << 2), 12)) << 2;
    bin += <usize>(value > load<f32>(edges + (bin << 2), 4)) << 1;
    bin += <usize>(value > load<f32>(edges + (bin << 2)));
    store<u8>(out, <u8>(value != value ? missingBin : <i32>bin));
    out += stride;
  }
}

export function binF64(
  values: usize, numRows: i32, edges: usize, topStep: i32, out: usize, stride: usize, missingBin: i32,
): void {
  if (topStep == 128) {
    binF64Full(values, numRows, edges, out, stride, missingBin);
    return;
  }
  for (let i: i32 = 0; i < numRows; i++) {
    const value = load<f64>(values + (<usize>i << 3));
    let bin: usize = 0;
    for (let step: usize = topStep; step > 0; step >>= 1) {
      bin += <usize>(value > load<f64>(edges + ((bin + step - 1) << 3))) * step;
    }
    store<u8>(out, <u8>(value != value ? missingBin : <i32>bin));
    out += stride;
  }
}

function binF64Full(values: usize, numRows: i32, edges: usize, out: usize, stride: usize, missingBin: i32): void {
  for (let i: i32 = 0; i < numRows; i++) {
    const value = load<f64>(values + (<usize>i << 3));
    let bin: usize = <usize>(value > load<f64>(edges, 1016)) << 7;
    bin += <usize>(value > load<f64>(edges + (bin << 3), 504)) << 6;
    bin += <usize>(value > load<f64>(edges + (bin << 3), 248)) << 5;
    bin += <usize>(value > load<f64>(edges + (bin << 3), 120)) << 4;
    bin += <usize>(value > load<f64>(edges + (bin << 3), 56)) << 3;
    bin += <usize>(value > load<f64>(edges + (bin << 3), 24)) << 2;
    bin += <usize>(value > load<f64>(edges + (bin << 3), 8)) << 1;
    bin += <usize>(value > load<f64>(edges + (bin << 3)));
    store<u8>(out, <u8>(value != value ? missingBin : <i32>bin));
    out += stride;
  }
}

/** The two-byte forms: models with more than 254 thresholds on one feature. */
export function binF64Wide(
  values: usize, numRows: i32, edges: usize, topStep: i32, out: usize, stride: usize, missingBin: i32,
): void {
  for (let i: i32 = 0; i < numRows; i++) {
    const value = load<f64>(values + (<usize>i << 3));
    let bin: usize = 0;
    for (let step: usize = topStep; step > 0; step >>= 1) {
      bin += <usize>(value > load<f64>(edges + ((bin + step - 1) << 3))) * step;
    }
    store<u16>(out, <u16>(value != value ? missingBin : <i32>bin));
    out += stride;
  }
}

/** Category codes through a table code → bin; a code below 0 is missing. width is 1 or 2 bytes. */
export function binCodes(
  codes: usize, numRows: i32, table: usize, out: usize, stride: usize, missingBin: i32, width: i32,
): void {
  for (let i: i32 = 0; i < numRows; i++) {
    const code = load<i32>(codes + (<usize>i << 2));
    const bin = code < 0 ? missingBin : <i32>load<u16>(table + (<usize>code << 1));
    if (width == 1) store<u8>(out, <u8>bin);
    else store<u16>(out, <u16>bin);
    out += stride;
  }
}
