// From rows to leaves and back: which leaf each row lies in, sums over a leaf that no order can change,
// and the scores. leafOf: uint32 a row; its top bit says that the row was not drawn for this tree.

/** leafOf[ids[i]] = leaf; ids 0 means rows firstId + i. */
export function markLeaf(ids: usize, firstId: i32, numRows: i32, leaf: u32, leafOf: usize): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const id = ids ? <usize>load<u32>(ids + (i << 2)) : <usize>firstId + i;
    store<u32>(leafOf + (id << 2), leaf);
  }
}

/**
 * Adds each drawn row's g and h to its leaf in fixed point: four int64 a leaf, whole and fraction (2^-32)
 * of g · gradScale, then of h · hessScale.
 */
export function leafSums(
  leafOf: usize, grads: usize, hesses: usize, numRows: i32, gradScale: f64, hessScale: f64, sums: usize,
): void {
  const gradScales = f64x2.splat(gradScale);
  const hessScales = f64x2.splat(hessScale);
  const most = f64x2.splat(2251799813685248.0);
  const fractions = f64x2.splat(4294967296.0);
  const whole = <usize>numRows & ~1;
  let i: usize = 0;
  if (whole) {
    do {
      const first = load<u32>(leafOf + (i << 2));
      const second = load<u32>(leafOf + (i << 2), 4);
      const g = f64x2.mul(v128.load(grads + (i << 3)), gradScales);
      const h = f64x2.mul(v128.load(hesses + (i << 3)), hessScales);
      // the scales of a fit bring both under 2^51
      const fits = v128.and(f64x2.lt(f64x2.abs(g), most), f64x2.lt(f64x2.abs(h), most));
      if (((first | second) & 0x80000000) == 0 && i64x2.bitmask(fits) == 3) {
        const floorG = f64x2.floor(g);
        const floorH = f64x2.floor(h);
        const wholeG = wholeBits(floorG);
        const wholeH = wholeBits(floorH);
        const restG = wholeBits(f64x2.floor(f64x2.mul(f64x2.sub(g, floorG), fractions)));
        const restH = wholeBits(f64x2.floor(f64x2.mul(f64x2.sub(h, floorH), fractions)));
        let at = sums + (<usize>first << 5);
        v128.store(at, i64x2.add(v128.load(at), v128.shuffle<i64>(wholeG, restG, 0, 2)));
        v128.store(at, i64x2.add(v128.load(at, 16), v128.shuffle<i64>(wholeH, restH, 0, 2)), 16);
        at = sums + (<usize>second << 5);
        v128.store(at, i64x2.add(v128.load(at), v128.shuffle<i64>(wholeG, restG, 1, 3)));
        v128.store(at, i64x2.add(v128.load(at, 16), v128.shuffle<i64>(wholeH, restH, 1, 3)), 16);
      } else {
        addRow(first, f64x2.extract_lane(g, 0), f64x2.extract_lane(h, 0), sums);
        addRow(second, f64x2.extract_lane(g, 1), f64x2.extract_lane(h, 1), sums);
      }
      i += 2;
    } while (i < whole);
  }
  if (<usize>numRows == whole) return;
  addRow(load<u32>(leafOf + (i << 2)), load<f64>(grads + (i << 3)) * gradScale, load<f64>(hesses + (i << 3)) * hessScale, sums);
}

function addRow(leaf: u32, grad: f64, hess: f64, sums: usize): void {
  if (leaf & 0x80000000) return;
  const at = sums + (<usize>leaf << 5);
  addFixed(at, grad);
  addFixed(at + 16, hess);
}

// whole numbers under 2^51 as int64: the low bits of 1.5 · 2^52 + x hold x
// @ts-ignore: decorator
@inline
function wholeBits(x: v128): v128 {
  return i64x2.sub(f64x2.add(x, f64x2.splat(6755399441055744.0)), i64x2.splat(0x4338000000000000));
}

function addFixed(at: usize, value: f64): void {
  const whole = Math.floor(value);
  store<i64>(at, load<i64>(at) + <i64>whole);
  store<i64>(at, load<i64>(at, 8) + <i64>((value - whole) * 4294967296.0), 8);
}

/** The same for the rows of one leaf of a forest: count · value and count · weight; ids are `step` bytes apart. */
export function leafTotals(
  ids: usize, step: usize, numRows: i32, counts: usize, labels: usize, weights: usize, labelScale: f64, weightScale: f64,
  sums: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const id = <usize>load<u32>(ids + i * step);
    const w = (weights ? load<f64>(weights + (id << 3)) : 1.0) * <f64>load<u8>(counts + id);
    addFixed(sums, load<f64>(labels + (id << 3)) * w * labelScale);
    addFixed(sums + 16, w * weightScale);
  }
}

/** scores[i] += values[leafOf[i]], drawn or not. */
export function addLeafValues(leafOf: usize, values: usize, scores: usize, numRows: i32): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const leaf = load<u32>(leafOf + (i << 2)) & 0x7fffffff;
    const at = scores + (i << 3);
    store<f64>(at, load<f64>(at) + load<f64>(values + (<usize>leaf << 3)));
  }
}

/**
 * Walks each record down a tree. nodes: 16 bytes each, uint32: offset in the record and width << 24 (or
 * 0xffffffff at a leaf), address of goesLeft (at a leaf: its index), left child, right child.
 * flag is or-ed into the leaf's index. onlyFlagged walks only rows whose leafOf has the top bit.
 */
export function findLeaves(
  rec: usize, stride: usize, numRows: i32, nodes: usize, flag: u32, onlyFlagged: i32, leafOf: usize,
): void {
  for (let i: usize = 0; i < <usize>numRows; i++) {
    if (onlyFlagged && !(load<u32>(leafOf + (i << 2)) & 0x80000000)) continue;
    const p = rec + i * stride;
    let node = nodes;
    let place = load<u32>(node);
    while (place != 0xffffffff) {
      const at = p + (place & 0xffffff);
      const bin = place >> 24 == 1 ? <usize>load<u8>(at) : <usize>load<u16>(at);
      node = nodes + (<usize>(load<u8>(<usize>load<u32>(node, 4) + bin) ? load<u32>(node, 8) : load<u32>(node, 12)) << 4);
      place = load<u32>(node);
    }
    store<u32>(leafOf + (i << 2), load<u32>(node, 4) | flag);
  }
}
