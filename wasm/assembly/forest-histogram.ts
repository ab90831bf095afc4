// Adds rows to a histogram of the chosen features, and sums a node. See forest-plan.ts for the layouts.
import { binOf, binsAt, entryWords } from './forest-plan';

/** Rows of a block: a block and the entries of a few features stay in the first cache. */
const blockRows: i32 = 256;

/** Adds rows; marks their bins as touched where asked: 64 bits a word, words of one feature after another. */
export function addForestRows(plan: usize, rows: usize, numRows: i32, numChosen: i32, hist: usize, marks: i32): void {
  const stride = <usize>load<u32>(plan, 8);
  if (marks) {
    addMarked(plan, rows, numRows, numChosen, hist);
    return;
  }
  const end = <usize>load<u32>(plan, 52) + (<usize>numChosen << 5);
  for (let from: i32 = 0; from < numRows; from += blockRows) {
    const count = min<i32>(blockRows, numRows - from);
    const first = rows + <usize>from * stride;
    let c = <usize>load<u32>(plan, 52);
    if (load<u32>(plan) == 2) {
      for (; c < end; c += 32) addClassFeature(plan, first, count, c, hist);
      continue;
    }
    if (load<u32>(plan) == 3) {
      for (; c < end; c += 32) addNumbersFeature(plan, first, count, c, hist);
      continue;
    }
    while (c < end) {
      if (c + 128 <= end && (load<u32>(c, 8) & load<u32>(c, 40) & load<u32>(c, 72) & load<u32>(c, 104)) == 1) {
        addFour(plan, first, count, c, hist);
        c += 128;
      } else if (c + 64 <= end && (load<u32>(c, 8) & load<u32>(c, 40)) == 1) {
        addTwo(plan, first, count, c, hist);
        c += 64;
      } else {
        addOne(plan, first, count, c, hist);
        c += 32;
      }
    }
  }
}

/** (x, h) of a row with its count. */
function slotOf(kind: u32, slot: usize, one: i64): v128 {
  let x: i64;
  let h: i64;
  if (kind == 0) {
    x = <i64>load<i32>(slot);
    h = <i64>load<u32>(slot, 4);
  } else {
    const packed = load<u32>(slot);
    h = <i64>(packed & 0xffff);
    x = <i64>(packed >> 16) * h;
  }
  return i64x2.replace_lane(i64x2.splat(x), 1, h + one);
}

function addWide(at: usize, v: v128): void {
  v128.store(at, i64x2.add(v128.load(at), v));
}

function addFour(plan: usize, rows: usize, numRows: i32, c: usize, hist: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  const slot = <usize>load<u32>(plan, 12);
  const kind = load<u32>(plan);
  const one = <i64>1 << load<u32>(plan, 28);
  const records = <usize>load<u32>(plan, 20);
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  const o0 = <usize>load<u32>(c, 4);
  const o1 = <usize>load<u32>(c, 36);
  const o2 = <usize>load<u32>(c, 68);
  const o3 = <usize>load<u32>(c, 100);
  const h0 = hist + (<usize>load<u32>(c, 12) << 4);
  const h1 = hist + (<usize>load<u32>(c, 44) << 4);
  const h2 = hist + (<usize>load<u32>(c, 76) << 4);
  const h3 = hist + (<usize>load<u32>(c, 108) << 4);
  let p = rows;
  for (let i: i32 = 0; i < numRows; i++) {
    const q = binsAt(p, records, idOffset, recordBytes);
    const v = slotOf(kind, p + slot, one);
    addWide(h0 + (<usize>load<u8>(q + o0) << 4), v);
    addWide(h1 + (<usize>load<u8>(q + o1) << 4), v);
    addWide(h2 + (<usize>load<u8>(q + o2) << 4), v);
    addWide(h3 + (<usize>load<u8>(q + o3) << 4), v);
    p += stride;
  }
}

function addTwo(plan: usize, rows: usize, numRows: i32, c: usize, hist: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  const slot = <usize>load<u32>(plan, 12);
  const kind = load<u32>(plan);
  const one = <i64>1 << load<u32>(plan, 28);
  const records = <usize>load<u32>(plan, 20);
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  const o0 = <usize>load<u32>(c, 4);
  const o1 = <usize>load<u32>(c, 36);
  const h0 = hist + (<usize>load<u32>(c, 12) << 4);
  const h1 = hist + (<usize>load<u32>(c, 44) << 4);
  let p = rows;
  for (let i: i32 = 0; i < numRows; i++) {
    const q = binsAt(p, records, idOffset, recordBytes);
    const v = slotOf(kind, p + slot, one);
    addWide(h0 + (<usize>load<u8>(q + o0) << 4), v);
    addWide(h1 + (<usize>load<u8>(q + o1) << 4), v);
    p += stride;
  }
}

function addOne(plan: usize, rows: usize, numRows: i32, c: usize, hist: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  const slot = <usize>load<u32>(plan, 12);
  const kind = load<u32>(plan);
  const one = <i64>1 << load<u32>(plan, 28);
  const records = <usize>load<u32>(plan, 20);
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  const offset = <usize>load<u32>(c, 4);
  const width = load<u32>(c, 8);
  const entries = hist + (<usize>load<u32>(c, 12) << 4);
  let p = rows;
  for (let i: i32 = 0; i < numRows; i++) {
    addWide(entries + (binOf(binsAt(p, records, idOffset, recordBytes) + offset, width) << 4), slotOf(kind, p + slot, one));
    p += stride;
  }
}

