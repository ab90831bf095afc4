/**
 * The shader that adds rows to histograms. A workgroup takes a chunk of a node's rows and a group of features,
 * adds them up in its own memory and flushes what is not 0 to the node's entries, which are those of the CPU:
 *
 *   entry   uint32[4]: sum of g, lower and upper half; (rows << countShift) + sum of h, lower and upper half
 *
 * 16-bit gradients of at most 32,768 rows fit 32 bits; else the workgroup's sums have 64 bits too. In the workgroup's
 * memory each field has a stretch of its own, so that neighbouring bins are in neighbouring banks.
 *
 * Where there are few features, the shader is written for them: a row's bins are read 16 or 4 bytes at a time, and
 * where a feature's bins begin is a constant. Where there are many, a table says it.
 * Features whose bins do not fit the workgroup's memory are added to the node's entries at once.
 */
import type { FeaturePlace } from '../../../binning/binned-layout.ts';
import {
  entryFields,
  rangeOfRows,
  type ShaderFacts,
  shaderConstants,
  wideAtomics,
} from './shader-facts.ts';

/** Up to so many features the shader is written for each of them. */
const mostWrittenOut = 64;

/** The shader; entry point `histogram`, one workgroup for each (chunk, group). */
export function histogramShader(facts: ShaderFacts): string {
  const { layout, countShift, groupEntries, histogramLanes } = facts;
  const fields = entryFields(layout, countShift);
  const isWide = fields === 4;
  const words = isWide ? 2 : 1;
  const isWrittenOut = layout.places.length <= mostWrittenOut;
  const isVector = isWrittenOut && layout.stride % 16 === 0;
  return `${shaderConstants(facts)}
const CAPACITY = ${groupEntries}u;
const LANES = ${histogramLanes}u;
@group(0) @binding(0) var<storage, read> records: array<${isVector ? 'vec4<u32>' : 'u32'}>;
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
fn addDirectly(at: u32, g: i32, wideH: vec2<u32>) {
  addToNode(at * 4u, extended(g));
  addToNode(at * 4u + 2u, wideH);
}
${isWide ? wideSums : narrowSums(fields)}
${isWrittenOut ? writtenOut(facts, isVector) : byTable}
@compute @workgroup_size(${histogramLanes})
fn histogram(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  // a layout has only bindings that are used
  _ = &places;
  let chunk = chunks[workgroup.x];
  if (chunk.y >= chunk.z) { return; }
  let group = groups[workgroup.y];
  let node = chunk.x * COMPACT;
  let fits = group.w <= CAPACITY;
  if (fits) {
    for (var stretch = 0u; stretch < ${fields / words}u; stretch++) {
      let begin = stretch * CAPACITY * ${words}u;
      for (var k = lane; k < group.w * ${words}u; k += LANES) { atomicStore(&sums[begin + k], 0u); }
    }
  }
  workgroupBarrier();
  // the number of the next row is asked for before this one's bins are waited for
  var next = rows[min(chunk.y + lane, chunk.z - 1u)];
  for (var j = chunk.y + lane; j < chunk.z; j += LANES) {
    let row = next;
    next = rows[min(j + LANES, chunk.z - 1u)];
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
    addRow((row - range.x) * STRIDE, workgroup.y, node, g, h, wideH);
  }
  workgroupBarrier();
  if (fits) {
    for (var k = lane; k < group.w; k += LANES) { flush(k, (node + group.z + k) * 4u); }
  }
}
`;
}

