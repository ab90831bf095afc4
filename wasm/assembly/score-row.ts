// Scores one row: walks every tree on the thresholds themselves, eight trees at a time, and adds the leaves'
// values tree by tree, in their order.
//
// slots: float64, slot 0 is −Infinity; a feature's value has one slot where a missing value is NaN (goes right:
//   NaN <= threshold is false) and one where it is −Infinity (goes left)
// node: float64 threshold, uint32 offset of its slot, uint32 address of the left child; the right one follows
//   a leaf compares slot 0 with its value and so stays where it is; with several values a leaf, the value is
//   the leaf's number in leafValues
// plain nodes have 16 bytes; mixed ones 32: then uint32 address of the node's bits, one a code, 1 = left.
//   codes: int32 for every slot, 0 for numbers, whose bits are a zero word; a category node's threshold is
//   −Infinity, and its slot holds 0
// roots: uint32 addresses, a multiple of eight; those beyond the trees are leaves of value 0

export function scoreRow(
  slots: usize, codes: usize, roots: usize, numRoots: i32, leafValues: usize, numOutputs: i32, sums: usize,
): void {
  const end = roots + (<usize>numRoots << 2);
  const last = sums + (<usize>numOutputs << 3);
  let to = sums;
  for (let r = roots; r < end; r += 32) {
    let a = <usize>load<u32>(r), b = <usize>load<u32>(r, 4), c = <usize>load<u32>(r, 8), d = <usize>load<u32>(r, 12);
    let e = <usize>load<u32>(r, 16), f = <usize>load<u32>(r, 20), g = <usize>load<u32>(r, 24), h = <usize>load<u32>(r, 28);
    for (;;) {
      const wa = load<u64>(a, 8), wb = load<u64>(b, 8), wc = load<u64>(c, 8), wd = load<u64>(d, 8);
      const we = load<u64>(e, 8), wf = load<u64>(f, 8), wg = load<u64>(g, 8), wh = load<u64>(h, 8);
      if (<u32>(wa | wb | wc | wd | we | wf | wg | wh) == 0) break;
      // two steps a look: a row at its leaf stays there
      if (codes == 0) {
        a = next(a, wa, slots); b = next(b, wb, slots); c = next(c, wc, slots); d = next(d, wd, slots);
        e = next(e, we, slots); f = next(f, wf, slots); g = next(g, wg, slots); h = next(h, wh, slots);
        a = next(a, load<u64>(a, 8), slots); b = next(b, load<u64>(b, 8), slots);
        c = next(c, load<u64>(c, 8), slots); d = next(d, load<u64>(d, 8), slots);
        e = next(e, load<u64>(e, 8), slots); f = next(f, load<u64>(f, 8), slots);
        g = next(g, load<u64>(g, 8), slots); h = next(h, load<u64>(h, 8), slots);
      } else {
        a = nextMixed(a, wa, slots, codes); b = nextMixed(b, wb, slots, codes);
        c = nextMixed(c, wc, slots, codes); d = nextMixed(d, wd, slots, codes);
        e = nextMixed(e, we, slots, codes); f = nextMixed(f, wf, slots, codes);
        g = nextMixed(g, wg, slots, codes); h = nextMixed(h, wh, slots, codes);
      }
    }
    if (leafValues != 0) {
      addLeaf(a, leafValues, numOutputs, sums); addLeaf(b, leafValues, numOutputs, sums);
      addLeaf(c, leafValues, numOutputs, sums); addLeaf(d, leafValues, numOutputs, sums);
      addLeaf(e, leafValues, numOutputs, sums); addLeaf(f, leafValues, numOutputs, sums);
      addLeaf(g, leafValues, numOutputs, sums); addLeaf(h, leafValues, numOutputs, sums);
    } else if (numOutputs == 1) {
      store<f64>(sums, load<f64>(sums) + load<f64>(a) + load<f64>(b) + load<f64>(c) + load<f64>(d)
        + load<f64>(e) + load<f64>(f) + load<f64>(g) + load<f64>(h));
    } else {
      to = addTo(to, a, sums, last); to = addTo(to, b, sums, last); to = addTo(to, c, sums, last);
      to = addTo(to, d, sums, last); to = addTo(to, e, sums, last); to = addTo(to, f, sums, last);
      to = addTo(to, g, sums, last); to = addTo(to, h, sums, last);
    }
  }
}

function next(node: usize, word: u64, slots: usize): usize {
  const isRight = <usize>!(load<f64>(slots + <usize>word) <= load<f64>(node));
  return <usize>(word >> 32) + (isRight << 4);
}

function nextMixed(node: usize, word: u64, slots: usize, codes: usize): usize {
  const slot = <usize>word;
  const code = load<u32>(codes + (slot >> 1));
  const bits = load<u32>(<usize>load<u32>(node, 16) + ((code >> 5) << 2));
  const isLeft = <u32>(load<f64>(slots + slot) <= load<f64>(node)) | ((bits >> (code & 31)) & 1);
  return <usize>(word >> 32) + ((1 - <usize>isLeft) << 5);
}

function addTo(to: usize, leaf: usize, sums: usize, last: usize): usize {
  store<f64>(to, load<f64>(to) + load<f64>(leaf));
  return to + 8 == last ? sums : to + 8;
}

function addLeaf(leaf: usize, leafValues: usize, numOutputs: i32, sums: usize): void {
  const from = leafValues + ((<usize>load<f64>(leaf) * <usize>numOutputs) << 3);
  for (let k: usize = 0; k < <usize>numOutputs; k++) {
    store<f64>(sums + (k << 3), load<f64>(sums + (k << 3)) + load<f64>(from + (k << 3)));
  }
}
