// Walks binned rows down the trees of a model and adds the leaves' values to each row's sums.
//
// narrow: one byte a feature, missing is 255; nodes of 8 bytes:
//   uint16 offset in the record, uint8 shift, uint8 bin; uint32 left child (right = left + 1)
//   right when ((byte + shift) & 255) > bin: shift 0 sends missing right, shift 1 (and bin + 1) left
//   a leaf is its own left child with bin 255; its value stands at values[node]
// general: two bytes a feature, 16 bytes a node, category splits by bits, see findNodes

export function predictNarrow(
  rec: usize, stride: usize, numRows: i32, nodes: usize, values: usize, depth: i32, sums: usize, step: usize,
): void {
  let i: i32 = 0;
  for (; i + 8 <= numRows; i += 8) {
    const p = rec + <usize>i * stride;
    const p1 = p + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    const p4 = p3 + stride;
    const p5 = p4 + stride;
    const p6 = p5 + stride;
    const p7 = p6 + stride;
    let a: u32 = 0, b: u32 = 0, c: u32 = 0, d: u32 = 0, e: u32 = 0, f: u32 = 0, g: u32 = 0, h: u32 = 0;
    for (let k: i32 = 0; k < depth; k++) {
      a = walk(nodes, p, a);
      b = walk(nodes, p1, b);
      c = walk(nodes, p2, c);
      d = walk(nodes, p3, d);
      e = walk(nodes, p4, e);
      f = walk(nodes, p5, f);
      g = walk(nodes, p6, g);
      h = walk(nodes, p7, h);
    }
    let s = sums + <usize>i * step;
    add(s, values, a); s += step;
    add(s, values, b); s += step;
    add(s, values, c); s += step;
    add(s, values, d); s += step;
    add(s, values, e); s += step;
    add(s, values, f); s += step;
    add(s, values, g); s += step;
    add(s, values, h);
  }
  for (; i < numRows; i++) {
    let a: u32 = 0;
    for (let k: i32 = 0; k < depth; k++) a = walk(nodes, rec + <usize>i * stride, a);
    add(sums + <usize>i * step, values, a);
  }
}

function walk(nodes: usize, record: usize, node: u32): u32 {
  const w = load<u64>(nodes + (<usize>node << 3));
  const byte = <u32>load<u8>(record + <usize>(w & 0xffff));
  const moved = (byte + (<u32>(w >> 16) & 255)) & 255;
  return <u32>(w >> 32) + <u32>(moved > (<u32>(w >> 24) & 255));
}

function add(at: usize, values: usize, node: u32): void {
  store<f64>(at, load<f64>(at) + load<f64>(values + (<usize>node << 3)));
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
