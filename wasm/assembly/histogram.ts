// Adds rows to a rank's own histogram, one add per feature and row.
//   packed: 8-byte entries, (sum of g) << 32 + (sum of h); the caller flushes before 65,536 rows
//   wide:   16-byte entries, int64 sum of g, then int64 (count << countShift) + sum of h; never overflows
//   byte feature j: entries [264 j, 264 j + 256), missing at 255; two-byte features follow, see `extras`; why
//   not 256 stands in src/kernels/narrow-entries.ts
// Constant offsets are the loads' and stores' own: one instruction less for each add.
// A row is a record at rec + i · stride, or at rec + ids[i] · stride when ids is not 0.
// extras: for each two-byte feature two uint32: its offset in the record and its first entry. Records of more than 256 bytes
//   need scratch memory behind it (src/tree/backend/cpu/own-histogram.ts).

function addPacked(at: usize, v: u64): void {
  store<u64>(at, load<u64>(at) + v);
}

// Short records, of at most 31 one-byte features, are added without inner loops, at constant offsets: groups of eight
// features are compiled in, up to seven more come behind them.
class NoGroup {}
class OneGroup { a: u64; }
class TwoGroups { a: u64; b: u64; }
class ThreeGroups { a: u64; b: u64; c: u64; }

function addShortRows<Groups>(
  rec: usize, numRows: i32, stride: usize, slotOffset: usize, tail: i32, hist: usize,
): void {
  const end = rec + <usize>numRows * stride;
  for (let p = rec; p < end; p += stride) {
    const slot = load<u32>(p + slotOffset);
    const v: u64 = (<u64>(<i64>(<i32>slot >> 16)) << 32) + <u64>(slot & 0xffff);
    if (offsetof<Groups>() > 0) addEight<NoGroup>(p, hist, v);
    if (offsetof<Groups>() > 8) addEight<OneGroup>(p, hist, v);
    if (offsetof<Groups>() > 16) addEight<TwoGroups>(p, hist, v);
    if (tail == 0) continue;
    let q = p + offsetof<Groups>();
    let h = hist + offsetof<Groups>() * 2112;
    if (tail & 4) {
      addFour(q, h, v);
      q += 4;
      h += 8448;
    }
    if (tail & 2) {
      addPacked(h + (<usize>load<u8>(q) << 3), v);
      addPacked(h + 2112 + (<usize>load<u8>(q, 1) << 3), v);
      q += 2;
      h += 4224;
    }
    if (tail & 1) addPacked(h + (<usize>load<u8>(q) << 3), v);
  }
}

// @ts-ignore: decorator
@inline
function addEight<Base>(p: usize, hist: usize, v: u64): void {
  let at = hist + (<usize>load<u8>(p, offsetof<Base>()) << 3);
  store<u64>(at, load<u64>(at, offsetof<Base>() * 2112) + v, offsetof<Base>() * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 1) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 1) * 2112) + v, (offsetof<Base>() + 1) * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 2) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 2) * 2112) + v, (offsetof<Base>() + 2) * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 3) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 3) * 2112) + v, (offsetof<Base>() + 3) * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 4) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 4) * 2112) + v, (offsetof<Base>() + 4) * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 5) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 5) * 2112) + v, (offsetof<Base>() + 5) * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 6) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 6) * 2112) + v, (offsetof<Base>() + 6) * 2112);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 7) << 3);
  store<u64>(at, load<u64>(at, (offsetof<Base>() + 7) * 2112) + v, (offsetof<Base>() + 7) * 2112);
}

// @ts-ignore: decorator
@inline
function addFour(p: usize, hist: usize, v: u64): void {
  let at = hist + (<usize>load<u8>(p) << 3);
  store<u64>(at, load<u64>(at) + v);
  at = hist + (<usize>load<u8>(p, 1) << 3);
  store<u64>(at, load<u64>(at, 2112) + v, 2112);
  at = hist + (<usize>load<u8>(p, 2) << 3);
  store<u64>(at, load<u64>(at, 4224) + v, 4224);
  at = hist + (<usize>load<u8>(p, 3) << 3);
  store<u64>(at, load<u64>(at, 6336) + v, 6336);
}

