/**
 * How a row of bins lies in memory, and where each feature's histogram entries begin.
 *
 *   record   | one byte a narrow feature … | two bytes a wide feature … | padding | slot |
 *   bytes      0 … numNarrow − 1             even offsets                           stride − slotBytes
 *
 * The slot holds the row's quantised gradients. stride is a multiple of 8. A narrow feature has at most 255
 * value bins and 255 is its missing bin; a wide one (a category of more values) has its missing bin behind
 * them. Categories have one more bin, that of values which no training row has: only validation rows are in it.
 *
 * A rank's own histogram: narrow feature j has entries [264 j, 264 j + 256); wide features follow. The
 * compact histogram that is kept for a node has numValueBins + 1 entries a feature, without gaps.
 */

import { narrowEntries } from '../kernels/narrow-entries.ts';

/** What training needs to know of a feature. */
export interface BinnedFeature {
  readonly name: string;
  /** Position among the model's features. */
  readonly index: number;
  readonly kind: 'numeric' | 'category';
  /** Cuts of a numeric feature: bin b holds values in (edges[b − 1], edges[b]]. */
  readonly edges: Float64Array;
  /** Values of a category, in the order of their bins. */
  readonly categories: readonly string[];
  /** True when the column's values are float32. */
  readonly isFloat32: boolean;
}

/** A feature's place in records and histograms. */
export interface FeaturePlace {
  readonly feature: BinnedFeature;
  readonly numValueBins: number;
  /** Offset in the record and width in bytes. */
  readonly offset: number;
  readonly width: 1 | 2;
  /** First entry in a rank's own histogram, and the place of the missing bin behind it. */
  readonly firstEntry: number;
  readonly missingEntry: number;
  /** Bin of a category that no training row has; histograms have no entry for it. */
  readonly unseenEntry: number;
  /** First entry in the compact histogram. */
  readonly firstCompact: number;
}

/** Where everything lies. */
export interface BinnedLayout {
  /** Features that can split, narrow ones first; a constant feature has no place. */
  readonly places: readonly FeaturePlace[];
  readonly numNarrow: number;
  readonly slotBytes: number;
  readonly slotOffset: number;
  readonly stride: number;
  readonly numEntries: number;
  readonly numCompact: number;
  /** The most value bins of a category feature (0: none). */
  readonly maxCategoryBins: number;
}

/** How many value bins a feature has. */
export function numValueBinsOf(feature: BinnedFeature): number {
  return feature.kind === 'numeric' ? feature.edges.length + 1 : feature.categories.length;
}

/** One byte numbers the value bins, the missing bin and, for a category, the bin of unseen values. */
function isNarrow(feature: BinnedFeature): boolean {
  return numValueBinsOf(feature) <= (feature.kind === 'category' ? 254 : 255);
}

/** Lays out the features that can split: more than one bin, or one and missing values beside it. */
export function layoutRecords(
  features: readonly BinnedFeature[],
  hasMissing: readonly boolean[],
  slotBytes: number,
): BinnedLayout {
  const usable = features.filter((feature, i) => {
    const bins = numValueBinsOf(feature);
    return bins > 1 || (bins === 1 && hasMissing[i] === true);
  });
  const narrow = usable.filter((feature) => isNarrow(feature));
  const wide = usable.filter((feature) => !isNarrow(feature));
  const places: FeaturePlace[] = [];
  let compact = 0;
  narrow.forEach((feature, j) => {
    const numValueBins = numValueBinsOf(feature);
    places.push({
      feature,
      numValueBins,
      offset: j,
      width: 1,
      firstEntry: narrowEntries * j,
      missingEntry: 255,
      unseenEntry: feature.kind === 'category' ? numValueBins : 255,
      firstCompact: compact,
    });
    compact += numValueBins + 1;
  });
  let entry = narrowEntries * narrow.length;
  let offset = narrow.length + (narrow.length % 2);
  for (const feature of wide) {
    const numValueBins = numValueBinsOf(feature);
    places.push({
      feature,
      numValueBins,
      offset,
      width: 2,
      firstEntry: entry,
      missingEntry: numValueBins,
      unseenEntry: numValueBins + 1,
      firstCompact: compact,
    });
    // entries of a wide feature keep to even numbers, so that slices stay aligned
    entry += numValueBins + 1 + ((numValueBins + 1) % 2);
    offset += 2;
    compact += numValueBins + 1;
  }
  const stride = Math.ceil((offset + slotBytes) / 8) * 8;
  return {
    places,
    numNarrow: narrow.length,
    slotBytes,
    slotOffset: stride - slotBytes,
    stride,
    numEntries: entry,
    numCompact: compact,
    maxCategoryBins: places.reduce(
      (most, p) => (p.feature.kind === 'category' ? Math.max(most, p.numValueBins) : most),
      0,
    ),
  };
}

/** Bytes of one entry of the feature table that the kernels read. */
export const featureEntryBytes = 32;

/** Writes the feature table (wasm/assembly/find-split.ts has its fields). */
export function writeFeatureTable(layout: BinnedLayout, words: Uint32Array): void {
  layout.places.forEach((place, i) => {
    words.set(
      [
        place.firstEntry,
        place.firstCompact,
        place.numValueBins,
        place.missingEntry,
        place.feature.kind === 'numeric' ? 0 : 1,
        place.offset,
        place.width,
        place.feature.index,
      ],
      i * 8,
    );
  });
}
