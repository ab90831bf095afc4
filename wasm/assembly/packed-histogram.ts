// A process's histogram of a node as it travels: narrow integers, and nothing for empty bins.
//   | int64 sum of g | int64 sum of h | u32 rows | feature | feature | …
//   feature: | bytes of a g u8 | bytes of an h u8 | one bit a bin: is it there? | g, h of those that are …
// g is signed and takes 1 to 8 bytes, h is not and takes 0 to 8; h counts rows in its upper bits where wide entries
// do. Bins are the values', then the missing one. Each feature's bins add up to the two sums in front, because
// every row is in one of them: what does not is no histogram of these rows.

const headBytes: usize = 20;

function bytesFor(bits: u64): usize {
  return (<usize>(64 - clz(bits)) + 7) >> 3;
}

/**
 * Adds the ranks' entries of features [begin, end) and writes them as above; returns the bytes written.
 * parts, packed, firstEntry and features are those of reduceHistogram. Behind a feature's bytes there must be
 * room for its entries at 16 bytes each, and 24 more.
 */
export function packHistogram(
  parts: usize, numParts: i32, packed: i32, firstEntry: i32, features: usize, begin: i32, end: i32, rows: u32,
  out: usize,
): i32 {
  const size: usize = packed ? 3 : 4;
  store<i64>(out, 0);
  store<i64>(out, 0, 8);
  store<u32>(out, rows, 16);
  let at = out + headBytes;
  for (let f = begin; f < end; f++) {
    const feature = features + (<usize>f << 5);
    const from = (<usize>(load<u32>(feature) - firstEntry)) << size;
    const numValues = <usize>load<u32>(feature, 8);
    const missing = <usize>load<u32>(feature, 12);
    const bitmap = at + 2;
    const bitmapBytes = (numValues + 8) >> 3;
    // sums wait a little behind the place where they are written, which never catches up with them
    const sums = bitmap + bitmapBytes + 8;
    let gBits: u64 = 0;
    let hBits: u64 = 0;
    let sumG: i64 = 0;
    let sumH: i64 = 0;
    for (let b: usize = 0; b <= numValues; b++) {
      const entry = from + ((b == numValues ? missing : b) << size);
      let g: i64 = 0;
      let h: i64 = 0;
      if (packed) {
        let sum: i64 = 0;
        for (let w: i32 = 0; w < numParts; w++) sum += load<i64>(<usize>load<u32>(parts + (<usize>w << 2)) + entry);
        g = sum >> 32;
        h = sum & 0xffffffff;
      } else {
        for (let w: i32 = 0; w < numParts; w++) {
          const part = <usize>load<u32>(parts + (<usize>w << 2)) + entry;
          g += load<i64>(part);
          h += load<i64>(part, 8);
        }
      }
      store<i64>(sums + (b << 4), g);
      store<i64>(sums + (b << 4), h, 8);
      gBits |= <u64>(g ^ (g >> 63)) << 1;
      hBits |= <u64>h;
      sumG += g;
      sumH += h;
    }
    const gBytes = max<usize>(1, bytesFor(gBits));
    const hBytes = bytesFor(hBits);
    store<u8>(at, <u8>gBytes);
    store<u8>(at, <u8>hBytes, 1);
    memory.fill(bitmap, 0, bitmapBytes);
    at = bitmap + bitmapBytes;
    for (let b: usize = 0; b <= numValues; b++) {
      const g = load<i64>(sums + (b << 4));
      const h = load<i64>(sums + (b << 4), 8);
      if ((g | h) == 0) continue;
      const byte = bitmap + (b >> 3);
      store<u8>(byte, load<u8>(byte) | <u8>(<u32>1 << (<u32>b & 7)));
      store<i64>(at, g);
      at += gBytes;
      store<i64>(at, h);
      at += hBytes;
    }
    if (f == begin) {
      store<i64>(out, sumG);
      store<i64>(out, sumH, 8);
    }
  }
  return <i32>(at - out);
}

/**
 * Adds what packHistogram wrote to a compact histogram; `bytes` may be read at most. Returns the bytes read, 0
 * where they are none of packHistogram's, −1 − f where the bins of feature f do not add up.
 */
export function addPackedHistogram(
  from: usize, bytes: i32, features: usize, begin: i32, end: i32, hist: usize,
): i32 {
  if (bytes < <i32>headBytes) return 0;
  const limit = from + <usize>bytes;
  const wantedG = load<i64>(from);
  const wantedH = load<i64>(from, 8);
  let at = from + headBytes;
  for (let f = begin; f < end; f++) {
    const feature = features + (<usize>f << 5);
    const target = hist + (<usize>load<u32>(feature, 4) << 4);
    const numValues = <usize>load<u32>(feature, 8);
    const bitmap = at + 2;
    const bitmapBytes = (numValues + 8) >> 3;
    if (bitmap + bitmapBytes > limit) return 0;
    const gBytes = <usize>load<u8>(at);
    const hBytes = <usize>load<u8>(at, 1);
    if (gBytes == 0 || gBytes > 8 || hBytes > 8) return 0;
    const gShift = <i64>(64 - 8 * gBytes);
    const hMask: i64 = hBytes == 8 ? -1 : ((<i64>1 << (8 * <i64>hBytes)) - 1);
    let sumG: i64 = 0;
    let sumH: i64 = 0;
    at = bitmap + bitmapBytes;
    for (let i: usize = 0; i < bitmapBytes; i++) {
      for (let bits = <u32>load<u8>(bitmap + i); bits != 0; bits &= bits - 1) {
        const b = (i << 3) + <usize>ctz(bits);
        if (b > numValues || at + gBytes + hBytes > limit) return 0;
        const g = (load<i64>(at) << gShift) >> gShift;
        const h = load<i64>(at + gBytes) & hMask;
        at += gBytes + hBytes;
        sumG += g;
        sumH += h;
        const entry = target + (b << 4);
        store<i64>(entry, load<i64>(entry) + g);
        store<i64>(entry, load<i64>(entry, 8) + h, 8);
      }
    }
    if (sumG != wantedG || sumH != wantedH) return -1 - f;
  }
  return <i32>(at - from);
}

/** Sums of g and h over the bins of a feature of a compact histogram, two int64. */
export function featureSums(hist: usize, features: usize, f: i32, out: usize): void {
  const feature = features + (<usize>f << 5);
  const from = hist + (<usize>load<u32>(feature, 4) << 4);
  const numValues = <usize>load<u32>(feature, 8);
  let sum = i64x2.splat(0);
  for (let b: usize = 0; b <= numValues; b++) sum = i64x2.add(sum, v128.load(from + (b << 4)));
  v128.store(out, sum);
}
