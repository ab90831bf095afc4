// How much did each feature move a row's score, in one tree? SHAP values where the chance of a child is its
// share of the node's cover (S. Lundberg et al., "From local explanations to global understanding with
// explainable AI for trees", 2020).
//
// A feature i on the path to a leaf has z, the product of its children's shares, and o, 1 where the row goes
// that way at all of the feature's nodes, else 0. Its value is the sum over leaves of
//   v (o − z) ∫ Π (z_j (1 − t) + o_j t) dt over the path's other features j, t from 0 to 1,
// since ∫ t^|S| (1 − t)^(d − 1 − |S|) dt is the weight of a set S among d features. The integrand has degree
// d − 1, so a rule of n ≥ d / 2 nodes is exact; every term is positive, nothing cancels. P holds the product
// down to a node at each of the n points; G the sum of v P below it. A feature met again divides its former
// factor out: with zp, fp = zp u + t of the node where it was met before and z = zp · share,
//   kind 2, was 1, stays 1:  P · (z u + t) / fp     φ += Σ w (zp · other share) / ((z u + t) fp) · G
//   kind 1, was 1, turns 0:  P · z u / fp           φ −= Σ w / (u fp) · G
//   kind 0, was 0:           P · share              φ unchanged                                 (u = 1 − t)
//
// node, 40 bytes: uint32 slot of its feature, uint32 left child (0 at a leaf; right = left + 1), uint32 flags (1
//   missing goes left, 2 an unseen category does, 4 split by category), uint32 first word of bits, float64
//   threshold (or uint32 number of categories), float64 share of the left, float64 share of the right
// columns: float64 a row, slot by slot; NaN is missing; a category's number, negative where never seen
// rule: float64[n] t, float64[n] u, float64[n] w; n is even
// levels: uint32 a slot, zeros; which level of the path met the slot's feature last
// frames: one for each level and the root, of 64 + 48 n + 128 n (1 + numOutputs) bytes; rows go down the tree in
//   blocks of 16

const block: i32 = 16;

// a frame: float64 z; then bytes of the block: state (o of the edge to this level's node), kind (which of the
// three cases it was, 0 for the last), goes (left at this level's node); then for each kind the factor of P, for
// each kind that of φ; then P; then G of each output
const stateAt: usize = 8;
const kindAt: usize = 24;
const goesAt: usize = 40;
const coefficientsAt: usize = 64;

/**
 * out[row · rowStep + output · outputStep + 8 · slot] += the value of each feature.
 * tree: struct of uint32 addresses and lengths: nodes, bits, values, numOutputs, columns, columnStride, rule,
 * numPoints, levels, frames, frameBytes, rowStep, outputStep, out, and two words of scratch.
 */
export function explainTree(tree: usize, numRows: i32): void {
  const n = load<i32>(tree, 28);
  const frames = <usize>load<u32>(tree, 36);
  const p = frames + coefficientsAt + 48 * <usize>n;
  for (let first: i32 = 0; first < numRows; first += block) {
    store<u32>(tree, first, 56);
    store<u32>(tree, min(block, numRows - first), 60);
    store<f64>(frames, 1);
    memory.fill(frames + stateAt, 1, block);
    for (let i: usize = 0; i < <usize>(block * n) << 3; i += 8) store<f64>(p + i, 1);
    visit(tree, 0, 0);
  }
}

