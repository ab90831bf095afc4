// Rows of which most features have their usual bin: only the other bins are kept, as entries of the compact histogram.
//
//   starts   uint32 a row and one more: where a row's entries begin
//   entries  uint32: first compact entry of the feature + bin (the missing bin behind the value bins), ascending
//   usual    a record that has the usual bin of every feature; records and features are drawn in
//            src/binning/binned-layout.ts
//   slots    the rows' quantised gradients, 4 or 8 bytes each, side by side
//
// A histogram is built of the entries alone; the usual bin of a feature is then what the node's sums leave. Its entries
// lie as in the compact histogram, packed (8 bytes) or wide (16).

/**
 * Writes the entries of rows from entry `from` on, and their starts; returns where the next row's begin. Where
 * `entries` is 0 they are only counted.
 */
export function writeRowEntries(
  records: usize, stride: usize, numRows: i32, usual: usize, features: usize, numNarrow: i32, numPlaces: i32,
  starts: usize, entries: usize, from: u32,
): u32 {
  let count = from;
  const whole = numNarrow & ~15;
  for (let i: i32 = 0; i < numRows; i++) {
    const record = records + <usize>i * stride;
    if (entries) store<u32>(starts + (<usize>i << 2), count);
    let f: i32 = 0;
    for (; f < whole; f += 16) {
      const isOther = i8x16.ne(v128.load(record + <usize>f), v128.load(usual + <usize>f));
      if (!v128.any_true(isOther)) continue;
      let bits = i8x16.bitmask(isOther);
      while (bits != 0) {
        const place = f + ctz<i32>(bits);
        if (entries) storeEntry(entries, count, features, place, <u32>load<u8>(record + <usize>place));
        count++;
        bits &= bits - 1;
      }
    }
    for (; f < numPlaces; f++) {
      const offset = <usize>load<u32>(features + (<usize>f << 5), 20);
      const isNarrow = f < numNarrow;
      const bin: u32 = isNarrow ? load<u8>(record + offset) : load<u16>(record + offset);
      const usualBin: u32 = isNarrow ? load<u8>(usual + offset) : load<u16>(usual + offset);
      if (bin == usualBin) continue;
      if (entries) storeEntry(entries, count, features, f, bin);
      count++;
    }
  }
  if (entries) store<u32>(starts + (<usize>numRows << 2), count);
  return count;
}

// The missing bin stands behind the value bins: a narrow feature's has the number 255 in a record, a wide one's is
// just behind them there too.
function storeEntry(entries: usize, at: u32, features: usize, place: i32, bin: u32): void {
  const feature = features + (<usize>place << 5);
  store<u32>(entries + (<usize>at << 2), load<u32>(feature, 4) + min<u32>(bin, load<u32>(feature, 8)));
}

/**
 * Lists rows by entry, the other way round: rowStarts has uint32 for each entry and one more, where its rows begin in `rows`,
 * uint32 each, ascending; they begin where the first row's entries do. rowStarts is clear.
 */
