/**
 * The shaders that move rows' numbers and histogram entries: a split's rows to its sides, a leaf's number to its
 * rows, the sibling as parent − child, and the entries that the host asks for to where it reads them.
 *
 * Row numbers lie in three stretches of one buffer, as long as there are rows: those of the root, then two between
 * which splits move them (row-store.ts has the picture).
 */
import {
  rangeOfRows,
  type ShaderFacts,
  shaderConstants,
  wideArithmetic,
  workgroupSize,
} from './shader-facts.ts';

/** Rows of a workgroup's chunk when rows are moved. */
export const movedRows = 8 * workgroupSize;
/** Words of a pair in the table of pairs. */
export const pairWords = 8;

/** Entry point `moveRows`: left rows from the front, right rows from the back; in which order is left open. */
export function moveRowsShader(facts: ShaderFacts): string {
  return `${shaderConstants(facts)}
const ABSENT = 0xffffffffu;
@group(0) @binding(0) var<storage, read> records: array<u32>;
@group(0) @binding(1) var<storage, read_write> rows: array<u32>;
@group(0) @binding(2) var<storage, read> pairs: array<u32>;   // offset, width, sides, to, rows
@group(0) @binding(3) var<storage, read> sides: array<u32>;   // a byte a bin
@group(0) @binding(4) var<storage, read> chunks: array<vec4<u32>>;  // pair, begin, end, -
@group(0) @binding(5) var<storage, read_write> counts: array<atomic<u32>>;  // rows moved left, right
${rangeOfRows(6)}
var<workgroup> numLeft: atomic<u32>;
var<workgroup> numRight: atomic<u32>;
var<workgroup> firstLeft: u32;
var<workgroup> firstRight: u32;
// its place among the rows of this workgroup that go to the same side, doubled; 1 more on the right
fn placeOf(row: u32, offset: u32, width: u32, first: u32) -> u32 {
  let word = records[(row - range.x) * STRIDE + (offset >> 2u)] >> ((offset & 3u) * 8u);
  let at = first + (word & select(0xffu, 0xffffu, width == 2u));
  if (((sides[at >> 2u] >> ((at & 3u) * 8u)) & 1u) == 1u) { return 2u * atomicAdd(&numLeft, 1u); }
  return 2u * atomicAdd(&numRight, 1u) + 1u;
}
@compute @workgroup_size(${workgroupSize})
fn moveRows(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = chunks[workgroup.x];
  let pair = chunk.x * ${pairWords}u;
  let offset = pairs[pair];
  let width = pairs[pair + 1u];
  let first = pairs[pair + 2u];
  if (lane == 0u) {
    atomicStore(&numLeft, 0u);
    atomicStore(&numRight, 0u);
  }
  workgroupBarrier();
  ${stepTexts(
    (s) => `let j${s} = chunk.y + ${s * workgroupSize}u + lane;
  var row${s} = 0u;
  var place${s} = ABSENT;
  if (j${s} < chunk.z) {
    row${s} = rows[j${s}];
    if (isHere(row${s})) { place${s} = placeOf(row${s}, offset, width, first); }
  }`,
  )}
  workgroupBarrier();
  if (lane == 0u) {
    firstLeft = atomicAdd(&counts[2u * chunk.x], atomicLoad(&numLeft));
    firstRight = atomicAdd(&counts[2u * chunk.x + 1u], atomicLoad(&numRight));
  }
  workgroupBarrier();
  let to = pairs[pair + 3u];
  let begin = to + firstLeft;
  let last = to + pairs[pair + 4u] - 1u - firstRight;
  ${stepTexts(
    (s) => `if (place${s} != ABSENT) {
    let place = place${s} >> 1u;
    rows[select(begin + place, last - place, (place${s} & 1u) == 1u)] = row${s};
  }`,
  )}
}
`;
}