// Records of more features are added part by part, as short ones: a part's entries stay in the first-level cache. Longer ones
// than this are lines of the cache far apart, so those of a block of features are brought together first.
const longStride: usize = 256;
const partBytes: usize = 24;
const widePartBytes: usize = 16;
const blockBytes: usize = 120;
// a block of features and up to eight bytes of g and h
const gatheredStride: usize = 128;
// rows that are brought together: 256 kB, as the block's packed entries are
const gatheredRows: i32 = 2048;

export function histogramPacked(
  rec: usize, ids: usize, numRows: i32, stride: usize, slotOffset: usize, numBytes: i32, extras: usize,
  numExtras: i32, hist: usize,
): void {
  if (ids == 0 && numBytes < 32) {
    const tail = numBytes & 7;
    switch (numBytes >> 3) {
      case 0: addShortRows<NoGroup>(rec, numRows, stride, slotOffset, tail, hist); break;
      case 1: addShortRows<OneGroup>(rec, numRows, stride, slotOffset, tail, hist); break;
      case 2: addShortRows<TwoGroups>(rec, numRows, stride, slotOffset, tail, hist); break;
      default: addShortRows<ThreeGroups>(rec, numRows, stride, slotOffset, tail, hist);
    }
  } else addRowsInParts(rec, ids, numRows, stride, slotOffset, <usize>numBytes, scratchBehind(extras, numExtras), hist);
  if (numExtras == 0) return;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const p = rec + (ids ? <usize>load<u32>(ids + (i << 2)) : i) * stride;
    const slot = load<u32>(p + slotOffset);
    const v: u64 = (<u64>(<i64>(<i32>slot >> 16)) << 32) + <u64>(slot & 0xffff);
    for (let e: i32 = 0; e < numExtras; e++) {
      const bin = <usize>load<u16>(p + load<u32>(extras + (<usize>e << 3)));
      addPacked(hist + ((<usize>load<u32>(extras + (<usize>e << 3), 4) + bin) << 3), v);
    }
  }
}

// behind the list of two-byte features
function scratchBehind(extras: usize, numExtras: i32): usize {
  return extras + (((<usize>numExtras << 3) + 63) & ~63) + 64;
}

function addRowsInParts(
  rec: usize, ids: usize, numRows: i32, stride: usize, slotOffset: usize, numBytes: usize, scratch: usize, hist: usize,
): void {
  const isGathered = ids != 0 || stride > longStride;
  for (let from: usize = 0; from < numBytes; from += blockBytes) {
    const block = min<usize>(blockBytes, numBytes - from);
    const at = hist + from * 2112;
    for (let first: i32 = 0; first < numRows; first += gatheredRows) {
      const rows = min<i32>(gatheredRows, numRows - first);
      if (isGathered) {
        gatherRows<ShortSlot>(rec, ids, first, rows, stride, slotOffset, from, block, scratch);
        addParts(scratch, rows, gatheredStride, blockBytes, block, at);
      } else addParts(rec + <usize>first * stride + from, rows, stride, slotOffset - from, block, at);
    }
  }
}

// A block of a row's features and what is to be added, side by side: waits for lines of the cache overlap here.
function gatherRows<Slot>(
  rec: usize, ids: usize, first: i32, numRows: i32, stride: usize, slotOffset: usize, from: usize, block: usize,
  scratch: usize,
): void {
  const end = <usize>(first + numRows);
  let out = scratch;
  for (let i = <usize>first; i < end; i++) {
    const p = rec + (ids ? <usize>load<u32>(ids + (i << 2)) : i) * stride;
    store<u32>(out, load<u32>(p + slotOffset), blockBytes);
    if (offsetof<Slot>() > 4) store<u32>(out, load<u32>(p + slotOffset, 4), blockBytes + 4);
    const q = p + from;
    if (block == blockBytes) {
      v128.store(out, v128.load(q));
      v128.store(out, v128.load(q, 16), 16);
      v128.store(out, v128.load(q, 32), 32);
      v128.store(out, v128.load(q, 48), 48);
      v128.store(out, v128.load(q, 64), 64);
      v128.store(out, v128.load(q, 80), 80);
      v128.store(out, v128.load(q, 96), 96);
      store<u64>(out, load<u64>(q, 112), 112);
    } else for (let at: usize = 0; at < block; at += 8) store<u64>(out + at, load<u64>(q + at));
    out += gatheredStride;
  }
}

