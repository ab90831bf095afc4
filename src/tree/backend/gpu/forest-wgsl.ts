/**
 * The shader that adds rows to the histograms of a forest's nodes: each node has its own few features, so the work
 * is a list of (chunk of a node's rows, run of its features). Entries are those of the CPU's forest kernels:
 *
 *   number        int64 x; int64 (rows << countShift) + h           x, h: target · weight and weight, as drawn
 *   two classes   int64 x; int64 (rows << 36) + h                   x: weight of the second class
 *   classes       int64 (rows << 36) + h, one a class
 *
 *   work      uint32[4]: first row, row behind the last, first feature of the run, the one behind its last; as many
 *             lines as there are workgroups, the last ones empty
 *   features  uint32[4]: offset · 2 + (1: two bytes), first word in `hist`, first entry in the workgroup, entries
 *
 * A workgroup adds up in its own memory and flushes what is not 0; features that do not fit there (their first
 * entry is `direct`) are added to the node's entries at once, by 64-bit additions of two halves with a carry.
 */
import type { ForestKind } from '../cpu/forest-plan.ts';
import { rangeOfRows, wideAtomics, workgroupSize } from './shader-facts.ts';

/** First entry of features that do not fit a workgroup's memory. */
export const direct = 0xffffffff;

/** Workgroups side by side; more go into a second dimension. */
export const mostGroupsAcross = 32_768;

/** Sizes that do not change in a fit. */
export interface ForestShaderFacts {
  readonly kind: ForestKind;
  readonly numClasses: number;
  readonly countShift: number;
  /** Bytes of a record. */
  readonly stride: number;
  /** Entries that a workgroup has room for. */
  readonly groupEntries: number;
}

/** Words of an entry in a workgroup's memory: two 64-bit sums, x, h and rows, or h and rows of each class. */
export function forestFields({ kind, numClasses }: Pick<ForestShaderFacts, 'kind' | 'numClasses'>) {
  if (kind === 'number') return 4;
  return kind === 'two classes' ? 3 : 2 * numClasses;
}

/** The shader; entry point `forestHistogram`, one workgroup for each line of the list. */
export function forestHistogramShader(facts: ForestShaderFacts): string {
  const { kind, stride, groupEntries } = facts;
  const fields = forestFields(facts);
  return `
const WG = ${workgroupSize}u;
const STRIDE = ${stride / 4}u;
const FIELDS = ${fields}u;
const DIRECT = ${direct}u;
@group(0) @binding(0) var<storage, read> records: array<u32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> work: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> features: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> hist: array<atomic<u32>>;
var<workgroup> sums: array<atomic<u32>, ${Math.max(1, groupEntries) * fields}>;

${rangeOfRows(6)}${wideAtomics('addToNode', 'hist')}
${kind === 'number' ? numberSums(facts.countShift) : kind === 'two classes' ? pairSums : classSums}
@compute @workgroup_size(${workgroupSize})
fn forestHistogram(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) across: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let part = work[workgroup.x + workgroup.y * across.x];
  if (part.x >= part.y) { return; }
  let last = features[part.w - 1u];
  let fits = last.z != DIRECT;
  let numEntries = select(0u, last.z + last.w, fits);
  for (var k = lane; k < numEntries * FIELDS; k += WG) { atomicStore(&sums[k], 0u); }
  workgroupBarrier();
  for (var j = part.x + lane; j < part.y; j += WG) {
    let row = rows[j];
    if (!isHere(row)) { continue; }
    let slot = ${kind === 'number' ? 'vec2<u32>(slots[2u * row], slots[2u * row + 1u])' : 'slots[row]'};
    for (var f = part.z; f < part.w; f++) {
      let feature = features[f];
      let offset = feature.x >> 1u;
      let word = records[(row - range.x) * STRIDE + (offset >> 2u)] >> ((offset & 3u) * 8u);
      let bin = word & select(0xffu, 0xffffu, (feature.x & 1u) == 1u);
      if (fits) {
        addToGroup((feature.z + bin) * FIELDS, slot);
      } else {
        addDirectly(feature.y, bin, slot);
      }
    }
  }
  workgroupBarrier();
  if (!fits) { return; }
  for (var f = part.z; f < part.w; f++) {
    let feature = features[f];
    for (var k = lane; k < feature.w; k += WG) { flush((feature.z + k) * FIELDS, feature.y, k); }
  }
}
`;
}

