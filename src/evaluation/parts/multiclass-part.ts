/** What one partition contributes to the metrics of a classifier of any number of classes. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import {
  compareLabels,
  type LabelCodes,
  type LabelValue,
  labelKey,
  readLabels,
} from '../../pipeline/label-values.ts';
import { type ProbabilityBins, probabilityBins } from '../calibration-bins.ts';
import { type ConfusionPart, countConfusion } from '../confusion.ts';
import { ExactMean, lossOf, type MeanPart } from '../log-loss.ts';
import { predictedLabels } from '../predicted-labels.ts';
import { columnNamed, readVectors, readWeights } from '../read-columns.ts';
import { type ClassColumnsPart, classColumns } from './class-columns.ts';

/** Which columns to read; null for one that no metric asks for. */
export interface MulticlassRequest {
  readonly labelCol: string;
  readonly weightCol: string | null;
  readonly predictionCol: string | null;
  readonly probabilityCol: string | null;
  /** The classes of the probabilities, in their order; null where they are not read. */
  readonly classes: readonly LabelValue[] | null;
  readonly eps: number;
  /** How many of the likeliest classes count as a hit. */
  readonly k: number;
  /** Bins of the calibration error. */
  readonly numBins: number;
  /** As many probabilities of a partition are gathered for areas under ROC curves; 0 where nobody wants them. */
  readonly areaRoom: number;
}

/** One partition, cloneable. */
export interface MulticlassPart {
  readonly numRows: number;
  readonly confusion: ConfusionPart | null;
  readonly loss: MeanPart | null;
  /** 1 where the label is among the likeliest classes, else 0. */
  readonly hits: MeanPart | null;
  /** The largest probabilities by bin, of rows whose label they are of, and of the others. */
  readonly right: ProbabilityBins | null;
  readonly wrong: ProbabilityBins | null;
  /** What areas are measured from; null where there are more probabilities than room, or none. */
  readonly columns: ClassColumnsPart | null;
}

/** Reads one partition. */
export function multiclassPart(batch: RecordBatch, request: MulticlassRequest): MulticlassPart {
  const labels = columnNamed(batch, request.labelCol);
  const label = readLabels(labels, 'label', request.labelCol);
  const weights = readWeights(batch, request.weightCol);
  const { predictionCol } = request;
  const confusion =
    predictionCol === null
      ? null
      : countConfusion(
          label,
          predictedLabels(columnNamed(batch, predictionCol), predictionCol, labels.type),
          weights,
        );
  return { numRows: batch.numRows, confusion, ...probabilityPart(batch, label, weights, request) };
}

function probabilityPart(
  batch: RecordBatch,
  label: LabelCodes,
  weights: Float64Array | null,
  request: MulticlassRequest,
): Omit<MulticlassPart, 'numRows' | 'confusion'> {
  if (request.probabilityCol === null || batch.numRows === 0)
    return { loss: null, hits: null, right: null, wrong: null, columns: null };
  const { values, width } = readVectors(batch, request.probabilityCol);
  const { classes } = request;
  if (classes === null || classes.length !== width) throw wrongWidth(request, width);
  const places = placesOf(label.values, classes);
  const [loss, hits] = [new ExactMean(), new ExactMean()];
  const [right, wrong] = [new BinnedRows(batch.numRows), new BinnedRows(batch.numRows)];
  for (let row = 0; row < label.codes.length; row++) {
    const weight = weights === null ? 1 : (weights[row] as number);
    if (weight === 0) continue;
    const place = places[label.codes[row] as number] as number;
    // A class that the model never saw has probability 0.
    const probability = place < 0 ? 0 : (values[row * width + place] as number);
    loss.add(lossOf(probability, request.eps), weight);
    const isHit = place >= 0 && rankOf(values, row * width, width, place) < request.k;
    hits.add(isHit ? 1 : 0, weight);
    const likeliest = largestOf(values, row * width, width);
    const confidence = Math.min(1, Math.max(0, values[row * width + likeliest] as number));
    (likeliest === place ? right : wrong).add(confidence, weight);
  }
  const { numBins } = request;
  return {
    loss: loss.toPart(),
    hits: hits.toPart(),
    right: right.bins(numBins),
    wrong: wrong.bins(numBins),
    columns:
      values.length > request.areaRoom
        ? null
        : classColumns({ label, weights, values, width }, { classes, first: 0, end: width }),
  };
}