function visit(tree: usize, node: u32, level: u32): void {
  const frameBytes = <usize>load<u32>(tree, 40);
  const rows = <usize>load<u32>(tree, 60);
  const nodes = <usize>load<u32>(tree);
  const frames = <usize>load<u32>(tree, 36);
  const frame = frames + <usize>level * frameBytes;
  const child = frame + frameBytes;
  const at = nodes + <usize>node * 40;
  const met = <usize>load<u32>(tree, 32) + (<usize>load<u32>(at) << 2);
  const before = load<u32>(met);
  const former = frames + <usize>before * frameBytes;
  decide(tree, at, frame);
  store<u32>(met, level + 1);
  for (let side: u32 = 0; side < 2; side++) {
    const share = load<f64>(at + (<usize>side << 3), 24);
    prepare(tree, frame, load<f64>(former), share, load<f64>(at + (<usize>(1 - side) << 3), 24));
    for (let row: usize = 0; row < rows; row++) {
      const was = <u32>load<u8>(former + stateAt + row);
      const kind = was << (<u32>load<u8>(frame + goesAt + row) ^ side);
      store<u8>(child + kindAt + row, <u8>kind);
      store<u8>(child + stateAt + row, <u8>(kind >> 1));
    }
    const below = load<u32>(at, 4) + side;
    if (load<u32>(nodes + <usize>below * 40, 4) == 0) {
      endAtLeaf(tree, at, frame, side, below);
    } else {
      store<f64>(child, load<f64>(former) * share);
      descend(tree, frame);
      visit(tree, below, level + 1);
      collect(tree, at, frame, side);
    }
  }
  store<u32>(met, before);
}

/** The products of a child from those of its node. */
function descend(tree: usize, frame: usize): void {
  const rowBytes = <usize>load<u32>(tree, 28) << 3;
  const frameBytes = <usize>load<u32>(tree, 40);
  const rows = <usize>load<u32>(tree, 60);
  const factors = frame + coefficientsAt;
  const kinds = frame + frameBytes + kindAt;
  let p = factors + 6 * rowBytes;
  for (let row: usize = 0; row < rows; row++, p += rowBytes) {
    const r = factors + <usize>load<u8>(kinds + row) * rowBytes;
    const to = p + frameBytes;
    for (let i: usize = 0; i < rowBytes; i += 16) {
      v128.store(to + i, f64x2.mul(v128.load(p + i), v128.load(r + i)));
    }
  }
}

