// A process's histogram of a node as it travels: as few bits as do, and nothing for empty bins.
//   | int64 sum of g | int64 sum of h | u32 rows | feature | feature | …
//   feature: | bits of a g u8 | bits of an h u8 | one bit a bin: is it there? | h, g of those that are, bit behind bit … |
// g is signed and takes 1 to 64 bits, h is not and takes 0 to 64; h counts rows in its upper bits where wide entries
// do. Bins are the values', then the missing one. Each feature's bins add up to the two sums in front, because
// every row is in one of them: what does not is no histogram of these rows.

const headBytes: usize = 20;

/** The most bits of g and h together that are written and read in one go: seven more may stand in the first byte. */
const mostAtOnce: u64 = 56;

function maskOf(bits: u64): u64 {
  return bits == 64 ? ~(<u64>0) : ((<u64>1) << bits) - 1;
}

/**
 * Adds the ranks' entries of features [begin, end) and writes them as above; returns the bytes written.
 * parts, packed, firstEntry and features are those of reduceHistogram. Behind a feature's bytes there must be
 * room for its entries at 16 bytes each, and 32 more.
 */
export function packHistogram(
  parts: usize, numParts: i32, packed: i32, firstEntry: i32, features: usize, begin: i32, end: i32, rows: u32,
  out: usize,
): i32 {
  const size: usize = packed ? 3 : 4;
  const first = <usize>load<u32>(parts);
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
    const stream = bitmap + ((numValues + 8) >> 3);
    let source = first + from;
    let last = source + (missing << size);
    if (numParts > 1) {
      // sums wait a little behind the place where they are written, which never catches up with them
      source = stream + 16;
      last = source + (numValues << size);
      if (packed) addPackedParts(parts, numParts, from, numValues, missing, source);
      else addWideParts(parts, numParts, from, numValues, missing, source);
    }
    let gTotal: i64 = 0;
    let hTotal: i64 = 0;
    let gUsed: u64 = 0;
    let hUsed: u64 = 0;
    for (let b: usize = 0; b <= numValues; b++) {
      const entry = b == numValues ? last : source + (b << size);
      let g: i64;
      let h: i64;
      if (packed) {
        const sum = load<i64>(entry);
        g = sum >> 32;
        h = sum & 0xffffffff;
      } else {
        g = load<i64>(entry);
        h = load<i64>(entry, 8);
      }
      gTotal += g;
      hTotal += h;
      gUsed |= <u64>(g ^ (g >> 63));
      hUsed |= <u64>h;
    }
    const gBits: u64 = 65 - clz(gUsed);
    const hBits: u64 = 64 - clz(hUsed);
    store<u8>(at, <u8>gBits);
    store<u8>(at, <u8>hBits, 1);
    if (f == begin) {
      store<i64>(out, gTotal);
      store<i64>(out, hTotal, 8);
    }
    if (gBits + hBits > mostAtOnce) at = writeLong(source, last, numValues, packed, gBits, hBits, bitmap, stream);
    else if (packed) at = writePacked(source, last, numValues, gBits, hBits, bitmap, stream);
    else at = writeWide(source, last, numValues, gBits, hBits, bitmap, stream);
  }
  return <i32>(at - out);
}

/** Sums of the ranks' entries of a feature, of 8 bytes, the missing one behind the others. */
function addPackedParts(parts: usize, numParts: i32, from: usize, numValues: usize, missing: usize, sums: usize): void {
  for (let b: usize = 0; b <= numValues; b++) {
    const entry = from + ((b == numValues ? missing : b) << 3);
    let sum: i64 = 0;
    for (let w: i32 = 0; w < numParts; w++) sum += load<i64>(<usize>load<u32>(parts + (<usize>w << 2)) + entry);
    store<i64>(sums + (b << 3), sum);
  }
}

/** The same of 16 bytes. */
function addWideParts(parts: usize, numParts: i32, from: usize, numValues: usize, missing: usize, sums: usize): void {
  for (let b: usize = 0; b <= numValues; b++) {
    const entry = from + ((b == numValues ? missing : b) << 4);
    let both = i64x2.splat(0);
    for (let w: i32 = 0; w < numParts; w++) {
      both = i64x2.add(both, v128.load(<usize>load<u32>(parts + (<usize>w << 2)) + entry));
    }
    v128.store(sums + (b << 4), both);
  }
}

/** Writes entries of 8 bytes, which of them are there, and their bits; returns where these end. */
function writePacked(
  source: usize, last: usize, numValues: usize, gBits: u64, hBits: u64, bitmap: usize, stream: usize,
): usize {
  const bits = gBits + hBits;
  const gMask = maskOf(gBits);
  let at = stream;
  let isThere: u64 = 0;
  // bits that wait for their byte to be full; the bytes behind them are written again
  let held: u64 = 0;
  let numHeld: u64 = 0;
  for (let b: usize = 0; b <= numValues; b++) {
    const sum = load<u64>(b == numValues ? last : source + (b << 3));
    const there = <u64>(sum != 0);
    isThere |= there << (b & 7);
    if ((b & 7) == 7) {
      store<u8>(bitmap + (b >> 3), <u8>isThere);
      isThere = 0;
    }
    held |= ((sum & 0xffffffff) | ((<u64>(<i64>sum >> 32) & gMask) << hBits)) << numHeld;
    store<u64>(at, held);
    numHeld += bits & (0 - there);
    at += <usize>(numHeld >> 3);
    held >>= numHeld & 56;
    numHeld &= 7;
  }
  if ((numValues & 7) != 7) store<u8>(bitmap + (numValues >> 3), <u8>isThere);
  return at + (<usize>(numHeld + 7) >> 3);
}

