/**
 * What one partition contributes to the metrics of a binary classifier. Which of the labels is the
 * positive one is not known yet here (a partition may hold one of them only), so everything is kept by
 * label, and losses for both answers.
 */
import type { RecordBatch, Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { pickNumbers } from '../../base/pick-numbers.ts';
import { type LabelCodes, type LabelValue, readLabels } from '../../pipeline/label-values.ts';
import { boolColumn, float64Column } from '../../table/columns/make-column.ts';
import { type ProbabilityBins, probabilityBins } from '../calibration-bins.ts';
import { type ConfusionPart, countConfusion } from '../confusion.ts';
import { ExactMean, lossOf, type MeanPart } from '../log-loss.ts';
import { predictedLabels } from '../predicted-labels.ts';
import { columnNamed, elementOf, readVectors, readWeights } from '../read-columns.ts';
import { rowsByCode } from './rows-by-code.ts';
import { type ScoreRuns, scoreRuns } from './score-runs.ts';

/** Which columns to read; null for one that no metric asks for. */
export interface BinaryRequest {
  readonly labelCol: string;
  readonly weightCol: string | null;
  /** Of vectors of one value a label, the label's place; null: vectors have a value a class. */
  readonly element: number | null;
  /** Margins, probabilities or one score a row; of a vector the second value is taken. */
  readonly scoreCol: string | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string | null;
  readonly eps: number;
  /** Bins of the calibration errors. */
  readonly numBins: number;
}

/** One label's rows. */
export interface BinaryLabelPart {
  readonly value: LabelValue;
  readonly runs: ScoreRuns | null;
  /** Log loss and squared error of the probability, were this label the negative or the positive one. */
  readonly losses: readonly [MeanPart, MeanPart] | null;
  readonly squares: readonly [MeanPart, MeanPart] | null;
  /** The mean probability of the positive class in each bin that has rows. */
  readonly bins: ProbabilityBins | null;
}

/** One partition, cloneable. */
export interface BinaryPart {
  readonly labels: readonly BinaryLabelPart[];
  readonly confusion: ConfusionPart | null;
}

/** Reads one partition. */
export function binaryPart(batch: RecordBatch, request: BinaryRequest): BinaryPart {
  const labels = columnNamed(batch, request.labelCol);
  const label = readLabels(labels, 'label', request.labelCol);
  const weights = readWeights(batch, request.weightCol);
  const rowsByLabel = rowsByCode(label.codes, label.values.length, weights);
  const present = label.values.filter((_, code) => (rowsByLabel[code] as Uint32Array).length > 0);
  if (present.length > 2) throw tooManyLabels(request.labelCol, present);
  const element = request.element ?? 1;
  const scores =
    request.scoreCol === null ? null : elementOf(readVectors(batch, request.scoreCol), element);
  const probability =
    request.probabilityCol === null
      ? null
      : positiveProbability(batch, request.probabilityCol, element);
  const parts = label.values.flatMap((value, code) => {
    const rows = rowsByLabel[code] as Uint32Array;
    if (rows.length === 0) return [];
    const ownWeights = weights === null ? null : pickNumbers(weights, rows);
    const own = probability === null ? null : pickNumbers(probability, rows);
    const runs = scores === null ? null : scoreRuns(pickNumbers(scores, rows), ownWeights);
    return [
      {
        value,
        runs,
        ...lossesOf(own, ownWeights, request.eps),
        bins: own === null ? null : probabilityBins(own, ownWeights, request.numBins),
      },
    ];
  });
  const confusion =
    request.predictionCol === null
      ? null
      : countConfusion(
          label,
          predictedLabels(
            predictionsOf(batch, request.predictionCol, request.element, label),
            request.predictionCol,
            labels.type,
          ),
          weights,
        );
  return { labels: parts, confusion };
}

/** Predicted classes; of several labels those of one, as values of its type. */
function predictionsOf(
  batch: RecordBatch,
  name: string,
  element: number | null,
  label: LabelCodes,
): Vector {
  if (element === null) return columnNamed(batch, name);
  const flags = elementOf(readVectors(batch, name), element);
  return typeof label.values[0] === 'boolean'
    ? boolColumn(Uint8Array.from(flags))
    : float64Column(flags);
}

/** One value of a vector, or a single number as it is. */
function positiveProbability(batch: RecordBatch, name: string, element: number): Float64Array {
  const probability = elementOf(readVectors(batch, name), element);
  const bad = probability.findIndex((value) => value < 0 || value > 1);
  if (bad < 0) return probability;
  throw new CoppiceError(
    'DATA_INVALID',
    `probability in column "${name}" must be in [0, 1]; got ${probability[bad]}`,
    { context: { column: name, row: bad } },
  );
}

function lossesOf(
  probability: Float64Array | null,
  weights: Float64Array | null,
  eps: number,
): Pick<BinaryLabelPart, 'losses' | 'squares'> {
  if (probability === null) return { losses: null, squares: null };
  const losses = [new ExactMean(), new ExactMean()] as const;
  const squares = [new ExactMean(), new ExactMean()] as const;
  for (let i = 0; i < probability.length; i++) {
    const positive = probability[i] as number;
    const weight = weights === null ? 1 : (weights[i] as number);
    losses[0].add(lossOf(1 - positive, eps), weight);
    losses[1].add(lossOf(positive, eps), weight);
    squares[0].add(positive * positive, weight);
    squares[1].add((1 - positive) * (1 - positive), weight);
  }
  return {
    losses: [losses[0].toPart(), losses[1].toPart()],
    squares: [squares[0].toPart(), squares[1].toPart()],
  };
}

/** What else measures labels of more values; the command line says it in its own words. */
export const binaryRemedy = 'use MulticlassClassificationEvaluator or RegressionEvaluator';

/** The error for a label that is not binary. */
export function tooManyLabels(column: string, values: readonly LabelValue[]): CoppiceError {
  const shown = values.slice(0, 5).map((value) => JSON.stringify(value));
  return new CoppiceError(
    'LABEL_INVALID',
    `label in column "${column}" must have two values to be evaluated as binary; got ${shown.join(', ')}` +
      `${values.length > 5 ? ', …' : ''}: ${binaryRemedy}`,
    { context: { column } },
  );
}