/** A child that is a leaf, in one go. */
function endAtLeaf(tree: usize, at: usize, frame: usize, side: u32, leaf: u32): void {
  const rowBytes = <usize>load<u32>(tree, 28) << 3;
  const numOutputs = <usize>load<u32>(tree, 12);
  const frameBytes = <usize>load<u32>(tree, 40);
  const rows = <usize>load<u32>(tree, 60);
  const rowStep = <usize>load<u32>(tree, 44);
  const factors = frame + coefficientsAt;
  const kinds = frame + frameBytes + kindAt;
  const start = factors + 6 * rowBytes;
  const values = <usize>load<u32>(tree, 8) + ((<usize>leaf * numOutputs) << 3);
  let phis = <usize>load<u32>(tree, 52) + <usize>load<u32>(tree, 56) * rowStep + (<usize>load<u32>(at) << 3);
  let g = start;
  for (let k: usize = 0; k < numOutputs; k++) {
    g += <usize>block * rowBytes;
    const v = v128.load64_splat(values + (k << 3));
    let p = start;
    let to = g;
    let phi = phis;
    for (let row: usize = 0; row < rows; row++, p += rowBytes, to += rowBytes, phi += rowStep) {
      const r = factors + <usize>load<u8>(kinds + row) * rowBytes;
      const d = r + 3 * rowBytes;
      let sum = f64x2.splat(0);
      for (let i: usize = 0; i < rowBytes; i += 16) {
        const x = f64x2.mul(v, f64x2.mul(v128.load(p + i), v128.load(r + i)));
        sum = f64x2.add(sum, f64x2.mul(v128.load(d + i), x));
        v128.store(to + i, side == 0 ? x : f64x2.add(v128.load(to + i), x));
      }
      store<f64>(phi, load<f64>(phi) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    }
    phis += <usize>load<u32>(tree, 48);
  }
}

/** Adds to φ what the sums of a child say, and to the node's sums the child's. */
function collect(tree: usize, at: usize, frame: usize, side: u32): void {
  const rowBytes = <usize>load<u32>(tree, 28) << 3;
  const numOutputs = <usize>load<u32>(tree, 12);
  const frameBytes = <usize>load<u32>(tree, 40);
  const rows = <usize>load<u32>(tree, 60);
  const rowStep = <usize>load<u32>(tree, 44);
  const factors = frame + coefficientsAt + 3 * rowBytes;
  const kinds = frame + frameBytes + kindAt;
  let phis = <usize>load<u32>(tree, 52) + <usize>load<u32>(tree, 56) * rowStep + (<usize>load<u32>(at) << 3);
  let g = frame + coefficientsAt + 6 * rowBytes;
  for (let k: usize = 0; k < numOutputs; k++) {
    g += <usize>block * rowBytes;
    let to = g;
    let phi = phis;
    for (let row: usize = 0; row < rows; row++, to += rowBytes, phi += rowStep) {
      const d = factors + <usize>load<u8>(kinds + row) * rowBytes;
      const from = to + frameBytes;
      let sum = f64x2.splat(0);
      for (let i: usize = 0; i < rowBytes; i += 16) {
        const x = v128.load(from + i);
        sum = f64x2.add(sum, f64x2.mul(v128.load(d + i), x));
        v128.store(to + i, side == 0 ? x : f64x2.add(v128.load(to + i), x));
      }
      store<f64>(phi, load<f64>(phi) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    }
    phis += <usize>load<u32>(tree, 48);
  }
}

/** The factors of P and those of φ, for each of the three cases. */
function prepare(tree: usize, frame: usize, zp: f64, share: f64, other: f64): void {
  const bytes = <usize>load<u32>(tree, 28) << 3;
  const rule = <usize>load<u32>(tree, 24);
  const vzp = f64x2.splat(zp);
  const vz = f64x2.splat(zp * share);
  const vrest = f64x2.splat(zp * other);
  const vshare = f64x2.splat(share);
  const zero = f64x2.splat(0);
  let to = frame + coefficientsAt;
  for (let i: usize = 0; i < bytes; i += 16, to += 16) {
    const t = v128.load(rule + i);
    const u = v128.load(rule + bytes + i);
    const w = v128.load(rule + 2 * bytes + i);
    const fp = f64x2.add(f64x2.mul(vzp, u), t);
    const out = f64x2.mul(vz, u);
    const f = f64x2.add(out, t);
    v128.store(to, vshare);
    v128.store(to + bytes, f64x2.div(out, fp));
    v128.store(to + 2 * bytes, f64x2.div(f, fp));
    v128.store(to + 3 * bytes, zero);
    v128.store(to + 4 * bytes, f64x2.neg(f64x2.div(w, f64x2.mul(u, fp))));
    v128.store(to + 5 * bytes, f64x2.div(f64x2.mul(w, vrest), f64x2.mul(f, fp)));
  }
}

/** Which rows of the block go left at a node. */
function decide(tree: usize, at: usize, frame: usize): void {
  const rows = <usize>load<u32>(tree, 60);
  const flags = load<u32>(at, 8);
  const column = <usize>load<u32>(tree, 16) + <usize>load<u32>(at) * <usize>load<u32>(tree, 20)
    + (<usize>load<u32>(tree, 56) << 3);
  const goes = frame + goesAt;
  if ((flags & 4) == 0) {
    const threshold = load<f64>(at, 16);
    for (let row: usize = 0; row < rows; row++) {
      const x = load<f64>(column + (row << 3));
      store<u8>(goes + row, x != x ? <u8>(flags & 1) : <u8>(x <= threshold));
    }
    return;
  }
  const words = <usize>load<u32>(tree, 4) + (<usize>load<u32>(at, 12) << 2);
  const count = <f64>load<u32>(at, 16);
  for (let row: usize = 0; row < rows; row++) {
    const x = load<f64>(column + (row << 3));
    let isLeft: u32;
    if (x != x) isLeft = flags & 1;
    else if (!(x >= 0 && x < count)) isLeft = (flags >> 1) & 1;
    else {
      const c = <u32>x;
      isLeft = (load<u32>(words + (<usize>(c >> 5) << 2)) >> (c & 31)) & 1;
    }
    store<u8>(goes + row, <u8>isLeft);
  }
}
