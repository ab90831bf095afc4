/**
 * Gives nodes the splits that are forced on them. The rank that owns the feature sums the bins that go left, looks which
 * side serves the missing values better (ties: left; the heavier side where the node has none) and whether both children
 * keep the limits; one small meeting tells all ranks. A split that may not be is left to the search, which has found the
 * node's best one already: the best of another feature stands beside a forced split as its runner-up.
 *
 *   message | may it be, missing go left, left g, left h: 8 bytes each | a node, all zero from ranks that do not own it
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { FeaturePlace } from '../../../binning/binned-layout.ts';
import { type LeafRule, shapedScore, shapedValue } from '../../../kernels/leaf-shape.ts';
import { ForcedNodes, type ForcedPlace } from '../../forced-splits.ts';
import type { Quantisation } from '../../split-params.ts';
import { directionsOf, leafRule } from '../../split-shaping.ts';
import type { OpenNode, Split } from '../backend.ts';
import type { NodeTotals, SplitDetail } from './candidate.ts';
import { NodeFrames } from './node-frames.ts';
import { hessOf, type SplitSearchOptions, type Wanted } from './split-search.ts';

/** A node of a batch with the split that is forced on it. */
interface ForcedOne extends Wanted {
  readonly forced: ForcedPlace;
}

/** Words of a node's message. */
const wordsPerNode = 4;

/** See the header. */
export class ForcedSearch {
  readonly #o: SplitSearchOptions;
  readonly #plan: ForcedPlace;
  readonly #rule: LeafRule;
  readonly #directions: Int8Array | null;
  #nodes: ForcedNodes;
  #frames: NodeFrames | null = null;
  #quantisation: Quantisation | null = null;

  constructor(options: SplitSearchOptions, plan: ForcedPlace) {
    this.#o = options;
    this.#plan = plan;
    this.#nodes = new ForcedNodes(plan);
    const { shaping, params, layout } = options;
    this.#rule =
      shaping === null
        ? {
            lambda: params.lambda,
            alpha: 0,
            maxDeltaStep: Number.POSITIVE_INFINITY,
            smoothing: 0,
          }
        : leafRule(shaping, params.lambda);
    this.#directions = shaping === null ? null : directionsOf(shaping.monotone, layout);
  }

  /** Called before each tree. */
  beginTree(quantisation: Quantisation): void {
    this.#quantisation = quantisation;
    this.#nodes = new ForcedNodes(this.#plan);
    this.#frames = new NodeFrames(this.#rule, quantisation, this.#directions);
  }

  /** Replaces what the search has found; histograms are still where they were. */
  async decide(wanted: readonly Wanted[]): Promise<void> {
    const found: ForcedOne[] = [];
    for (const each of wanted) {
      const forced = this.#nodes.of(each.node);
      if (forced !== null) found.push({ ...each, forced });
    }
    if (found.length === 0) return;
    const message = new BigInt64Array(wordsPerNode * found.length);
    found.forEach((one, i) => {
      message.set(this.#look(one), wordsPerNode * i);
    });
    const reduced = this.#o.collective.allreduce(message, 'sum');
    if (isPromise(reduced)) await reduced;
    found.forEach((one, i) => {
      const [isSound, missing, grad, hess] = message.subarray(wordsPerNode * i);
      if (isSound !== 1n) return;
      const left: NodeTotals = { grad: grad as bigint, hess: hess as bigint };
      one.node.split = this.#splitOf(one, left, missing === 1n);
    });
  }

  /** What the owner of the feature says. */
  #look({ hist, totals, node, forced }: ForcedOne): readonly bigint[] {
    const [begin, end] = this.#o.owned;
    if (forced.place < begin || forced.place >= end) return [];
    const place = this.#o.layout.places[forced.place] as FeaturePlace;
    const known: { grad: bigint; hess: bigint } = { grad: 0n, hess: 0n };
    for (let bin = 0; bin < place.numValueBins; bin++) {
      if (!goesLeft(forced, bin)) continue;
      const entry = this.#entry(hist, place.firstCompact + bin);
      known.grad += entry.grad;
      known.hess += entry.hess;
    }
    const missing = this.#entry(hist, place.firstCompact + place.numValueBins);
    const both = { grad: known.grad + missing.grad, hess: known.hess + missing.hess };
    const hasMissing = missing.hess !== 0n || missing.grad !== 0n;
    const gains = [known, both].map((left) => this.#gain(node, totals, left, forced.place));
    const [apart, together] = gains as [number, number];
    if (Math.max(apart, together) === Number.NEGATIVE_INFINITY) return [];
    const missingGoesLeft = hasMissing ? together >= apart : this.#isHeavier(known, totals);
    const left = missingGoesLeft ? both : known;
    return [1n, missingGoesLeft ? 1n : 0n, left.grad, left.hess];
  }

  #entry(hist: number, compact: number): NodeTotals {
    const { views, isPacked } = this.#o;
    if (!isPacked) {
      const at = hist / 8 + 2 * compact;
      return { grad: views.i64[at] as bigint, hess: views.i64[at + 1] as bigint };
    }
    const at = hist / 4 + 2 * compact;
    return { grad: BigInt(views.i32[at + 1] as number), hess: BigInt(views.u32[at] as number) };
  }

