// Sends blocks of rows down the trees of a model and adds the leaves' values to each row's sums.
//
// byte trees: one byte a value (rank-values.ts says which), stored column by column:
//   byte of row i in column c = columns[c · numRows of the block + i], rank − 128 as int8
//   node, 16 bytes: uint32 offset of its column, uint32 256 · (address of its left child / 16) + 383 − split,
//                   float64 value (0 at inner nodes); the right child follows the left one
//   adding a byte carries into the child's address exactly where rank > split; a leaf is its own left child
//   and its split is 255, so nothing carries
// Each tree's most visited nodes, its top, are done for 64 rows at a time: a row's exit from the top is the
// largest exit whose turns to the right were all taken, exits numbered from the left. What is left of the way
// is walked by the rows that are not at a leaf yet, eight at a time.
//   tree, 32 bytes: uint32 address of the root, of the top's first instruction, of the end of these,
//                   of the exits, uint32 offset of its output within a row's sums
//   instruction, 8 bytes: uint32 offset of the column, int8 split − 128, uint8 exit, uint8 kind:
//     0 exit to the right of the node; 1 the right side begins, its first exit; 2 the right side ends, its node
//   exit, 16 bytes: float64 value (0 where the tree goes on), uint64 address of the node << 16, bit 63 where
//                   the tree goes on
//   scratch: 1024 exits, 64 · 128 bytes of stack, then the list of rows on their way, 8 bytes each (row, and
//            address of its node << 16): 8 · (rows + 1)
// wide trees: two bytes a value, 16 bytes a node, category splits by bits, see findNodes

const stackAt: usize = 1024;
const listAt: usize = 1024 + 64 * 128;
/** Blocks of fewer rows are not worth the tops. */
const fewRows: i32 = 16;

/** Adds all trees to the sums; at most 1024 rows, `columns` has room for a multiple of 64. */
export function predictBlock(
  columns: usize, numRows: i32, trees: usize, numTrees: i32, scratch: usize, sums: usize, step: usize,
): void {
  for (let t: i32 = 0; t < numTrees; t++) {
    const tree = trees + (<usize>t << 5);
    const to = sums + <usize>load<u32>(tree, 16);
    let count: i32;
    if (numRows < fewRows) {
      count = beginAtRoot(numRows, load<u32>(tree), scratch);
    } else {
      findExits(columns, numRows, load<u32>(tree, 4), load<u32>(tree, 8), scratch);
      count = addExits(numRows, load<u32>(tree, 12), scratch, to, step);
    }
    while (count > 0) count = addSteps(columns, count, scratch, to, step);
  }
}

/** The node of one tree that each row ends in, counted from the root. */
export function findBlockNodes(columns: usize, numRows: i32, tree: usize, scratch: usize, out: usize): void {
  const root = load<u32>(tree);
  let count: i32;
  if (numRows < fewRows) {
    count = beginAtRoot(numRows, root, scratch);
  } else {
    findExits(columns, numRows, load<u32>(tree, 4), load<u32>(tree, 8), scratch);
    count = takeExits(numRows, load<u32>(tree, 12), scratch, out);
  }
  while (count > 0) count = takeSteps(columns, count, scratch, out);
  for (let i: usize = 0; i < <usize>numRows; i++) {
    store<u32>(out + (i << 2), (load<u32>(out + (i << 2)) - root) >> 4);
  }
}

function beginAtRoot(numRows: i32, root: u32, scratch: usize): i32 {
  for (let i: usize = 0; i < <usize>numRows; i++) store<u64>(scratch + listAt + (i << 3), (<u64>root << 16) | i);
  return numRows;
}

