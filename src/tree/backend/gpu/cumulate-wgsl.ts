/**
 * The shader that turns histograms into what gpu.js scores: for each cut of each feature the sums on both sides,
 * added up and compared with the limits in integers, and only then made float32.
 *
 *   node   uint32[16]: slot, -, sum of g (2), of h and rows (2), least and most h of the left (2 + 2),
 *          scales of g and h (float32), -
 *   out    float32[node][4 · cut + field][feature]: GL, HL, GR, HR; cut 2 b with missing values on the left,
 *          cut 2 b + 1 without; HL −1 where the rule of find-split.ts allows no cut
 *
 * A workgroup serves one node and feature: each lane adds up a run of bins, one lane the runs, and each lane
 * walks its run again from where it begins.
 */
import { nodeWords } from './node-limits.ts';
import { type ShaderFacts, shaderConstants, wideArithmetic } from './shader-facts.ts';
import { scoreParts } from './split-scores.ts';

const lanes = 64;

/** The shader; entry point `cumulate`, one workgroup for each (feature, node). */
export function cumulateShader(facts: ShaderFacts): string {
  const numCuts = facts.cutsOfPart * scoreParts;
  const numBins = numCuts / 2;
  const { countShift } = facts;
  const isHigh = countShift >= 32;
  return `${shaderConstants(facts)}
${wideArithmetic}
const BINS = ${numBins}u;
const RUN = ${Math.ceil(numBins / lanes)}u;
@group(0) @binding(0) var<storage, read> hist: array<u32>;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
var<workgroup> runs: array<vec4<u32>, ${lanes}>;

fn add(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  return vec4<u32>(add64(a.xy, b.xy), add64(a.zw, b.zw));
}
fn entryAt(first: u32, bin: u32) -> vec4<u32> {
  let at = (first + bin) * 4u;
  return vec4<u32>(hist[at], hist[at + 1u], hist[at + 2u], hist[at + 3u]);
}
// the sum of h without the rows above it
fn hessOf(word: vec2<u32>) -> vec2<u32> {
  ${countShift >= 63 ? 'return word;' : isHigh ? `return vec2<u32>(word.x, word.y & ${2 ** (countShift - 32) - 1}u);` : `return vec2<u32>(word.x & ${2 ** countShift - 1}u, 0u);`}
}
fn rowsOf(word: vec2<u32>) -> u32 {
  ${countShift >= 63 ? 'return 0u;' : isHigh ? `return word.y >> ${countShift - 32}u;` : `return (word.x >> ${countShift}u) | (word.y << ${32 - countShift}u);`}
}
// of a sum that is never negative
fn toFloat(value: vec2<u32>) -> f32 { return f32(value.y) * 4294967296.0 + f32(value.x); }
// halves of a small negative number would cancel, so its size is converted
fn toSigned(value: vec2<u32>) -> f32 {
  if (value.y >= 0x80000000u) { return -toFloat(sub64(vec2<u32>(0u, 0u), value)); }
  return toFloat(value);
}
fn emit(node: u32, place: u32, cut: u32, isCut: bool, left: vec4<u32>) {
  let at = (node * ${4 * numCuts}u + 4u * cut) * PLACES + place;
  let table = node * ${nodeWords}u;
  let total = vec4<u32>(nodes[table + 2u], nodes[table + 3u], nodes[table + 4u], nodes[table + 5u]);
  let right = vec4<u32>(sub64(total.xy, left.xy), sub64(total.zw, left.zw));
  let leftHess = hessOf(left.zw);
  var isAllowed = isCut && (right.z != 0u || right.w != 0u);
  isAllowed = isAllowed && !less64(leftHess, vec2<u32>(nodes[table + 6u], nodes[table + 7u]));
  isAllowed = isAllowed && !less64(vec2<u32>(nodes[table + 8u], nodes[table + 9u]), leftHess);
  if (COUNTED) { isAllowed = isAllowed && rowsOf(left.zw) >= MIN_ROWS && rowsOf(right.zw) >= MIN_ROWS; }
  if (!isAllowed) {
    sums[at + PLACES] = -1.0;
    return;
  }
  let gradScale = bitcast<f32>(nodes[table + 10u]);
  let hessScale = bitcast<f32>(nodes[table + 11u]);
  sums[at] = toSigned(left.xy) * gradScale;
  sums[at + PLACES] = toFloat(leftHess) * hessScale;
  sums[at + 2u * PLACES] = toSigned(right.xy) * gradScale;
  sums[at + 3u * PLACES] = toFloat(hessOf(right.zw)) * hessScale;
}

@compute @workgroup_size(${lanes})
fn cumulate(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let place = workgroup.x;
  let node = workgroup.y;
  let isNumeric = places[place * 8u + 4u] == 0u;
  let numValues = select(0u, places[place * 8u + 2u], isNumeric);
  let first = nodes[node * ${nodeWords}u] * COMPACT + places[place * 8u + 1u];
  let begin = lane * RUN;
  let end = min(begin + RUN, BINS);
  var sum = vec4<u32>(0u, 0u, 0u, 0u);
  for (var bin = begin; bin < min(end, numValues); bin++) { sum = add(sum, entryAt(first, bin)); }
  runs[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var before = vec4<u32>(0u, 0u, 0u, 0u);
    for (var k = 0u; k < ${lanes}u; k++) {
      let run = runs[k];
      runs[k] = before;
      before = add(before, run);
    }
  }
  workgroupBarrier();
  var left = runs[lane];
  var missing = vec4<u32>(0u, 0u, 0u, 0u);
  if (isNumeric) { missing = entryAt(first, numValues); }
  let hasMissing = missing.z != 0u || missing.w != 0u;
  for (var bin = begin; bin < end; bin++) {
    var isPresent = false;
    if (bin < numValues) {
      let entry = entryAt(first, bin);
      isPresent = entry.z != 0u || entry.w != 0u;
      left = add(left, entry);
    }
    emit(node, place, 2u * bin, isPresent && hasMissing, add(left, missing));
    emit(node, place, 2u * bin + 1u, isPresent, left);
  }
}
`;
}
