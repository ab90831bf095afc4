/**
 * Is a probability of 0.8 right eight times out of ten? Rows fall into bins of equal width by their probability; in
 * each the mean probability is compared with the share of positives. Exact sums, so the same for any partitioning.
 * (M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
 * 2015: expected and maximum calibration error)
 */
import { exactRatio, exactUnits, ratioOf } from '../base/exact-ratio.ts';
import { ExactMean, type MeanPart } from './log-loss.ts';

/** Means of probabilities by bin, cloneable; null for a bin without rows. */
export type ProbabilityBins = readonly (MeanPart | null)[];

/** What of {@link BinaryLabelPart} is looked at. */
interface BinnedPart {
  readonly bins: ProbabilityBins | null;
}

/** The binned rows of each class. */
interface BinnedSides {
  readonly positives: readonly BinnedPart[];
  readonly negatives: readonly BinnedPart[];
}

/** One bin. */
export interface CalibrationBin {
  /** Probabilities in (lower, upper]; 0 is in the first bin. */
  readonly lower: number;
  readonly upper: number;
  readonly meanProbability: number;
  readonly positiveShare: number;
  /** The weight of its rows. */
  readonly weight: number;
  /** Its share of all rows. */
  readonly share: number;
}

/** Sums the probabilities of one partition's rows by bin. */
export function probabilityBins(
  probability: Float64Array,
  weights: Float64Array | null,
  numBins: number,
): ProbabilityBins {
  const means = new Array<ExactMean | undefined>(numBins);
  for (let row = 0; row < probability.length; row++) {
    const p = probability[row] as number;
    const bin = binOf(p, numBins);
    const mean = means[bin] ?? new ExactMean();
    means[bin] = mean;
    mean.add(p, weights === null ? 1 : (weights[row] as number));
  }
  return Array.from(means, (mean) => mean?.toPart() ?? null);
}

/** The bin of a probability: the upper edge belongs to it, 0 to the first. */
function binOf(probability: number, numBins: number): number {
  return Math.max(0, Math.ceil(probability * numBins) - 1);
}

/** The bins that have rows, ascending. */
export function calibrationBins({ positives, negatives }: BinnedSides): CalibrationBin[] {
  const sum = (parts: readonly BinnedPart[], bin: number): ExactMean => {
    const total = new ExactMean();
    for (const { bins } of parts) {
      const found = bins?.[bin];
      if (found) total.merge(found);
    }
    return total;
  };
  const numBins = [...positives, ...negatives].find(({ bins }) => bins !== null)?.bins?.length ?? 0;
  const found = Array.from({ length: numBins }, (_, bin) => {
    const own = sum(positives, bin);
    const all = sum([...positives, ...negatives], bin);
    return { bin, positive: own.weight, all };
  }).filter(({ all }) => all.weight.value() > 0);
  const total = found.reduce((units, { all }) => units + exactUnits(all.weight), 0n);
  return found.map(({ bin, positive, all }) => ({
    lower: bin / numBins,
    upper: (bin + 1) / numBins,
    meanProbability: ratioOf(all.sum, all.weight),
    positiveShare: ratioOf(positive, all.weight),
    weight: all.weight.value(),
    share: exactRatio(exactUnits(all.weight), total),
  }));
}

/** The mean distance between probability and share of positives, weighted by the bins' rows, and the largest. */
export function calibrationErrors(sides: BinnedSides): {
  readonly calibrationError: number;
  readonly maxCalibrationError: number;
} {
  const bins = calibrationBins(sides);
  const gaps = bins.map((bin) => Math.abs(bin.meanProbability - bin.positiveShare));
  return {
    calibrationError: gaps.reduce((sum, gap, i) => sum + gap * (bins[i]?.share ?? 0), 0),
    maxCalibrationError: Math.max(...gaps),
  };
}