function addParts(rec: usize, numRows: i32, stride: usize, slotOffset: usize, numBytes: usize, hist: usize): void {
  let at: usize = 0;
  for (; at + partBytes <= numBytes; at += partBytes) {
    addShortRows<ThreeGroups>(rec + at, numRows, stride, slotOffset - at, 0, hist + at * 2112);
  }
  const rest = <i32>(numBytes - at);
  const tail = rest & 7;
  if (rest >= 16) addShortRows<TwoGroups>(rec + at, numRows, stride, slotOffset - at, tail, hist + at * 2112);
  else if (rest >= 8) addShortRows<OneGroup>(rec + at, numRows, stride, slotOffset - at, tail, hist + at * 2112);
  else if (rest > 0) addShortRows<NoGroup>(rec + at, numRows, stride, slotOffset - at, tail, hist + at * 2112);
}

function addWide(at: usize, v: v128): void {
  v128.store(at, i64x2.add(v128.load(at), v));
}

function slotValue(slot: usize, slotBytes: i32, countShift: i32): v128 {
  const one: i64 = countShift < 63 ? <i64>1 << countShift : 0;
  let g: i64;
  let h: i64;
  if (slotBytes == 4) {
    const packed = load<u32>(slot);
    g = <i64>(<i32>packed >> 16);
    h = <i64>(packed & 0xffff);
  } else {
    g = <i64>load<i32>(slot);
    h = <i64>load<u32>(slot, 4);
  }
  return i64x2.replace_lane(i64x2.splat(g), 1, h + one);
}

// Parts of records as in addShortRows, of four or eight bytes of g and h. `one`: what a row adds to h's word beside h.
class ShortSlot { both: u32; }
class LongSlot { g: i32; h: u32; }

function addShortWideRows<Groups, Slot>(
  rec: usize, numRows: i32, stride: usize, slotOffset: usize, one: i64, tail: i32, hist: usize,
): void {
  const end = rec + <usize>numRows * stride;
  for (let p = rec; p < end; p += stride) {
    const slot = load<u32>(p + slotOffset);
    let grad = <i64>(<i32>slot >> 16);
    let hess = <i64>(slot & 0xffff);
    if (offsetof<Slot>() > 4) {
      grad = <i64><i32>slot;
      hess = <i64>load<u32>(p + slotOffset, 4);
    }
    const v = i64x2.replace_lane(i64x2.splat(grad), 1, hess + one);
    if (offsetof<Groups>() > 0) addEightWide<NoGroup>(p, hist, v);
    if (offsetof<Groups>() > 8) addEightWide<OneGroup>(p, hist, v);
    if (tail == 0) continue;
    let q = p + offsetof<Groups>();
    let h = hist + offsetof<Groups>() * 4224;
    if (tail & 4) {
      addFourWide(q, h, v);
      q += 4;
      h += 16896;
    }
    if (tail & 2) {
      addWide(h + (<usize>load<u8>(q) << 4), v);
      addWide(h + 4224 + (<usize>load<u8>(q, 1) << 4), v);
      q += 2;
      h += 8448;
    }
    if (tail & 1) addWide(h + (<usize>load<u8>(q) << 4), v);
  }
}