/** Each group's features one by one. */
function writtenOut(facts: ShaderFacts, isVector: boolean): string {
  const { layout, groups, groupEntries } = facts;
  const functions: string[] = [];
  for (let k = 0; k < groups.length / 4; k++) {
    const [first = 0, end = 0, firstEntry = 0, entries = 0] = groups.subarray(4 * k, 4 * k + 4);
    const places = layout.places.slice(first, end);
    const words = [...new Set(places.map(({ offset }) => offset >> 2))];
    const loaded = isVector ? [...new Set(words.map((word) => word >> 2))] : words;
    const at = isVector ? '(record >> 2u)' : 'record';
    const lines = [
      ...loaded.map((word) => `let r${word} = records[${at} + ${word}u];`),
      ...places.map((place) =>
        entries <= groupEntries
          ? `addToGroup(${place.firstCompact - firstEntry}u + ${binText(place, isVector)}, g, h, wideH);`
          : `addDirectly(node + ${place.firstCompact}u + ${binText(place, isVector)}, g, wideH);`,
      ),
    ];
    functions.push(`fn addRow${k}(record: u32, node: u32, g: i32, h: u32, wideH: vec2<u32>) {
  ${lines.join('\n  ')}
}
`);
  }
  const cases = functions.map((_, k) => `case ${k}u: { addRow${k}(record, node, g, h, wideH); }`);
  return `${functions.join('')}
fn addRow(record: u32, group: u32, node: u32, g: i32, h: u32, wideH: vec2<u32>) {
  switch (group) {
    ${cases.join('\n    ')}
    default: {}
  }
}
`;
}

/** The bin of a feature, out of the words of its row; the missing bin stands behind the others. */
function binText({ offset, width, missingEntry, numValueBins }: FeaturePlace, isVector: boolean) {
  const word = offset >> 2;
  const source = isVector ? `r${word >> 2}.${'xyzw'[word & 3]}` : `r${word}`;
  const bits = 8 * (offset & 3);
  const code = `((${source} >> ${bits}u) & ${width === 2 ? '0xffffu' : '0xffu'})`;
  return missingEntry === numValueBins
    ? code
    : `select(${code}, ${numValueBins}u, ${code} == ${missingEntry}u)`;
}

const byTable = `
fn addRow(record: u32, index: u32, node: u32, g: i32, h: u32, wideH: vec2<u32>) {
  let group = groups[index];
  let fits = group.w <= CAPACITY;
  for (var p = group.x; p < group.y; p++) {
    let place = p * 8u;
    let offset = places[place + 5u];
    let word = records[record + (offset >> 2u)] >> ((offset & 3u) * 8u);
    let code = word & select(0xffu, 0xffffu, places[place + 6u] == 2u);
    let bin = select(code, places[place + 2u], code == places[place + 3u]);
    let entry = places[place + 1u] + bin;
    if (fits) {
      addToGroup(entry - group.z, g, h, wideH);
    } else {
      addDirectly(node + entry, g, wideH);
    }
  }
}
`;

const wideSums = `${wideAtomics('addWide', 'sums')}fn addToGroup(entry: u32, g: i32, h: u32, wideH: vec2<u32>) {
  addWide(2u * entry, extended(g));
  addWide(2u * (CAPACITY + entry), wideH);
}
fn flush(entry: u32, to: u32) {
  let g = vec2<u32>(atomicLoad(&sums[2u * entry]), atomicLoad(&sums[2u * entry + 1u]));
  let at = 2u * (CAPACITY + entry);
  let h = vec2<u32>(atomicLoad(&sums[at]), atomicLoad(&sums[at + 1u]));
  if (h.x == 0u && h.y == 0u && g.x == 0u && g.y == 0u) { return; }
  addToNode(to, g);
  addToNode(to + 2u, h);
}
`;

function narrowSums(fields: number): string {
  const isCounted = fields === 3;
  return `
fn addToGroup(entry: u32, g: i32, h: u32, wideH: vec2<u32>) {
  atomicAdd(&sums[entry], bitcast<u32>(g));
  atomicAdd(&sums[CAPACITY + entry], h);
  ${isCounted ? 'atomicAdd(&sums[2u * CAPACITY + entry], 1u);' : ''}
}
fn flush(entry: u32, to: u32) {
  let g = bitcast<i32>(atomicLoad(&sums[entry]));
  let h = atomicLoad(&sums[CAPACITY + entry]);
  let count = ${isCounted ? 'atomicLoad(&sums[2u * CAPACITY + entry])' : '0u'};
  if (g == 0 && h == 0u && count == 0u) { return; }
  addToNode(to, extended(g));
  addToNode(to + 2u, ${isCounted ? 'plus(vec2<u32>(h, 0u), shifted(count))' : 'vec2<u32>(h, 0u)'});
}
`;
}
