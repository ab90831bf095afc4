/** What one partition contributes to the metrics of a classifier of any number of classes. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { type ConfusionPart, countConfusion } from './confusion.ts';
import { type LabelCodes, type LabelValue, labelKey, readLabels } from './label-values.ts';
import { ExactMean, lossOf, type MeanPart } from './log-loss.ts';
import { columnNamed, readVectors, readWeights } from './read-columns.ts';

/** Which columns to read; null for one that no metric asks for. */
export interface MulticlassRequest {
  readonly labelCol: string;
  readonly weightCol: string | null;
  readonly predictionCol: string | null;
  readonly probabilityCol: string | null;
  /** The classes of the probabilities, in their order; null when labels are positions themselves. */
  readonly classes: readonly LabelValue[] | null;
  readonly eps: number;
}

/** One partition, cloneable. */
export interface MulticlassPart {
  readonly confusion: ConfusionPart | null;
  readonly loss: MeanPart | null;
}

/** Reads one partition. */
export function multiclassPart(batch: RecordBatch, request: MulticlassRequest): MulticlassPart {
  const label = readLabels(columnNamed(batch, request.labelCol), 'label', request.labelCol);
  const weights = readWeights(batch, request.weightCol);
  const { predictionCol } = request;
  const confusion =
    predictionCol === null
      ? null
      : countConfusion(
          label,
          readLabels(columnNamed(batch, predictionCol), 'prediction', predictionCol),
          weights,
        );
  return { confusion, loss: lossPart(batch, label, weights, request) };
}

function lossPart(
  batch: RecordBatch,
  label: LabelCodes,
  weights: Float64Array | null,
  request: MulticlassRequest,
): MeanPart | null {
  if (request.probabilityCol === null) return null;
  const { values, width } = readVectors(batch, request.probabilityCol);
  const places = placesOf(label.values, request, width);
  const loss = new ExactMean();
  for (let row = 0; row < label.codes.length; row++) {
    const weight = weights === null ? 1 : (weights[row] as number);
    if (weight === 0) continue;
    const place = places[label.codes[row] as number] as number;
    // A class that the model never saw has probability 0.
    const probability = place < 0 ? 0 : (values[row * width + place] as number);
    loss.add(lossOf(probability, request.eps), weight);
  }
  return loss.toPart();
}

/** Where in the vector each label's probability stands, −1 for a label that has none. */
function placesOf(
  labels: readonly LabelValue[],
  { classes, probabilityCol }: MulticlassRequest,
  width: number,
): Int32Array {
  if (classes !== null) {
    const keys = classes.map(labelKey);
    return Int32Array.from(labels, (value) => keys.indexOf(labelKey(value)));
  }
  return Int32Array.from(labels, (value) => {
    const place = Number(value);
    if (typeof value !== 'string' && Number.isInteger(place) && place >= 0 && place < width) {
      return place;
    }
    throw new CoppiceError(
      'LABEL_INVALID',
      `label must be a whole number below ${width}, the length of the vectors in column "${probabilityCol}", ` +
        `where that column names no classes; got ${JSON.stringify(value)}`,
      { context: { column: probabilityCol } },
    );
  });
}