// @ts-ignore: decorator
@inline
function addEightWide<Base>(p: usize, hist: usize, v: v128): void {
  let at = hist + (<usize>load<u8>(p, offsetof<Base>()) << 4);
  v128.store(at, i64x2.add(v128.load(at, offsetof<Base>() * 4224), v), offsetof<Base>() * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 1) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 1) * 4224), v), (offsetof<Base>() + 1) * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 2) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 2) * 4224), v), (offsetof<Base>() + 2) * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 3) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 3) * 4224), v), (offsetof<Base>() + 3) * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 4) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 4) * 4224), v), (offsetof<Base>() + 4) * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 5) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 5) * 4224), v), (offsetof<Base>() + 5) * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 6) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 6) * 4224), v), (offsetof<Base>() + 6) * 4224);
  at = hist + (<usize>load<u8>(p, offsetof<Base>() + 7) << 4);
  v128.store(at, i64x2.add(v128.load(at, (offsetof<Base>() + 7) * 4224), v), (offsetof<Base>() + 7) * 4224);
}

// @ts-ignore: decorator
@inline
function addFourWide(p: usize, hist: usize, v: v128): void {
  let at = hist + (<usize>load<u8>(p) << 4);
  v128.store(at, i64x2.add(v128.load(at), v));
  at = hist + (<usize>load<u8>(p, 1) << 4);
  v128.store(at, i64x2.add(v128.load(at, 4224), v), 4224);
  at = hist + (<usize>load<u8>(p, 2) << 4);
  v128.store(at, i64x2.add(v128.load(at, 8448), v), 8448);
  at = hist + (<usize>load<u8>(p, 3) << 4);
  v128.store(at, i64x2.add(v128.load(at, 12672), v), 12672);
}

export function histogramWide(
  rec: usize, ids: usize, numRows: i32, stride: usize, slotOffset: usize, slotBytes: i32, countShift: i32,
  numBytes: i32, extras: usize, numExtras: i32, hist: usize,
): void {
  const one: i64 = countShift < 63 ? <i64>1 << countShift : 0;
  const bytes = <usize>numBytes;
  const scratch = scratchBehind(extras, numExtras);
  if (slotBytes == 4) addWideRows<ShortSlot>(rec, ids, numRows, stride, slotOffset, one, bytes, scratch, hist);
  else addWideRows<LongSlot>(rec, ids, numRows, stride, slotOffset, one, bytes, scratch, hist);
  if (numExtras == 0) return;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const p = rec + (ids ? <usize>load<u32>(ids + (i << 2)) : i) * stride;
    const v = slotValue(p + slotOffset, slotBytes, countShift);
    for (let e: i32 = 0; e < numExtras; e++) {
      const bin = <usize>load<u16>(p + load<u32>(extras + (<usize>e << 3)));
      addWide(hist + ((<usize>load<u32>(extras + (<usize>e << 3), 4) + bin) << 4), v);
    }
  }
}

function addWideRows<Slot>(
  rec: usize, ids: usize, numRows: i32, stride: usize, slotOffset: usize, one: i64, numBytes: usize, scratch: usize,
  hist: usize,
): void {
  const isGathered = ids != 0 || stride > longStride;
  for (let from: usize = 0; from < numBytes; from += blockBytes) {
    const block = min<usize>(blockBytes, numBytes - from);
    const at = hist + from * 4224;
    for (let first: i32 = 0; first < numRows; first += gatheredRows) {
      const rows = min<i32>(gatheredRows, numRows - first);
      if (isGathered) {
        gatherRows<Slot>(rec, ids, first, rows, stride, slotOffset, from, block, scratch);
        addWideParts<Slot>(scratch, rows, gatheredStride, blockBytes, one, block, at);
      } else addWideParts<Slot>(rec + <usize>first * stride + from, rows, stride, slotOffset - from, one, block, at);
    }
  }
}

function addWideParts<Slot>(
  rec: usize, numRows: i32, stride: usize, slotOffset: usize, one: i64, numBytes: usize, hist: usize,
): void {
  let at: usize = 0;
  for (; at + widePartBytes <= numBytes; at += widePartBytes) {
    addShortWideRows<TwoGroups, Slot>(rec + at, numRows, stride, slotOffset - at, one, 0, hist + at * 4224);
  }
  const rest = <i32>(numBytes - at);
  const tail = rest & 7;
  const to = hist + at * 4224;
  if (rest >= 8) addShortWideRows<OneGroup, Slot>(rec + at, numRows, stride, slotOffset - at, one, tail, to);
  else if (rest > 0) addShortWideRows<NoGroup, Slot>(rec + at, numRows, stride, slotOffset - at, one, tail, to);
}