/** The same of 16 bytes. */
function writeWide(
  source: usize, last: usize, numValues: usize, gBits: u64, hBits: u64, bitmap: usize, stream: usize,
): usize {
  const bits = gBits + hBits;
  const gMask = maskOf(gBits);
  let at = stream;
  let isThere: u64 = 0;
  let held: u64 = 0;
  let numHeld: u64 = 0;
  for (let b: usize = 0; b <= numValues; b++) {
    const entry = b == numValues ? last : source + (b << 4);
    const g = load<u64>(entry);
    const h = load<u64>(entry, 8);
    const there = <u64>((g | h) != 0);
    isThere |= there << (b & 7);
    if ((b & 7) == 7) {
      store<u8>(bitmap + (b >> 3), <u8>isThere);
      isThere = 0;
    }
    held |= (h | ((g & gMask) << hBits)) << numHeld;
    store<u64>(at, held);
    numHeld += bits & (0 - there);
    at += <usize>(numHeld >> 3);
    held >>= numHeld & 56;
    numHeld &= 7;
  }
  if ((numValues & 7) != 7) store<u8>(bitmap + (numValues >> 3), <u8>isThere);
  return at + (<usize>(numHeld + 7) >> 3);
}

/** The same where g and h take too many bits for one go. */
function writeLong(
  source: usize, last: usize, numValues: usize, packed: i32, gBits: u64, hBits: u64, bitmap: usize, stream: usize,
): usize {
  let at = stream;
  let isThere: u32 = 0;
  let held: u64 = 0;
  let numHeld: u64 = 0;
  for (let b: usize = 0; b <= numValues; b++) {
    const entry = b == numValues ? last : source + (b << (packed ? 3 : 4));
    let g = load<u64>(entry);
    let h: u64;
    if (packed) {
      h = g & 0xffffffff;
      g = <u64>(<i64>g >> 32);
    } else h = load<u64>(entry, 8);
    const there = (g | h) != 0;
    isThere |= <u32>there << (<u32>b & 7);
    if ((b & 7) == 7 || b == numValues) {
      store<u8>(bitmap + (b >> 3), <u8>isThere);
      isThere = 0;
    }
    if (!there) continue;
    for (let k = 0; k < 4; k++) {
      const half = <u64>(k & 1);
      const all = k < 2 ? hBits : gBits;
      const some = half ? max<u64>(all, 32) - 32 : min<u64>(all, 32);
      held |= (((k < 2 ? h : g) >> (half << 5)) & maskOf(some)) << numHeld;
      store<u64>(at, held);
      numHeld += some;
      at += <usize>(numHeld >> 3);
      held >>= numHeld & 56;
      numHeld &= 7;
    }
  }
  return at + (<usize>(numHeld + 7) >> 3);
}

/** Some of the bits behind `at`, from bit `position`; at most 57. */
function bitsAt(at: usize, position: usize, bits: u64): u64 {
  return (load<u64>(at + (position >> 3)) >> (<u64>position & 7)) & maskOf(bits);
}

/** The same, up to 64. */
function longBitsAt(at: usize, position: usize, bits: u64): u64 {
  const low = bitsAt(at, position, min<u64>(bits, 32));
  return bits <= 32 ? low : low | (bitsAt(at, position + 32, bits - 32) << 32);
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
  const wanted = v128.load(from);
  let at = from + headBytes;
  for (let f = begin; f < end; f++) {
    const feature = features + (<usize>f << 5);
    const target = hist + (<usize>load<u32>(feature, 4) << 4);
    const numValues = <usize>load<u32>(feature, 8);
    const bitmap = at + 2;
    const bitmapBytes = (numValues + 8) >> 3;
    if (bitmap + bitmapBytes > limit) return 0;
    const gBits = <u64>load<u8>(at);
    const hBits = <u64>load<u8>(at, 1);
    if (gBits == 0 || gBits > 64 || hBits > 64) return 0;
    at = bitmap + bitmapBytes;
    let count: usize = 0;
    for (let i: usize = 0; i < bitmapBytes; i++) count += <usize>popcnt(<u32>load<u8>(bitmap + i));
    // no bin stands behind the missing one
    if (<u32>load<u8>(at - 1) >> ((<u32>numValues & 7) + 1) != 0) return 0;
    const bits = <usize>(gBits + hBits);
    const next = at + ((count * bits + 7) >> 3);
    if (next > limit) return 0;
    const gShift = <i64>(64 - gBits);
    const hMask = maskOf(hBits);
    const isShort = <u64>bits <= mostAtOnce;
    let sum = i64x2.splat(0);
    let position: usize = 0;
    for (let i: usize = 0; i < bitmapBytes; i++) {
      for (let there = <u32>load<u8>(bitmap + i); there != 0; there &= there - 1) {
        const entry = target + (((i << 3) + <usize>ctz(there)) << 4);
        let g: i64;
        let h: u64;
        if (isShort) {
          const both = load<u64>(at + (position >> 3)) >> (<u64>position & 7);
          h = both & hMask;
          g = <i64>((both >> hBits) << gShift) >> gShift;
        } else {
          h = longBitsAt(at, position, hBits);
          g = (<i64>longBitsAt(at, position + <usize>hBits, gBits) << gShift) >> gShift;
        }
        position += bits;
        const both = i64x2.replace_lane(i64x2.splat(g), 1, <i64>h);
        sum = i64x2.add(sum, both);
        v128.store(entry, i64x2.add(v128.load(entry), both));
      }
    }
    if (v128.any_true(v128.xor(sum, wanted))) return -1 - f;
    at = next;
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