/** Probabilities and their weights, of as many rows as are added. */
class BinnedRows {
  readonly #probability: Float64Array;
  readonly #weight: Float64Array;
  #numRows = 0;

  constructor(mostRows: number) {
    this.#probability = new Float64Array(mostRows);
    this.#weight = new Float64Array(mostRows);
  }

  add(probability: number, weight: number): void {
    this.#probability[this.#numRows] = probability;
    this.#weight[this.#numRows] = weight;
    this.#numRows += 1;
  }

  bins(numBins: number): ProbabilityBins {
    const own = (values: Float64Array): Float64Array => values.subarray(0, this.#numRows);
    return probabilityBins(own(this.#probability), own(this.#weight), numBins);
  }
}

/** The place of the largest of some values, the first of equals. */
function largestOf(values: Float64Array, first: number, width: number): number {
  let best = 0;
  for (let k = 1; k < width; k++) {
    if ((values[first + k] as number) > (values[first + best] as number)) best = k;
  }
  return best;
}

/** How many values come before one of them, the largest and of equals the first ones being in front. */
function rankOf(values: Float64Array, first: number, width: number, place: number): number {
  const own = values[first + place] as number;
  let before = 0;
  for (let k = 0; k < width; k++) {
    const value = values[first + k] as number;
    if (value > own || (value === own && k < place)) before++;
  }
  return before;
}

function wrongWidth(request: MulticlassRequest, width: number): CoppiceError {
  const { classes, probabilityCol } = request;
  return new CoppiceError(
    'DATA_INVALID',
    `vectors in column "${probabilityCol}" must have one value for each of ${classes?.length ?? 0} classes; got ${width}`,
    { context: { column: probabilityCol } },
  );
}

/** Where in the vector each label's probability stands, −1 for a label that has none. */
function placesOf(labels: readonly LabelValue[], classes: readonly LabelValue[]): Int32Array {
  const keys = classes.map(labelKey);
  return Int32Array.from(labels, (value) => keys.indexOf(labelKey(value)));
}

/** What is needed to tell the classes of probabilities that name none. */
export interface ClassesPart {
  /** Distinct labels of rows that have a weight. */
  readonly labels: readonly LabelValue[];
  /** The length of the vectors; null in a partition without rows. */
  readonly width: number | null;
}

/** Reads labels and the length of the vectors of one partition. */
export function classesPart(batch: RecordBatch, request: MulticlassRequest): ClassesPart {
  const { labelCol, weightCol, probabilityCol } = request;
  const label = readLabels(columnNamed(batch, labelCol), 'label', labelCol);
  const weights = readWeights(batch, weightCol);
  const seen = new Uint8Array(label.values.length);
  for (let row = 0; row < label.codes.length; row++)
    if (weights === null || weights[row] !== 0) seen[label.codes[row] as number] = 1;
  const labels = label.values.filter((_, code) => seen[code] === 1);
  if (probabilityCol === null || batch.numRows === 0) return { labels, width: null };
  return { labels, width: readVectors(batch, probabilityCol).width };
}

/** The classes for vectors of a length: as many labels, or the numbers from 0; null where neither fits. */
export function inferClasses(parts: readonly ClassesPart[]): LabelValue[] | null {
  const byKey = new Map(
    parts.flatMap((part) => part.labels).map((value) => [labelKey(value), value]),
  );
  const labels = [...byKey.values()].sort(compareLabels);
  const width = parts.find((part) => part.width !== null)?.width ?? labels.length;
  if (labels.length === width) return labels;
  const isPlace = (value: LabelValue): boolean =>
    typeof value !== 'string' &&
    Number.isInteger(Number(value)) &&
    Number(value) >= 0 &&
    Number(value) < width;
  return labels.every(isPlace) ? Array.from({ length: width }, (_, place) => place) : null;
}