/** Clears so many bytes, a multiple of 8. */
export function clearBytes(address: usize, bytes: i32): void {
  memory.fill(address, 0, bytes);
}

/** Adds packed entries to wide ones and clears them. */
export function flushPacked(hist: usize, numEntries: i32, wide: usize): void {
  for (let i: usize = 0; i < <usize>numEntries; i++) {
    const v = load<i64>(hist + (i << 3));
    if (v == 0) continue;
    const at = wide + (i << 4);
    store<i64>(at, load<i64>(at) + (v >> 32));
    store<i64>(at, load<i64>(at, 8) + (v & 0xffffffff), 8);
    store<i64>(hist + (i << 3), 0);
  }
}

/**
 * Adds the ranks' entries of features [begin, end) and stores them without gaps, wide.
 * parts: numParts uint32 addresses, each where that rank's entry `firstEntry` lies. features: see find-split.
 * packed parts are added before they are taken apart: all ranks together hold at most 65,535 rows.
 */
export function reduceHistogram(
  parts: usize, numParts: i32, packed: i32, firstEntry: i32, features: usize, begin: i32, end: i32, out: usize,
): void {
  const size: usize = packed ? 3 : 4;
  for (let f = begin; f < end; f++) {
    const feature = features + (<usize>f << 5);
    const from = (<usize>(load<u32>(feature) - firstEntry)) << size;
    const target = out + (<usize>load<u32>(feature, 4) << 4);
    const numValues = <usize>load<u32>(feature, 8);
    const missing = <usize>load<u32>(feature, 12);
    if (numParts == 0) {
      memory.fill(target, 0, (numValues + 1) << 4);
      continue;
    }
    if (packed) {
      if (numParts == 1) widen(<usize>load<u32>(parts) + from, numValues, target);
      else widenSums(parts, numParts, from, numValues, target);
      let sum: i64 = 0;
      for (let w: i32 = 0; w < numParts; w++) {
        sum += load<i64>(<usize>load<u32>(parts + (<usize>w << 2)) + from + (missing << 3));
      }
      store<i64>(target + (numValues << 4), sum >> 32);
      store<i64>(target + (numValues << 4), sum & 0xffffffff, 8);
      continue;
    }
    const valueBytes = numValues << 4;
    if (numParts == 1) memory.copy(target, <usize>load<u32>(parts) + from, valueBytes);
    else addUpWide(parts, numParts, from, valueBytes, target);
    let sum = i64x2.splat(0);
    for (let w: i32 = 0; w < numParts; w++) {
      sum = i64x2.add(sum, v128.load(<usize>load<u32>(parts + (<usize>w << 2)) + from + (missing << 4)));
    }
    v128.store(target + valueBytes, sum);
  }
}

/** Adds up the ranks' wide entries from `from` on, two or more ranks'. */
function addUpWide(parts: usize, numParts: i32, from: usize, bytes: usize, to: usize): void {
  const first = <usize>load<u32>(parts) + from;
  const second = <usize>load<u32>(parts, 4) + from;
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = i64x2.add(v128.load(first + at), v128.load(second + at));
    for (let w: i32 = 2; w < numParts; w++) {
      sum = i64x2.add(sum, v128.load(<usize>load<u32>(parts + (<usize>w << 2)) + from + at));
    }
    v128.store(to + at, sum);
  }
}