function findExits(columns: usize, numRows: i32, program: usize, end: usize, scratch: usize): void {
  const stack = scratch + stackAt;
  for (let row: usize = 0; row < <usize>numRows; row += 64) {
    const base = columns + row;
    let a = i8x16.splat(0), b = a, c = a, d = a;
    let top = stack;
    for (let p = program; p < end; p += 8) {
      const kind = load<u8>(p, 6);
      const exit = v128.load_splat<u8>(p, 5);
      if (kind == 1) {
        v128.store(top, a);
        v128.store(top, b, 16);
        v128.store(top, c, 32);
        v128.store(top, d, 48);
        top += 64;
        a = exit;
        b = exit;
        c = exit;
        d = exit;
        continue;
      }
      const at = base + <usize>load<u32>(p);
      const split = v128.load_splat<u8>(p, 4);
      const isRightA = i8x16.gt_s(v128.load(at), split);
      const isRightB = i8x16.gt_s(v128.load(at, 16), split);
      const isRightC = i8x16.gt_s(v128.load(at, 32), split);
      const isRightD = i8x16.gt_s(v128.load(at, 48), split);
      if (kind == 0) {
        a = i8x16.max_u(a, v128.and(exit, isRightA));
        b = i8x16.max_u(b, v128.and(exit, isRightB));
        c = i8x16.max_u(c, v128.and(exit, isRightC));
        d = i8x16.max_u(d, v128.and(exit, isRightD));
      } else {
        top -= 64;
        a = i8x16.max_u(v128.load(top), v128.and(a, isRightA));
        b = i8x16.max_u(v128.load(top, 16), v128.and(b, isRightB));
        c = i8x16.max_u(v128.load(top, 32), v128.and(c, isRightC));
        d = i8x16.max_u(v128.load(top, 48), v128.and(d, isRightD));
      }
    }
    v128.store(scratch + row, a);
    v128.store(scratch + row, b, 16);
    v128.store(scratch + row, c, 32);
    v128.store(scratch + row, d, 48);
  }
}

function addExits(numRows: i32, exits: usize, scratch: usize, sums: usize, step: usize): i32 {
  const list = scratch + listAt;
  let n = list;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const exit = exits + (<usize>load<u8>(scratch + i) << 4);
    store<f64>(sums, load<f64>(sums) + load<f64>(exit));
    sums += step;
    const entry = load<u64>(exit, 8);
    store<u64>(n, entry | i);
    n += <usize>(entry >> 60);
  }
  return <i32>((n - list) >> 3);
}

/** Two steps for every row on its way; how many are not at a leaf then. */
function addSteps(columns: usize, count: i32, scratch: usize, sums: usize, step: usize): i32 {
  const list = scratch + listAt;
  const end = list + (<usize>count << 3);
  let n = list;
  let i = list;
  for (; i + 64 <= end; i += 64) {
    const rowA = <usize>load<u16>(i), rowB = <usize>load<u16>(i, 8);
    const rowC = <usize>load<u16>(i, 16), rowD = <usize>load<u16>(i, 24);
    const rowE = <usize>load<u16>(i, 32), rowF = <usize>load<u16>(i, 40);
    const rowG = <usize>load<u16>(i, 48), rowH = <usize>load<u16>(i, 56);
    let a = <usize>load<u32>(i, 2), b = <usize>load<u32>(i, 10);
    let c = <usize>load<u32>(i, 18), d = <usize>load<u32>(i, 26);
    let e = <usize>load<u32>(i, 34), f = <usize>load<u32>(i, 42);
    let g = <usize>load<u32>(i, 50), h = <usize>load<u32>(i, 58);
    for (let k = 0; k < 2; k++) {
      a = walk(a, columns + rowA);
      b = walk(b, columns + rowB);
      c = walk(c, columns + rowC);
      d = walk(d, columns + rowD);
      e = walk(e, columns + rowE);
      f = walk(f, columns + rowF);
      g = walk(g, columns + rowG);
      h = walk(h, columns + rowH);
    }
    n = arrive(n, rowA, a, sums, step);
    n = arrive(n, rowB, b, sums, step);
    n = arrive(n, rowC, c, sums, step);
    n = arrive(n, rowD, d, sums, step);
    n = arrive(n, rowE, e, sums, step);
    n = arrive(n, rowF, f, sums, step);
    n = arrive(n, rowG, g, sums, step);
    n = arrive(n, rowH, h, sums, step);
  }
  for (; i < end; i += 8) {
    const row = <usize>load<u16>(i);
    const base = columns + row;
    n = arrive(n, row, walk(walk(<usize>load<u32>(i, 2), base), base), sums, step);
  }
  return <i32>((n - list) >> 3);
}

