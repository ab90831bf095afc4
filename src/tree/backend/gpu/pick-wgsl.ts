/**
 * The shader that guesses what the host will ask for: of each scored node the two features of the best scores that it
 * may split on. Their entries are sent with the scores, so that the host need not ask in most cases. The host looks at
 * the scores itself (score-bounds.ts); what it wants besides it fetches. So a guess costs time at most.
 *
 *   allowed  uint32[node][⌈features / 32⌉]: a bit a feature that may be picked
 *   picks    uint32[node][2]: features, or 0xffffffff
 *   picked   uint32[node][2][words of the widest feature]: their entries
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { nodeWords } from './node-limits.ts';
import { mostNumericBins, type ShaderFacts, shaderConstants } from './shader-facts.ts';
import { scoreParts } from './split-scores.ts';

/** Features that are picked of a node. */
export const picksOfNode = 2;

const lanes = 64;

/** Words of the entries of a picked feature. */
export function pickWords(layout: BinnedLayout): number {
  return 4 * (mostNumericBins(layout) + 1);
}

/** Words of a node's allowed features. */
export function allowedWords({ places }: BinnedLayout): number {
  return Math.max(1, Math.ceil(places.length / 32));
}

/** The shader; entry point `pick`, one workgroup for each node. */
export function pickShader(facts: ShaderFacts): string {
  const { layout } = facts;
  return `${shaderConstants(facts)}
const NONE = 0xffffffffu;
const WORDS = ${pickWords(layout)}u;
@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read> allowed: array<u32>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;
@group(0) @binding(4) var<storage, read> hist: array<u32>;
@group(0) @binding(5) var<storage, read_write> picked: array<u32>;
@group(0) @binding(6) var<storage, read_write> picks: array<u32>;
var<workgroup> values: array<f32, ${2 * lanes}>;
var<workgroup> features: array<u32, ${2 * lanes}>;
var<workgroup> chosen: array<u32, 2>;

@compute @workgroup_size(${lanes})
fn pick(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let node = workgroup.x;
  var first = -1.0;
  var second = -1.0;
  var firstFeature = NONE;
  var secondFeature = NONE;
  for (var f = lane; f < PLACES; f += ${lanes}u) {
    let word = allowed[node * ${allowedWords(layout)}u + (f >> 5u)];
    if (((word >> (f & 31u)) & 1u) == 0u) { continue; }
    var best = -1.0;
    for (var part = 0u; part < ${scoreParts}u; part++) {
      best = max(best, scores[(node * ${scoreParts}u + part) * PLACES + f]);
    }
    if (best > first) {
      second = first;
      secondFeature = firstFeature;
      first = best;
      firstFeature = f;
    } else if (best > second) {
      second = best;
      secondFeature = f;
    }
  }
  values[lane] = first;
  features[lane] = firstFeature;
  values[${lanes}u + lane] = second;
  features[${lanes}u + lane] = secondFeature;
  workgroupBarrier();
  if (lane == 0u) {
    first = -1.0;
    second = -1.0;
    firstFeature = NONE;
    secondFeature = NONE;
    for (var k = 0u; k < ${2 * lanes}u; k++) {
      if (values[k] > first) {
        second = first;
        secondFeature = firstFeature;
        first = values[k];
        firstFeature = features[k];
      } else if (values[k] > second) {
        second = values[k];
        secondFeature = features[k];
      }
    }
    chosen[0] = firstFeature;
    chosen[1] = secondFeature;
    picks[${picksOfNode}u * node] = firstFeature;
    picks[${picksOfNode}u * node + 1u] = secondFeature;
  }
  workgroupBarrier();
  for (var k = 0u; k < ${picksOfNode}u; k++) {
    let feature = chosen[k];
    if (feature >= PLACES) { continue; }
    let begin = (nodes[node * ${nodeWords}u] * COMPACT + places[feature * 8u + 1u]) * 4u;
    let words = 4u * (places[feature * 8u + 2u] + 1u);
    let to = (${picksOfNode}u * node + k) * WORDS;
    for (var w = lane; w < words; w += ${lanes}u) { picked[to + w] = hist[begin + w]; }
  }
}
`;
}
