/**
 * Rows are binned with a fitted model's own thresholds, so that its trees can be walked on records. A feature of
 * more thresholds than a byte has values becomes several columns, each cut at some of them: a split looks at the
 * column that is cut at its threshold, and no value is rounded to a bin of another fit.
 */
import type { BinnedLayout, FeaturePlace } from '../../binning/binned-layout.ts';
import type { DecidedSplit } from '../../tree/grow-tree.ts';
import { nodeFlag } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { FeatureSource, GivenBins, TrainedFeature } from '../messages.ts';
import type { RoutedTree } from './route-rows.ts';
import { treeNodes } from './tree-nodes.ts';

/** Cuts of one column: as many as leave a byte for each bin. */
const mostCuts = 254;

/** What ranks are to read and how they cut it. */
export interface ModelColumns {
  readonly sources: readonly FeatureSource[];
  readonly bins: readonly GivenBins[];
  /** The model's feature of each column. */
  readonly columns: readonly number[];
}

/** The columns that a model's splits look at. @param sources where each of its features lies */
export function modelColumns(
  trees: TreeEnsemble,
  features: readonly TrainedFeature[],
  sources: readonly FeatureSource[],
): ModelColumns {
  const found: { source: FeatureSource; bins: GivenBins; feature: number }[] = [];
  cutsByFeature(trees, sources).forEach((cuts, feature) => {
    const source = sources[feature] as FeatureSource;
    if (cuts === null) return;
    if (source.kind === 'category') {
      const { categories } = features[feature] as TrainedFeature;
      found.push({ source, bins: { edges: [], categories }, feature });
      return;
    }
    for (let from = 0; from === 0 || from < cuts.length; from += mostCuts) {
      const edges = cuts.slice(from, from + mostCuts);
      found.push({ source, bins: { edges, categories: [] }, feature });
    }
  });
  return {
    sources: found.map(({ source }) => source),
    bins: found.map(({ bins }) => bins),
    columns: found.map(({ feature }) => feature),
  };
}

/** The finite thresholds of each feature, ascending; null where no split looks at it. */
function cutsByFeature(
  trees: TreeEnsemble,
  sources: readonly FeatureSource[],
): (readonly number[] | null)[] {
  const found = sources.map(() => null as Set<number> | null);
  for (let n = 0; n < trees.feature.length; n++) {
    const feature = trees.feature[n] as number;
    if (trees.leftChild[n] === 0) continue;
    const cuts = found[feature] ?? new Set<number>();
    found[feature] = cuts;
    const cut = cutFor(trees.threshold[n] as number, sources[feature]?.kind === 'f32');
    if (cut < Number.POSITIVE_INFINITY) cuts.add(cut);
  }
  return found.map((cuts) => (cuts === null ? null : [...cuts].sort((a, b) => a - b)));
}

/** The cut that parts a column's values as the threshold does: of float32 values the largest float32 not above it. */
function cutFor(threshold: number, isFloat32: boolean): number {
  if (!isFloat32 || !Number.isFinite(threshold)) return threshold;
  const rounded = Math.fround(threshold);
  if (rounded <= threshold) return rounded;
  const word = new Int32Array(Float32Array.of(rounded).buffer);
  word[0] = (word[0] as number) + (rounded > 0 ? -1 : 1);
  return rounded === 0 ? -1.401298464324817e-45 : (new Float32Array(word.buffer)[0] as number);
}

/** Makes the trees of a model walkable on binned rows. */
export class ModelRoutes {
  readonly #trees: TreeEnsemble;
  readonly #layout: BinnedLayout;
  /** Places of a feature's columns, by the first cut of each. */
  readonly #places = new Map<number, number[]>();

  /** @param columns the model's feature of each column that was binned */
  constructor(trees: TreeEnsemble, layout: BinnedLayout, columns: readonly number[]) {
    this.#trees = trees;
    this.#layout = layout;
    layout.places.forEach(({ feature }, place) => {
      const of = columns[feature.index] as number;
      this.#places.set(of, [...(this.#places.get(of) ?? []), place]);
    });
  }

  /** A tree with its splits by bins; leaves in the order of their nodes, without rows. */
  tree(index: number): RoutedTree {
    const start = this.#trees.treeStart[index] as number;
    const nodes = treeNodes(this.#trees, index);
    const numbered = nodes.map((node, n) => ({ node, index: n }));
    return {
      tree: { nodes },
      leaves: numbered.filter(({ node }) => node.leftChild === 0),
      inner: numbered
        .filter(({ node }) => node.leftChild !== 0)
        .map((inner) => ({ index: inner.index, split: this.#splitOf(start + inner.index) })),
    };
  }

  #splitOf(node: number): DecidedSplit {
    const { feature, threshold, flags } = this.#trees;
    const places = this.#places.get(feature[node] as number) ?? [];
    const flag = flags[node] as number;
    const sides = {
      missingGoesLeft: (flag & nodeFlag.missingGoesLeft) !== 0,
      heavierIsLeft: (flag & nodeFlag.unseenGoesLeft) !== 0,
    };
    if ((flag & nodeFlag.isCategory) !== 0) {
      const place = places[0] as number;
      return { place, bin: -1, leftBins: this.#leftBins(node, sides.heavierIsLeft), ...sides };
    }
    return { ...this.#cutAt(places, threshold[node] as number), leftBins: null, ...sides };
  }

  /** The column with this cut, and the last bin below it. */
  #cutAt(places: readonly number[], threshold: number): { place: number; bin: number } {
    for (const place of places) {
      const { feature, numValueBins } = this.#layout.places[place] as FeaturePlace;
      if (threshold === Number.POSITIVE_INFINITY) return { place, bin: numValueBins - 1 };
      const bin = feature.edges.indexOf(cutFor(threshold, feature.isFloat32));
      if (bin >= 0) return { place, bin };
    }
    throw new RangeError('a threshold of the model is no cut of its columns');
  }

  /** Values of the dictionary that go left; those behind the split's own list go where unseen ones do. */
  #leftBins(node: number, unseenGoesLeft: boolean): Uint32Array {
    const { feature, categoryStart, categoryCount, categoryBits } = this.#trees;
    const [place = 0] = this.#places.get(feature[node] as number) ?? [];
    const { numValueBins } = this.#layout.places[place] as FeaturePlace;
    const first = categoryStart[node] as number;
    const bits = new Uint32Array(Math.ceil((numValueBins + 1) / 32));
    for (let c = 0; c < numValueBins; c++) {
      const isListed = c < (categoryCount[node] as number);
      const word = isListed ? (categoryBits[first + (c >> 5)] as number) : 0;
      const isLeft = isListed ? ((word >>> (c & 31)) & 1) === 1 : unseenGoesLeft;
      if (isLeft) bits[c >> 5] = (bits[c >> 5] as number) | (1 << (c & 31));
    }
    return bits;
  }
}