/** x and h have up to 31 bits, so that sums of a chunk need 64. */
function numberSums(countShift: number): string {
  const one =
    countShift >= 32
      ? `vec2<u32>(0u, ${2 ** (countShift - 32)}u)`
      : `vec2<u32>(${2 ** countShift}u, 0u)`;
  return `
const ONE_ROW = ${one};
${wideAtomics('addWide', 'sums')}fn extended(x: u32) -> vec2<u32> { return vec2<u32>(x, select(0u, 0xffffffffu, bitcast<i32>(x) < 0)); }
fn withRow(h: u32) -> vec2<u32> {
  let low = h + ONE_ROW.x;
  return vec2<u32>(low, ONE_ROW.y + select(0u, 1u, low < h));
}
fn addToGroup(at: u32, slot: vec2<u32>) {
  addWide(at, extended(slot.x));
  addWide(at + 2u, withRow(slot.y));
}
fn addDirectly(first: u32, bin: u32, slot: vec2<u32>) {
  addToNode(first + 4u * bin, extended(slot.x));
  addToNode(first + 4u * bin + 2u, withRow(slot.y));
}
fn flush(at: u32, first: u32, bin: u32) {
  let h = vec2<u32>(atomicLoad(&sums[at + 2u]), atomicLoad(&sums[at + 3u]));
  if (h.x == 0u && h.y == 0u) { return; }
  addToNode(first + 4u * bin, vec2<u32>(atomicLoad(&sums[at]), atomicLoad(&sums[at + 1u])));
  addToNode(first + 4u * bin + 2u, h);
}
`;
}

/** Weights have 16 bits at most, so that sums of 32,768 rows fit 32. */
const pairSums = `
fn addToGroup(at: u32, slot: u32) {
  let weight = slot & 0xffffu;
  atomicAdd(&sums[at], (slot >> 16u) * weight);
  atomicAdd(&sums[at + 1u], weight);
  atomicAdd(&sums[at + 2u], 1u);
}
fn addDirectly(first: u32, bin: u32, slot: u32) {
  let weight = slot & 0xffffu;
  addToNode(first + 4u * bin, vec2<u32>((slot >> 16u) * weight, 0u));
  addToNode(first + 4u * bin + 2u, vec2<u32>(weight, 16u));
}
fn flush(at: u32, first: u32, bin: u32) {
  let numRows = atomicLoad(&sums[at + 2u]);
  if (numRows == 0u) { return; }
  addToNode(first + 4u * bin, vec2<u32>(atomicLoad(&sums[at]), 0u));
  addToNode(first + 4u * bin + 2u, vec2<u32>(atomicLoad(&sums[at + 1u]), numRows << 4u));
}
`;

const classSums = `
const CLASSES = FIELDS / 2u;
fn addToGroup(at: u32, slot: u32) {
  let field = at + 2u * (slot >> 16u);
  atomicAdd(&sums[field], slot & 0xffffu);
  atomicAdd(&sums[field + 1u], 1u);
}
fn addDirectly(first: u32, bin: u32, slot: u32) {
  addToNode(first + 2u * (bin * CLASSES + (slot >> 16u)), vec2<u32>(slot & 0xffffu, 16u));
}
fn flush(at: u32, first: u32, bin: u32) {
  for (var k = 0u; k < CLASSES; k++) {
    let numRows = atomicLoad(&sums[at + 2u * k + 1u]);
    if (numRows != 0u) {
      let h = vec2<u32>(atomicLoad(&sums[at + 2u * k]), numRows << 4u);
      addToNode(first + 2u * (bin * CLASSES + k), h);
    }
  }
}
`;