/** Entry point `cutChunks`: where the chunks of sides begin and end whose rows only the device has counted. */
export const cutChunksShader = `
@group(0) @binding(0) var<storage, read_write> chunks: array<vec4<u32>>;  // slot, rows, which, 1 + 2 pair + side
@group(0) @binding(1) var<storage, read> pairs: array<u32>;   // offset, width, sides, to, rows
@group(0) @binding(2) var<storage, read> counts: array<u32>;  // rows moved left, right
fn sideBegin(to: u32, numLeft: u32, isRight: bool) -> u32 { return to + select(0u, numLeft, isRight); }
fn sideEnd(to: u32, numLeft: u32, rows: u32, isRight: bool) -> u32 { return to + select(numLeft, rows, isRight); }
@compute @workgroup_size(${workgroupSize})
fn cutChunks(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&chunks)) { return; }
  let chunk = chunks[id.x];
  if (chunk.w == 0u) { return; }
  let code = chunk.w - 1u;
  let pair = (code >> 1u) * ${pairWords}u;
  let numLeft = counts[code & 0xfffffffeu];
  let isRight = (code & 1u) == 1u;
  let to = pairs[pair + 3u];
  let end = sideEnd(to, numLeft, pairs[pair + 4u], isRight);
  let begin = min(end, sideBegin(to, numLeft, isRight) + chunk.z * chunk.y);
  chunks[id.x] = vec4<u32>(chunk.x, begin, min(end, begin + chunk.y), 0u);
}
`;

/** A text for each row of a thread: an array of them would lie outside the registers. */
function stepTexts(textOf: (step: number) => string): string {
  return Array.from({ length: movedRows / workgroupSize }, (_, step) => textOf(step)).join('\n  ');
}

/** Entry point `subtract`: the parent's entries become those of the child that was not built. */
export function subtractShader(facts: ShaderFacts): string {
  return `${shaderConstants(facts)}
${wideArithmetic}
@group(0) @binding(0) var<storage, read_write> hist: array<u32>;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;  // slots of parent and built child
@compute @workgroup_size(${workgroupSize})
fn subtract(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let word = 2u * (workgroup.x * WG + lane);
  if (word >= COMPACT * 4u) { return; }
  let pair = pairs[workgroup.y];
  let parent = pair.x * COMPACT * 4u + word;
  let child = pair.y * COMPACT * 4u + word;
  let rest = sub64(vec2<u32>(hist[parent], hist[parent + 1u]), vec2<u32>(hist[child], hist[child + 1u]));
  hist[parent] = rest.x;
  hist[parent + 1u] = rest.y;
}
`;
}

/** Entry point `gather`: runs of entries, one workgroup each, side by side. */
export function gatherShader(facts: ShaderFacts): string {
  return `${shaderConstants(facts)}
@group(0) @binding(0) var<storage, read> hist: array<u32>;
@group(0) @binding(1) var<storage, read> runs: array<vec4<u32>>;  // from word, words, to word, -
@group(0) @binding(2) var<storage, read_write> gathered: array<u32>;
@compute @workgroup_size(${workgroupSize})
fn gather(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let run = runs[workgroup.x];
  for (var k = lane; k < run.y; k += WG) { gathered[run.z + k] = hist[run.x + k]; }
}
`;
}

/** Entry points `mark`: each row's leaf; and `fill`: a number in every word, or rising ones. */
export function markShader(facts: ShaderFacts): string {
  return `${shaderConstants(facts)}
@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(1) var<storage, read> chunks: array<vec4<u32>>;  // leaf, begin, end, -
@group(0) @binding(2) var<storage, read_write> leafOf: array<u32>;
@compute @workgroup_size(${workgroupSize})
fn mark(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = chunks[workgroup.x];
  for (var j = chunk.y + lane; j < chunk.z; j += WG) { leafOf[rows[j]] = chunk.x; }
}
`;
}

/** Entry point `pack`: each word's lowest bytes side by side, 4 or 2 of them a word. */
export const packShader = `
@group(0) @binding(0) var<storage, read> how: array<u32>;  // words, words of a packed one
@group(0) @binding(1) var<storage, read> leafOf: array<u32>;
@group(0) @binding(2) var<storage, read_write> packed: array<u32>;
@compute @workgroup_size(${workgroupSize})
fn pack(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let each = how[1];
  let bits = 32u / each;
  for (var i = id.x; i * each < how[0]; i += groups.x * ${workgroupSize}u) {
    var word = 0u;
    for (var k = 0u; k < each; k++) {
      let row = i * each + k;
      if (row < how[0]) { word |= (leafOf[row] & ((1u << bits) - 1u)) << (k * bits); }
    }
    packed[i] = word;
  }
}
`;

/** Entry point `fill`: words 0 … n − 1 become base + step · position. */
export const fillShader = `
@group(0) @binding(0) var<storage, read> how: array<u32>;  // words, base, step
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(${workgroupSize})
fn fill(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < how[0]; i += groups.x * ${workgroupSize}u) { words[i] = how[1] + how[2] * i; }
}
`;
