/** The rows of a binary classifier's table by class, gathered from all partitions. */

import { compareLabels, type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ConfusionPart } from '../confusion.ts';
import {
  classesOf,
  type EvaluateOptions,
  gatherParts,
  hasLabel,
  noRows,
  unknownLabel,
} from '../evaluators/evaluator.ts';
import {
  type BinaryLabelPart,
  type BinaryPart,
  type BinaryRequest,
  tooManyLabels,
} from './binary-part.ts';
import type { ScoreRuns } from './score-runs.ts';

/** The rows of all partitions by class. */
export interface Sides {
  readonly positive: LabelValue;
  readonly positives: readonly BinaryLabelPart[];
  readonly negatives: readonly BinaryLabelPart[];
  readonly confusions: readonly ConfusionPart[];
}

function distinctLabels(labels: readonly BinaryLabelPart[]): LabelValue[] {
  const byKey = new Map(labels.map(({ value }) => [labelKey(value), value]));
  return [...byKey.values()].sort(compareLabels);
}

/** The second class; of one number alone, whatever is above 0.5 is positive. */
function positiveLabel(
  classes: readonly LabelValue[] | null,
  seen: readonly LabelValue[],
): LabelValue {
  const known = classes?.[1] ?? seen[1];
  if (known !== undefined) return known;
  const only = seen[0] as LabelValue;
  return typeof only === 'string' || Number(only) > 0.5 ? only : 1;
}

/** What is gathered, from which table. */
export interface SidesRequest {
  /** Who asks, for errors. */
  readonly owner: string;
  readonly table: PartitionedTable;
  readonly request: BinaryRequest;
  /** Columns whose metadata may name the classes. */
  readonly columns: {
    readonly labelCol: string;
    readonly rawPredictionCol: string;
    readonly probabilityCol: string;
    readonly predictionCol: string;
  };
}

/**
 * Reads the table and tells the positive class.
 *
 * @throws CoppiceError `LABEL_INVALID`, `DATA_EMPTY`, and what reading throws
 */
export async function gatherSides(
  { owner, table, request, columns }: SidesRequest,
  options: EvaluateOptions,
): Promise<Sides> {
  const { labelCol } = columns;
  const parts = await gatherParts<BinaryPart>(table, 'evaluation.binary', request, options);
  const classes =
    classesOf(table.schema, columns.rawPredictionCol) ??
    classesOf(table.schema, columns.probabilityCol) ??
    classesOf(table.schema, columns.predictionCol);
  if (classes !== null && classes.length > 2) throw tooManyLabels(labelCol, classes);
  const labels = parts.flatMap((part) => part.labels);
  const seen = distinctLabels(labels);
  if (seen.length === 0) throw noRows(owner);
  if (seen.length > 2) throw tooManyLabels(labelCol, seen);
  const stranger = seen.find((value) => classes !== null && !hasLabel(classes, value));
  if (stranger !== undefined) throw unknownLabel(labelCol, stranger, classes ?? []);
  const positive = positiveLabel(classes, seen);
  return {
    positive,
    positives: labels.filter(({ value }) => labelKey(value) === labelKey(positive)),
    negatives: labels.filter(({ value }) => labelKey(value) !== labelKey(positive)),
    confusions: parts.flatMap((part) => (part.confusion === null ? [] : [part.confusion])),
  };
}

/** The runs of each class. */
export function runsOf({ positives, negatives }: Sides): {
  positives: readonly ScoreRuns[];
  negatives: readonly ScoreRuns[];
} {
  const own = (parts: readonly BinaryLabelPart[]): readonly ScoreRuns[] =>
    parts.flatMap((part) => (part.runs === null ? [] : [part.runs]));
  return { positives: own(positives), negatives: own(negatives) };
}
