/**
 * The shader that adds rows to histograms. A workgroup takes a chunk of a node's rows and a group of features,
 * adds them up in its own memory and flushes what is not 0 to the node's entries, which are those of the CPU:
 *
 *   entry   uint32[4]: sum of g, lower and upper half; (rows << countShift) + sum of h, lower and upper half
 *
 * 16-bit gradients of at most 32,768 rows fit 32 bits; else the workgroup's sums have 64 bits too.
 * Features whose bins do not fit the workgroup's memory are added to the node's entries at once.
 */
import {
  entryFields,
  rangeOfRows,
  type ShaderFacts,
  shaderConstants,
  wideAtomics,
  workgroupSize,
} from './shader-facts.ts';

/** The shader; entry point `histogram`, one workgroup for each (chunk, group). */
export function histogramShader(facts: ShaderFacts): string {
  const { layout, countShift, groupEntries } = facts;
  const fields = entryFields(layout, countShift);
  const isWide = fields === 4;
  return `${shaderConstants(facts)}
const CAPACITY = ${groupEntries}u;
@group(0) @binding(0) var<storage, read> records: array<u32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;
@group(0) @binding(4) var<storage, read> groups: array<vec4<u32>>;  // first place, end, first entry, entries
@group(0) @binding(5) var<storage, read> chunks: array<vec4<u32>>;  // slot, begin, end, -
@group(0) @binding(6) var<storage, read_write> hist: array<atomic<u32>>;
var<workgroup> sums: array<atomic<u32>, ${groupEntries * fields}>;

${rangeOfRows(7)}${wideAtomics('addToNode', 'hist')}
// rows << SHIFT
fn shifted(count: u32) -> vec2<u32> {
  ${countShift >= 32 ? `return vec2<u32>(0u, count << ${countShift < 63 ? countShift - 32 : 0}u);` : `return vec2<u32>(count << ${countShift}u, count >> ${32 - countShift}u);`}
}
fn plus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}
fn extended(g: i32) -> vec2<u32> { return vec2<u32>(bitcast<u32>(g), select(0u, 0xffffffffu, g < 0)); }
${isWide ? wideSums : narrowSums(fields)}
@compute @workgroup_size(${workgroupSize})
fn histogram(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = chunks[workgroup.x];
  let group = groups[workgroup.y];
  let node = chunk.x * COMPACT;
  let fits = group.w <= CAPACITY;
  if (fits) {
    for (var k = lane; k < group.w * ${fields}u; k += WG) { atomicStore(&sums[k], 0u); }
  }
  workgroupBarrier();
  for (var j = chunk.y + lane; j < chunk.z; j += WG) {
    let row = rows[j];
    if (!isHere(row)) { continue; }
    ${
      layout.slotBytes === 4
        ? `let slot = slots[row];
    let g = bitcast<i32>(slot) >> 16u;
    let h = slot & 0xffffu;`
        : `let g = bitcast<i32>(slots[2u * row]);
    let h = slots[2u * row + 1u];`
    }
    let wideH = plus(vec2<u32>(h, 0u), ${countShift < 63 ? 'shifted(1u)' : 'vec2<u32>(0u, 0u)'});
    let record = (row - range.x) * STRIDE;
    for (var p = group.x; p < group.y; p++) {
      let place = p * 8u;
      let offset = places[place + 5u];
      let word = records[record + (offset >> 2u)] >> ((offset & 3u) * 8u);
      let code = word & select(0xffu, 0xffffu, places[place + 6u] == 2u);
      let bin = select(code, places[place + 2u], code == places[place + 3u]);
      let entry = places[place + 1u] + bin;
      if (fits) {
        addToGroup((entry - group.z) * ${fields}u, g, h, wideH);
      } else {
        addToNode((node + entry) * 4u, extended(g));
        addToNode((node + entry) * 4u + 2u, wideH);
      }
    }
  }
  workgroupBarrier();
  if (fits) {
    for (var k = lane; k < group.w; k += WG) { flush(k * ${fields}u, (node + group.z + k) * 4u); }
  }
}
`;
}

const wideSums = `${wideAtomics('addWide', 'sums')}fn addToGroup(at: u32, g: i32, h: u32, wideH: vec2<u32>) {
  addWide(at, extended(g));
  addWide(at + 2u, wideH);
}
fn flush(at: u32, to: u32) {
  let h = vec2<u32>(atomicLoad(&sums[at + 2u]), atomicLoad(&sums[at + 3u]));
  if (h.x == 0u && h.y == 0u && atomicLoad(&sums[at]) == 0u && atomicLoad(&sums[at + 1u]) == 0u) { return; }
  addToNode(to, vec2<u32>(atomicLoad(&sums[at]), atomicLoad(&sums[at + 1u])));
  addToNode(to + 2u, h);
}
`;

function narrowSums(fields: number): string {
  const isCounted = fields === 3;
  return `
fn addToGroup(at: u32, g: i32, h: u32, wideH: vec2<u32>) {
  atomicAdd(&sums[at], bitcast<u32>(g));
  atomicAdd(&sums[at + 1u], h);
  ${isCounted ? 'atomicAdd(&sums[at + 2u], 1u);' : ''}
}
fn flush(at: u32, to: u32) {
  let g = bitcast<i32>(atomicLoad(&sums[at]));
  let h = atomicLoad(&sums[at + 1u]);
  let count = ${isCounted ? 'atomicLoad(&sums[at + 2u])' : '0u'};
  if (g == 0 && h == 0u && count == 0u) { return; }
  addToNode(to, extended(g));
  addToNode(to + 2u, ${isCounted ? 'plus(vec2<u32>(h, 0u), shifted(count))' : 'vec2<u32>(h, 0u)'});
}
`;
}