/** Adds up the ranks' packed entries from `from` on, two or more ranks', and takes them apart, two entries at once. */
function widenSums(parts: usize, numParts: i32, from: usize, numEntries: usize, to: usize): void {
  const masks = i64x2.replace_lane(i64x2.splat(-1), 1, 0xffffffff);
  const first = <usize>load<u32>(parts) + from;
  const second = <usize>load<u32>(parts, 4) + from;
  const pairsEnd = (numEntries & ~1) << 3;
  let out = to;
  let at: usize = 0;
  for (; at < pairsEnd; at += 16) {
    let sums = i64x2.add(v128.load(first + at), v128.load(second + at));
    for (let w: i32 = 2; w < numParts; w++) {
      sums = i64x2.add(sums, v128.load(<usize>load<u32>(parts + (<usize>w << 2)) + from + at));
    }
    const swapped = v128.shuffle<i32>(sums, sums, 1, 0, 3, 2);
    v128.store(out, v128.and(i64x2.extend_low_i32x4_s(swapped), masks));
    v128.store(out, v128.and(i64x2.extend_high_i32x4_s(swapped), masks), 16);
    out += 32;
  }
  if (numEntries & 1) {
    let sum: i64 = 0;
    for (let w: i32 = 0; w < numParts; w++) sum += load<i64>(<usize>load<u32>(parts + (<usize>w << 2)) + from + at);
    store<i64>(out, sum >> 32);
    store<i64>(out, sum & 0xffffffff, 8);
  }
}

/** Takes packed entries apart, two at once. */
export function widen(from: usize, numEntries: usize, to: usize): void {
  const masks = i64x2.replace_lane(i64x2.splat(-1), 1, 0xffffffff);
  const pairsEnd = from + ((numEntries & ~1) << 3);
  let at = from;
  let out = to;
  for (; at < pairsEnd; at += 16) {
    const swapped = v128.shuffle<i32>(v128.load(at), v128.load(at), 1, 0, 3, 2);
    v128.store(out, v128.and(i64x2.extend_low_i32x4_s(swapped), masks));
    v128.store(out, v128.and(i64x2.extend_high_i32x4_s(swapped), masks), 16);
    out += 32;
  }
  if (numEntries & 1) {
    const sum = load<i64>(at);
    store<i64>(out, sum >> 32);
    store<i64>(out, sum & 0xffffffff, 8);
  }
}

/** The same for parts that are packed, which stay packed. */
export function reducePacked(
  parts: usize, numParts: i32, firstEntry: i32, features: usize, begin: i32, end: i32, out: usize,
): void {
  for (let f = begin; f < end; f++) {
    const feature = features + (<usize>f << 5);
    const from = (<usize>(load<u32>(feature) - firstEntry)) << 3;
    const target = out + (<usize>load<u32>(feature, 4) << 3);
    const valueBytes = <usize>load<u32>(feature, 8) << 3;
    const missing = from + (<usize>load<u32>(feature, 12) << 3);
    if (numParts == 1) {
      const part = <usize>load<u32>(parts);
      memory.copy(target, part + from, valueBytes);
      store<i64>(target + valueBytes, load<i64>(part + missing));
      continue;
    }
    for (let at: usize = 0; at <= valueBytes; at += 8) {
      const entry = at == valueBytes ? missing : from + at;
      let sum: i64 = 0;
      for (let w: i32 = 0; w < numParts; w++) sum += load<i64>(<usize>load<u32>(parts + (<usize>w << 2)) + entry);
      store<i64>(target + at, sum);
    }
  }
}

/** out = parent − child, entry by entry, of either kind; bytes is a multiple of 8; out may be parent. */
export function subtractHistogram(parent: usize, child: usize, out: usize, bytes: i32): void {
  const whole = <usize>bytes & ~15;
  for (let i: usize = 0; i < whole; i += 16) {
    v128.store(out + i, i64x2.sub(v128.load(parent + i), v128.load(child + i)));
  }
  if (bytes & 8) store<i64>(out + whole, load<i64>(parent + whole) - load<i64>(child + whole));
}

/** out += part, int64 by int64. */
export function addInt64(out: usize, part: usize, bytes: i32): void {
  const whole = <usize>bytes & ~15;
  for (let i: usize = 0; i < whole; i += 16) {
    v128.store(out + i, i64x2.add(v128.load(out + i), v128.load(part + i)));
  }
  if (bytes & 8) store<i64>(out + whole, load<i64>(out + whole) + load<i64>(part + whole));
}