  #isHeavier(left: NodeTotals, totals: NodeTotals): boolean {
    const { countShift } = this.#quantisation as Quantisation;
    return 2n * hessOf(left.hess, countShift) >= hessOf(totals.hess, countShift);
  }

  /** How much the split lowers the loss; −Infinity where limits or a direction forbid it. */
  #gain(node: OpenNode, totals: NodeTotals, left: NodeTotals, place: number): number {
    const frames = this.#frames as NodeFrames;
    const right = { grad: totals.grad - left.grad, hess: totals.hess - left.hess };
    const frame = frames.of(node, totals);
    const sides = [left, right].map((sums) => frames.sumsOf(sums));
    if (![left, right].every((sums) => this.#isEnough(sums))) return Number.NEGATIVE_INFINITY;
    const [low = 0, high = 0] = sides.map((sums) => shapedValue(this.#rule, frame, sums));
    if ((this.#directions?.[place] ?? 0) * (high - low) < 0) return Number.NEGATIVE_INFINITY;
    const [own, other] = sides;
    const all = frames.sumsOf(totals);
    return (
      shapedScore(this.#rule, own?.G ?? 0, own?.H ?? 0, low) +
      shapedScore(this.#rule, other?.G ?? 0, other?.H ?? 0, high) -
      shapedScore(this.#rule, all.G, all.H, frame.value)
    );
  }

  #isEnough({ hess }: NodeTotals): boolean {
    const { countShift, hessUnit } = this.#quantisation as Quantisation;
    const { minSumHessian, minInstancesPerNode } = this.#o.params;
    if (hess === 0n || Number(hessOf(hess, countShift)) * hessUnit < minSumHessian) return false;
    return countShift >= 63 || hess >> BigInt(countShift) >= BigInt(minInstancesPerNode);
  }

  #splitOf({ node, totals, forced }: ForcedOne, left: NodeTotals, missingGoesLeft: boolean): Split {
    const { layout, gainFactors } = this.#o;
    const { numValueBins } = layout.places[forced.place] as FeaturePlace;
    const gain = this.#gain(node, totals, left, forced.place);
    const bins = forced.leftBins === null ? null : Uint32Array.from(forced.leftBins);
    if (bins !== null && missingGoesLeft) {
      const word = numValueBins >> 5;
      bins[word] = (bins[word] as number) | (1 << (numValueBins & 31));
    }
    return {
      place: forced.place,
      bin: forced.bin,
      leftBins: bins,
      missingGoesLeft,
      heavierIsLeft: this.#isHeavier(left, totals),
      gain: Math.max(0, gain * (gainFactors?.[forced.place] ?? 1)),
      ...runnerUpTo(forced.place, node.split),
      isForced: true,
      detail: { left } satisfies SplitDetail,
    };
  }
}

function goesLeft({ bin: last, leftBins }: ForcedPlace, bin: number): boolean {
  if (leftBins === null) return bin <= last;
  return (((leftBins[bin >> 5] as number) >>> (bin & 31)) & 1) === 1;
}

/** The best split of another feature, as the search found it. */
function runnerUpTo(
  place: number,
  free: Split | null,
): Pick<Split, 'runnerUpGain' | 'runnerUpPlace'> {
  if (free === null) return { runnerUpGain: 0, runnerUpPlace: -1 };
  if (free.place !== place) return { runnerUpGain: free.gain, runnerUpPlace: free.place };
  return { runnerUpGain: free.runnerUpGain, runnerUpPlace: free.runnerUpPlace };
}