function addClassFeature(plan: usize, rows: usize, numRows: i32, c: usize, hist: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  const slotOffset = <usize>load<u32>(plan, 12);
  const bytes = entryWords(plan) << 3;
  const records = <usize>load<u32>(plan, 20);
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  const offset = <usize>load<u32>(c, 4);
  const width = load<u32>(c, 8);
  const entries = hist + <usize>load<u32>(c, 12) * bytes;
  let p = rows;
  for (let i: i32 = 0; i < numRows; i++) {
    const slot = load<u32>(p + slotOffset);
    const at = entries + binOf(binsAt(p, records, idOffset, recordBytes) + offset, width) * bytes + (<usize>(slot >> 16) << 3);
    store<u64>(at, load<u64>(at) + ((<u64>1 << 36) + <u64>(slot & 0xffff)));
    p += stride;
  }
}

/** Adds a row's numbers and its weight to an entry, or to totals; words of a slot and of an entry have one order. */
function addNumbers(slot: usize, one: i64, numWords: usize, at: usize): void {
  addWide(at, slotOf(0, slot, one));
  let w: usize = 2;
  for (; w + 2 <= numWords; w += 2) addWide(at + (w << 3), v128.load_ext<i32>(slot + (w << 2)));
  if (w < numWords) store<i64>(at + (w << 3), load<i64>(at + (w << 3)) + <i64>load<i32>(slot + (w << 2)));
}

function addNumbersFeature(plan: usize, rows: usize, numRows: i32, c: usize, hist: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  const slotOffset = <usize>load<u32>(plan, 12);
  const numWords = entryWords(plan);
  const bytes = numWords << 3;
  const one = <i64>1 << load<u32>(plan, 28);
  const records = <usize>load<u32>(plan, 20);
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  const offset = <usize>load<u32>(c, 4);
  const width = load<u32>(c, 8);
  const entries = hist + <usize>load<u32>(c, 12) * bytes;
  let p = rows;
  for (let i: i32 = 0; i < numRows; i++) {
    const bin = binOf(binsAt(p, records, idOffset, recordBytes) + offset, width);
    addNumbers(p + slotOffset, one, numWords, entries + bin * bytes);
    p += stride;
  }
}

function addMarked(plan: usize, rows: usize, numRows: i32, numChosen: i32, hist: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  const end = <usize>load<u32>(plan, 52) + (<usize>numChosen << 5);
  const records = <usize>load<u32>(plan, 20);
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  let touched = <usize>load<u32>(plan, 56);
  for (let c = <usize>load<u32>(plan, 52); c < end; c += 32) {
    if (load<u32>(plan) == 2) addClassFeature(plan, rows, numRows, c, hist);
    else if (load<u32>(plan) == 3) addNumbersFeature(plan, rows, numRows, c, hist);
    else addOne(plan, rows, numRows, c, hist);
    const offset = <usize>load<u32>(c, 4);
    const width = load<u32>(c, 8);
    let p = rows;
    for (let i: i32 = 0; i < numRows; i++) {
      const bin = binOf(binsAt(p, records, idOffset, recordBytes) + offset, width);
      const word = touched + ((bin >> 6) << 3);
      store<u64>(word, load<u64>(word) | ((<u64>1) << (<u64>bin & 63)));
      p += stride;
    }
    touched += touchedBytes(c);
  }
}

/** Bytes of the marks of a chosen feature. */
export function touchedBytes(c: usize): usize {
  return ((<usize>load<u32>(c, 20) + 64) >> 6) << 3;
}

/** Sums a node's rows into the totals of `best`. */
export function nodeTotals(plan: usize, rows: usize, numRows: i32, best: usize): void {
  const stride = <usize>load<u32>(plan, 8);
  let p = rows + <usize>load<u32>(plan, 12);
  const totals = best + 64;
  if (load<u32>(plan) == 2) {
    memory.fill(totals, 0, entryWords(plan) << 3);
    for (let i: i32 = 0; i < numRows; i++) {
      const slot = load<u32>(p);
      const at = totals + (<usize>(slot >> 16) << 3);
      store<u64>(at, load<u64>(at) + ((<u64>1 << 36) + <u64>(slot & 0xffff)));
      p += stride;
    }
  } else if (load<u32>(plan) == 3) {
    const numWords = entryWords(plan);
    const one = <i64>1 << load<u32>(plan, 28);
    memory.fill(totals, 0, numWords << 3);
    for (let i: i32 = 0; i < numRows; i++) {
      addNumbers(p, one, numWords, totals);
      p += stride;
    }
  } else {
    const kind = load<u32>(plan);
    const one = <i64>1 << load<u32>(plan, 28);
    let sum = i64x2.splat(0);
    for (let i: i32 = 0; i < numRows; i++) {
      sum = i64x2.add(sum, slotOf(kind, p, one));
      p += stride;
    }
    v128.store(totals, sum);
  }
  weighNode(plan, best);
}

/** Weight and rows of a node from its totals. */
export function weighNode(plan: usize, best: usize): void {
  let h: i64 = 0;
  let shift: u32 = 36;
  if (load<u32>(plan) == 2) {
    for (let k: usize = 0; k < entryWords(plan); k++) h += load<i64>(best + (k << 3), 64);
  } else {
    h = load<i64>(best, 72);
    shift = load<u32>(plan, 28);
  }
  store<f64>(best, <f64>(h & (((<i64>1) << shift) - 1)), 48);
  store<f64>(best, <f64>(h >> shift), 56);
}
