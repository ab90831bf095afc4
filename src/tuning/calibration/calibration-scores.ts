/**
 * What a calibration curve is fitted to, gathered from a scored table. Executor: reads one partition's scores,
 * labels and weights, and sorts them into runs by class and others (`tuning.scoreRuns`); fits one curve
 * (`tuning.fitCurve`). Driver: sends the tasks, merges nothing but lists. 16 bytes a row and curve meanwhile.
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { unknownLabel } from '../../evaluation/evaluators/evaluator.ts';
import { mergeRuns, type ScoreRuns, scoreRuns } from '../../evaluation/parts/score-runs.ts';
import { columnNamed, elementOf, readVectors, readWeights } from '../../evaluation/read-columns.ts';
import { gatherPartitions } from '../../pipeline/gather-partitions.ts';
import { type LabelValue, labelKey, readLabels } from '../../pipeline/label-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { CalibrationCurve } from './calibration-curve.ts';
import { fitIsotonic } from './fit-isotonic.ts';
import { fitSigmoid } from './fit-sigmoid.ts';
import { pooledScores } from './pooled-scores.ts';

/** Which class a curve is for, and which element of the scores it reads; −1 where these scores have none. */
export interface CurveSource {
  readonly classIndex: number;
  readonly element: number;
}

/** What a partition is asked. */
export interface ScoresRequest {
  readonly scoreCol: string;
  readonly labelCol: string;
  readonly weightCol: string | null;
  readonly classes: readonly LabelValue[];
  readonly curves: readonly CurveSource[];
}

/** One curve's rows of one table. */
export interface CurveRuns {
  readonly positives: readonly ScoreRuns[];
  readonly negatives: readonly ScoreRuns[];
}

/** One partition: for each curve the runs of its class and of the others. */
export type ScoresPart = readonly {
  readonly positives: ScoreRuns;
  readonly negatives: ScoreRuns;
}[];

/** A curve to be fitted. */
export interface CurveTask extends CurveRuns {
  readonly method: CalibrationCurve['kind'];
}

/** Options of work over a table. */
interface GatherOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The runs of each curve. */
export async function gatherScores(
  table: PartitionedTable,
  request: ScoresRequest,
  options: GatherOptions,
): Promise<CurveRuns[]> {
  const runs = request.curves.map(() => ({
    positives: [] as ScoreRuns[],
    negatives: [] as ScoreRuns[],
  }));
  const parts = gatherPartitions<ScoresPart>(table, 'tuning.scoreRuns', request, options);
  for await (const part of parts) {
    part.forEach(({ positives, negatives }, i) => {
      runs[i]?.positives.push(positives);
      runs[i]?.negatives.push(negatives);
    });
  }
  return runs;
}

/**
 * A curve for each class from its runs.
 *
 * @throws CoppiceError `DATA_EMPTY`
 */
export async function fitCurves(
  owner: string,
  table: PartitionedTable,
  method: CalibrationCurve['kind'],
  { runs, signal }: GatherOptions & { readonly runs: readonly CurveRuns[] },
): Promise<CalibrationCurve[]> {
  return await Promise.all(
    runs.map(async ({ positives, negatives }) => {
      if (![...positives, ...negatives].some(({ scores }) => scores.length > 0)) {
        throw nothingToCalibrateOn(owner);
      }
      const task: CurveTask = { method, positives, negatives };
      return await table.runner.run<CalibrationCurve>('tuning.fitCurve', task, { signal });
    }),
  );
}

/** The error for a table without a row that counts. */
export function nothingToCalibrateOn(owner: string): CoppiceError {
  return new CoppiceError(
    'DATA_EMPTY',
    `the table given to ${owner} must have rows of positive weight to calibrate on; got none`,
    { context: { owner } },
  );
}

/** Reads one partition. */
export function scoresPart(batch: RecordBatch, request: ScoresRequest): ScoresPart {
  const { scoreCol, labelCol, classes, curves } = request;
  const label = readLabels(columnNamed(batch, labelCol), 'label', labelCol);
  const weights = readWeights(batch, request.weightCol);
  const places = new Map(classes.map((value, k) => [labelKey(value), k]));
  const classOf = label.values.map((value) => {
    const place = places.get(labelKey(value));
    if (place === undefined) throw unknownLabel(labelCol, value, classes);
    return place;
  });
  const vectors = readVectors(batch, scoreCol);
  const bad = vectors.values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new CoppiceError(
      'DATA_INVALID',
      `scores in column "${scoreCol}" must be finite; got ${vectors.values[bad]}`,
      { context: { column: scoreCol } },
    );
  }
  const rows = Array.from(label.codes.keys()).filter(
    (row) => weights === null || weights[row] !== 0,
  );
  return curves.map(({ classIndex, element }) => {
    const scores = element < 0 ? new Float64Array(0) : elementOf(vectors, element);
    const side = (isOfClass: boolean): ScoreRuns => {
      const own = rows.filter(
        (row) => element >= 0 && (classOf[label.codes[row] as number] === classIndex) === isOfClass,
      );
      return scoreRuns(
        Float64Array.from(own, (row) => scores[row] as number),
        weights === null ? null : Float64Array.from(own, (row) => weights[row] as number),
      );
    };
    return { positives: side(true), negatives: side(false) };
  });
}

/** Fits one curve. */
export function fitCurve({ method, positives, negatives }: CurveTask): CalibrationCurve {
  const pooled = pooledScores(mergeRuns(positives), mergeRuns(negatives));
  return method === 'sigmoid' ? fitSigmoid(pooled) : fitIsotonic(pooled);
}