/** As addExits, but notes the nodes. */
function takeExits(numRows: i32, exits: usize, scratch: usize, nodeOf: usize): i32 {
  const list = scratch + listAt;
  let n = list;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const entry = load<u64>(exits + (<usize>load<u8>(scratch + i) << 4), 8);
    store<u32>(nodeOf + (i << 2), <u32>(entry >> 16));
    store<u64>(n, entry | i);
    n += <usize>(entry >> 60);
  }
  return <i32>((n - list) >> 3);
}

/** As addSteps, but notes the nodes; the processor overlaps the rows by itself. */
function takeSteps(columns: usize, count: i32, scratch: usize, nodeOf: usize): i32 {
  const list = scratch + listAt;
  const end = list + (<usize>count << 3);
  let n = list;
  for (let i = list; i < end; i += 8) {
    const row = <usize>load<u16>(i);
    const base = columns + row;
    const node = walk(walk(<usize>load<u32>(i, 2), base), base);
    store<u32>(nodeOf + (row << 2), <u32>node);
    store<u64>(n, (<u64>node << 16) | row);
    n += isInner(node) << 3;
  }
  return <i32>((n - list) >> 3);
}

function walk(node: usize, base: usize): usize {
  const w = load<u64>(node);
  return <usize>(((w >> 32) + <u64>load<i8>(base + <usize>w)) >> 8) << 4;
}

function isInner(node: usize): usize {
  return <usize>((<usize>(load<u32>(node, 4) >> 8) << 4) != node);
}

/** Adds what the row has reached, nothing on the way, and keeps it on the list unless it is at a leaf. */
function arrive(list: usize, row: usize, node: usize, sums: usize, step: usize): usize {
  const to = sums + row * step;
  store<f64>(to, load<f64>(to) + load<f64>(node, 8));
  store<u64>(list, (<u64>node << 16) | row);
  return list + (isInner(node) << 3);
}

/**
 * Finds each row's node of one tree, from two-byte bins; missing is bin 65535. nodes: 16 bytes each,
 * uint32 offset in the record, int32 bin (or −1 − first word of leftBits for a category split),
 * uint32 left child (0 at a leaf), uint32: 1 when missing goes left, plus 2 when unseen categories do, plus
 * 4 · number of category bins. A bin beyond the bits is unseen.
 */
export function findNodes(
  rec: usize, stride: usize, numRows: i32, nodes: usize, leftBits: usize, out: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const p = rec + i * stride;
    let node: u32 = 0;
    for (;;) {
      const at = nodes + (<usize>node << 4);
      const left = load<u32>(at, 8);
      if (left == 0) break;
      const bin = <u32>load<u16>(p + load<u32>(at));
      const threshold = load<i32>(at, 4);
      const flags = load<u32>(at, 12);
      let isLeft: u32;
      if (bin == 65535) isLeft = flags & 1;
      else if (threshold >= 0) isLeft = <u32>(bin <= <u32>threshold);
      else if (bin >= flags >> 2) isLeft = (flags >> 1) & 1;
      else isLeft = (load<u32>(leftBits + (<usize>(<u32>(-1 - threshold) + (bin >> 5)) << 2)) >> (bin & 31)) & 1;
      node = left + 1 - isLeft;
    }
    store<u32>(out + (i << 2), node);
  }
}

/** sums[i, 0..numOutputs) += values[node of row i, 0..numOutputs). */
export function addNodeValues(
  nodeOf: usize, numRows: i32, values: usize, numOutputs: i32, sums: usize, step: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const from = values + ((<usize>load<u32>(nodeOf + (i << 2)) * <usize>numOutputs) << 3);
    const to = sums + i * step;
    for (let k: usize = 0; k < <usize>numOutputs; k++) {
      store<f64>(to + (k << 3), load<f64>(to + (k << 3)) + load<f64>(from + (k << 3)));
    }
  }
}