export function listEntryRows(
  starts: usize, entries: usize, firstRow: i32, numRows: i32, numEntries: i32, rowStarts: usize, rows: usize,
): void {
  const first = load<u32>(starts + (<usize>firstRow << 2));
  const last = load<u32>(starts + (<usize>(firstRow + numRows) << 2));
  for (let e = first; e < last; e++) {
    const at = rowStarts + (<usize>load<u32>(entries + (<usize>e << 2)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  // where each entry's rows end; they are written from there backwards
  let end = first;
  for (let e: i32 = 0; e < numEntries; e++) {
    const at = rowStarts + (<usize>e << 2);
    end += load<u32>(at);
    store<u32>(at, end);
  }
  store<u32>(rowStarts + (<usize>numEntries << 2), end);
  for (let row = firstRow + numRows - 1; row >= firstRow; row--) {
    const from = load<u32>(starts + (<usize>row << 2));
    const to = load<u32>(starts + (<usize>row << 2), 4);
    for (let e = from; e < to; e++) {
      const at = rowStarts + (<usize>load<u32>(entries + (<usize>e << 2)) << 2);
      const place = load<u32>(at) - 1;
      store<u32>(at, place);
      store<u32>(rows + (<usize>place << 2), <u32>row);
    }
  }
}

/** Adds rows' entries to packed ones, and the rows' sum, packed, to `totals`. */
export function addEntriesPacked(
  starts: usize, entries: usize, slots: usize, ids: usize, firstRow: i32, numRows: i32, hist: usize, totals: usize,
): void {
  let total = load<u64>(totals);
  for (let i: i32 = 0; i < numRows; i++) {
    const row = <usize>(ids ? load<u32>(ids + (<usize>i << 2)) : <u32>(firstRow + i));
    const slot = load<u32>(slots + (row << 2));
    const v: u64 = (<u64>(<i64>(<i32>slot >> 16)) << 32) + <u64>(slot & 0xffff);
    total += v;
    let p = entries + (<usize>load<u32>(starts + (row << 2)) << 2);
    const end = entries + (<usize>load<u32>(starts + (row << 2), 4) << 2);
    for (const pairs = end - ((end - p) & 4); p < pairs; p += 8) {
      let at = hist + (<usize>load<u32>(p) << 3);
      store<u64>(at, load<u64>(at) + v);
      at = hist + (<usize>load<u32>(p, 4) << 3);
      store<u64>(at, load<u64>(at) + v);
    }
    if (p < end) {
      const at = hist + (<usize>load<u32>(p) << 3);
      store<u64>(at, load<u64>(at) + v);
    }
  }
  store<u64>(totals, total);
}

/** The same with a mark for each block of eight entries that gets something (marked-blocks.ts). */
export function addEntriesMarked(
  starts: usize, entries: usize, slots: usize, ids: usize, firstRow: i32, numRows: i32, hist: usize, marks: usize,
  totals: usize,
): void {
  let total = load<u64>(totals);
  for (let i: i32 = 0; i < numRows; i++) {
    const row = <usize>(ids ? load<u32>(ids + (<usize>i << 2)) : <u32>(firstRow + i));
    const slot = load<u32>(slots + (row << 2));
    const v: u64 = (<u64>(<i64>(<i32>slot >> 16)) << 32) + <u64>(slot & 0xffff);
    total += v;
    let p = entries + (<usize>load<u32>(starts + (row << 2)) << 2);
    const end = entries + (<usize>load<u32>(starts + (row << 2), 4) << 2);
    for (const pairs = end - ((end - p) & 4); p < pairs; p += 8) {
      const first = <usize>load<u32>(p);
      const second = <usize>load<u32>(p, 4);
      let at = hist + (first << 3);
      store<u64>(at, load<u64>(at) + v);
      store<u8>(marks + (first >> 3), 1);
      at = hist + (second << 3);
      store<u64>(at, load<u64>(at) + v);
      store<u8>(marks + (second >> 3), 1);
    }
    if (p < end) {
      const entry = <usize>load<u32>(p);
      const at = hist + (entry << 3);
      store<u64>(at, load<u64>(at) + v);
      store<u8>(marks + (entry >> 3), 1);
    }
  }
  store<u64>(totals, total);
}

/** The same for wide entries; `totals` has sums of g and of (1 << countShift) + h. */
export function addEntriesWide(
  starts: usize, entries: usize, slots: usize, slotBytes: i32, countShift: i32, ids: usize, firstRow: i32,
  numRows: i32, hist: usize, totals: usize,
): void {
  const one: i64 = countShift < 63 ? <i64>1 << <i64>countShift : 0;
  let total = v128.load(totals);
  for (let i: i32 = 0; i < numRows; i++) {
    const row = <usize>(ids ? load<u32>(ids + (<usize>i << 2)) : <u32>(firstRow + i));
    let g: i64;
    let h: i64;
    if (slotBytes == 4) {
      const packed = load<u32>(slots + (row << 2));
      g = <i64>(<i32>packed >> 16);
      h = <i64>(packed & 0xffff);
    } else {
      g = <i64>load<i32>(slots + (row << 3));
      h = <i64>load<u32>(slots + (row << 3), 4);
    }
    const v = i64x2.replace_lane(i64x2.splat(g), 1, h + one);
    total = i64x2.add(total, v);
    let p = entries + (<usize>load<u32>(starts + (row << 2)) << 2);
    const end = entries + (<usize>load<u32>(starts + (row << 2), 4) << 2);
    for (; p < end; p += 4) {
      const at = hist + (<usize>load<u32>(p) << 4);
      v128.store(at, i64x2.add(v128.load(at), v));
    }
  }
  v128.store(totals, total);
}

/** Gives the usual bin of every feature what the others leave of `totals`; its entry was clear. */
export function fillUsualBins(
  hist: usize, packed: i32, features: usize, numPlaces: i32, usual: usize, totals: usize,
): void {
  for (let f: i32 = 0; f < numPlaces; f++) {
    const feature = features + (<usize>f << 5);
    const first = <usize>load<u32>(feature, 4);
    const numValues = load<u32>(feature, 8);
    const offset = usual + <usize>load<u32>(feature, 20);
    const bin = min<u32>(load<u32>(feature, 24) == 1 ? load<u8>(offset) : load<u16>(offset), numValues);
    if (packed) {
      const entries = hist + (first << 3);
      const end = entries + (<usize>numValues << 3);
      let sums = i64x2.splat(0);
      let at = entries;
      for (; at < end; at += 16) sums = i64x2.add(sums, v128.load(at));
      let sum = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
      if (at == end) sum += load<i64>(at);
      store<i64>(entries + (<usize>bin << 3), load<i64>(totals) - sum);
    } else {
      const entries = hist + (first << 4);
      let sums = v128.load(totals);
      for (let at = entries, end = entries + (<usize>numValues << 4); at <= end; at += 16) {
        sums = i64x2.sub(sums, v128.load(at));
      }
      v128.store(entries + (<usize>bin << 4), sums);
    }
  }
}
