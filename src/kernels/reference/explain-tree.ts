/**
 * How much did each feature move a row's score, in one tree? The twin of wasm/assembly/explain-tree.ts, which
 * has the formulas and draws node, frame and struct.
 */
import type { Views } from './views.ts';

const block = 16;
const stateAt = 8;
const kindAt = 24;
const goesAt = 40;
const coefficientsAt = 64;

/** The struct's fields, read once. */
interface Tree {
  readonly nodes: number;
  readonly bits: number;
  readonly values: number;
  readonly numOutputs: number;
  readonly columns: number;
  readonly columnStride: number;
  readonly rule: number;
  readonly n: number;
  readonly levels: number;
  readonly frames: number;
  readonly frameBytes: number;
  readonly rowStep: number;
  readonly outputStep: number;
  readonly out: number;
  first: number;
  rows: number;
}

/** Adds each feature's value to out, block by block. */
export function explainTree(m: Views, tree: number, numRows: number): void {
  const word = (at: number): number => m.u32(tree + at);
  const n = word(28);
  const t: Tree = {
    nodes: word(0),
    bits: word(4),
    values: word(8),
    numOutputs: word(12),
    columns: word(16),
    columnStride: word(20),
    rule: word(24),
    n,
    levels: word(32),
    frames: word(36),
    frameBytes: word(40),
    rowStep: word(44),
    outputStep: word(48),
    out: word(52),
    first: 0,
    rows: 0,
  };
  const p = t.frames + coefficientsAt + 48 * n;
  for (let first = 0; first < numRows; first += block) {
    t.first = first;
    t.rows = Math.min(block, numRows - first);
    m.setU32(tree + 56, t.first);
    m.setU32(tree + 60, t.rows);
    m.setF64(t.frames, 1);
    for (let i = 0; i < block; i++) m.setU8(t.frames + stateAt + i, 1);
    for (let i = 0; i < block * n; i++) m.setF64(p + 8 * i, 1);
    visit(m, t, 0, 0);
  }
}

function visit(m: Views, t: Tree, node: number, level: number): void {
  const { frames, frameBytes } = t;
  const frame = frames + level * frameBytes;
  const child = frame + frameBytes;
  const at = t.nodes + node * 40;
  const met = t.levels + 4 * m.u32(at);
  const before = m.u32(met);
  const former = frames + before * frameBytes;
  decide(m, t, at, frame);
  m.setU32(met, level + 1);
  for (let side = 0; side < 2; side++) {
    const share = m.f64(at + 24 + 8 * side);
    prepare(m, t, frame, [m.f64(former), share, m.f64(at + 32 - 8 * side)]);
    for (let row = 0; row < t.rows; row++) {
      const kind = m.u8(former + stateAt + row) << (m.u8(frame + goesAt + row) ^ side);
      m.setU8(child + kindAt + row, kind);
      m.setU8(child + stateAt + row, kind >> 1);
    }
    const below = m.u32(at + 4) + side;
    if (m.u32(t.nodes + below * 40 + 4) === 0) {
      collect(m, t, { at, frame, side }, (k, row, i) => {
        const value = m.f64(t.values + 8 * (below * t.numOutputs + k));
        return value * productBelow(m, t, frame, [row, i]);
      });
    } else {
      m.setF64(child, m.f64(former) * share);
      for (let row = 0; row < t.rows; row++) {
        for (let i = 0; i < t.n; i++) {
          const to = child + coefficientsAt + 8 * (t.n * (6 + row) + i);
          m.setF64(to, productBelow(m, t, frame, [row, i]));
        }
      }
      visit(m, t, below, level + 1);
      const sums = child + coefficientsAt + 8 * t.n * (6 + block);
      collect(m, t, { at, frame, side }, (k, row, i) =>
        m.f64(sums + 8 * (t.n * (k * block + row) + i)),
      );
    }
  }
  m.setU32(met, before);
}

/** P of the child that was prepared last. */
function productBelow(
  m: Views,
  { n, frameBytes }: Tree,
  frame: number,
  [row, i]: readonly [number, number],
): number {
  const kind = m.u8(frame + frameBytes + kindAt + row);
  const factors = frame + coefficientsAt;
  return m.f64(factors + 8 * (n * (6 + row) + i)) * m.f64(factors + 8 * (n * kind + i));
}

function prepare(
  m: Views,
  { n, rule }: Tree,
  frame: number,
  [zp, share, other]: readonly [number, number, number],
): void {
  for (let i = 0; i < n; i++) {
    const t = m.f64(rule + 8 * i);
    const u = m.f64(rule + 8 * (n + i));
    const w = m.f64(rule + 8 * (2 * n + i));
    const fp = zp * u + t;
    const out = zp * share * u;
    const f = out + t;
    const to = frame + coefficientsAt + 8 * i;
    m.setF64(to, share);
    m.setF64(to + 8 * n, out / fp);
    m.setF64(to + 16 * n, f / fp);
    m.setF64(to + 24 * n, 0);
    m.setF64(to + 32 * n, -(w / (u * fp)));
    m.setF64(to + 40 * n, (w * (zp * other)) / (f * fp));
  }
}

/** Adds a child's sums to the node's, and to the feature's value what they say of it. */
function collect(
  m: Views,
  t: Tree,
  { at, frame, side }: { at: number; frame: number; side: number },
  sumBelow: (k: number, row: number, i: number) => number,
): void {
  const { n } = t;
  const factors = frame + coefficientsAt;
  for (let k = 0; k < t.numOutputs; k++) {
    for (let row = 0; row < t.rows; row++) {
      const d = factors + 8 * n * (3 + m.u8(frame + t.frameBytes + kindAt + row));
      const to = factors + 8 * n * (6 + block * (1 + k) + row);
      // two sums, as the lanes of a vector hold them
      const lanes = [0, 0];
      for (let i = 0; i < n; i++) {
        const below = sumBelow(k, row, i);
        lanes[i & 1] = (lanes[i & 1] as number) + m.f64(d + 8 * i) * below;
        m.setF64(to + 8 * i, side === 0 ? below : m.f64(to + 8 * i) + below);
      }
      const phi = t.out + (t.first + row) * t.rowStep + k * t.outputStep + 8 * m.u32(at);
      m.setF64(phi, m.f64(phi) + ((lanes[0] as number) + (lanes[1] as number)));
    }
  }
}

function decide(m: Views, t: Tree, at: number, frame: number): void {
  const flags = m.u32(at + 8);
  const column = t.columns + m.u32(at) * t.columnStride + 8 * t.first;
  for (let row = 0; row < t.rows; row++) {
    const x = m.f64(column + 8 * row);
    m.setU8(frame + goesAt + row, valueGoesLeft(m, t, at, { flags, x }) ? 1 : 0);
  }
}

function valueGoesLeft(
  m: Views,
  { bits }: Tree,
  at: number,
  { flags, x }: { flags: number; x: number },
): boolean {
  if (Number.isNaN(x)) return (flags & 1) !== 0;
  if ((flags & 4) === 0) return x <= m.f64(at + 16);
  if (!(x >= 0 && x < m.u32(at + 16))) return (flags & 2) !== 0;
  const word = m.u32(bits + 4 * (m.u32(at + 12) + (x >> 5)));
  return ((word >>> (x & 31)) & 1) !== 0;
}
