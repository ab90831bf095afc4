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
const STEPS = ${movedRows / workgroupSize}u;
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
@compute @workgroup_size(${workgroupSize})
fn moveRows(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = chunks[workgroup.x];
  let pair = chunk.x * ${pairWords}u;
  let offset = pairs[pair];
  let mask = select(0xffu, 0xffffu, pairs[pair + 1u] == 2u);
  if (lane == 0u) {
    atomicStore(&numLeft, 0u);
    atomicStore(&numRight, 0u);
  }
  workgroupBarrier();
  var places: array<u32, ${movedRows / workgroupSize}>;
  for (var step = 0u; step < STEPS; step++) {
    let j = chunk.y + step * WG + lane;
    if (j < chunk.z && isHere(rows[j])) {
      let word = records[(rows[j] - range.x) * STRIDE + (offset >> 2u)] >> ((offset & 3u) * 8u);
      let at = pairs[pair + 2u] + (word & mask);
      let isLeft = ((sides[at >> 2u] >> ((at & 3u) * 8u)) & 1u) == 1u;
      if (isLeft) {
        places[step] = 2u * atomicAdd(&numLeft, 1u);
      } else {
        places[step] = 2u * atomicAdd(&numRight, 1u) + 1u;
      }
    }
  }
  workgroupBarrier();
  if (lane == 0u) {
    firstLeft = atomicAdd(&counts[2u * chunk.x], atomicLoad(&numLeft));
    firstRight = atomicAdd(&counts[2u * chunk.x + 1u], atomicLoad(&numRight));
  }
  workgroupBarrier();
  for (var step = 0u; step < STEPS; step++) {
    let j = chunk.y + step * WG + lane;
    if (j < chunk.z && isHere(rows[j])) {
      let place = places[step] >> 1u;
      let isLeft = (places[step] & 1u) == 0u;
      let fromBack = pairs[pair + 4u] - 1u - firstRight - place;
      rows[pairs[pair + 3u] + select(fromBack, firstLeft + place, isLeft)] = rows[j];
    }
  }
}
`;
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

/** Entry point `fill`: words 0 … n − 1 become base + step · position. */
export const fillShader = `
@group(0) @binding(0) var<storage, read> how: array<u32>;  // words, base, step
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(${workgroupSize})
fn fill(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < how[0]; i += groups.x * ${workgroupSize}u) { words[i] = how[1] + how[2] * i; }
}
`;
