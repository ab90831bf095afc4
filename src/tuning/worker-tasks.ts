/** Makes the tasks and operators of tuning known to a thread; the worker's entry imports it. */
import { registerTask } from '../cluster/task-runner.ts';
import { mergeRuns } from '../evaluation/parts/score-runs.ts';
import {
  type BestThreshold,
  bestThreshold,
  type ThresholdMeasure,
} from '../evaluation/threshold-points.ts';
// folds and labels
import '../feature/worker-operators.ts';
import type { PartitionTask } from '../pipeline/gather-partitions.ts';
import { readPartition } from '../table/plan/read-partition.ts';
import './calibration/calibrate-operator.ts';
import type { CalibrationCurve } from './calibration/calibration-curve.ts';
import {
  type CurveRuns,
  type CurveTask,
  fitCurve,
  type ScoresPart,
  type ScoresRequest,
  scoresPart,
} from './calibration/calibration-scores.ts';
import {
  type FingerprintPart,
  type FingerprintRequest,
  fingerprintOf,
} from './search/table-fingerprint.ts';
import { type BaselineTask, fitBaseline } from './survival/fit-baseline.ts';
import type { Baseline } from './survival/survival-function.ts';
import './survival/survival-operator.ts';
import './thresholds/threshold-operator.ts';

registerTask(
  'tuning.scoreRuns',
  async (task: PartitionTask<ScoresRequest>): Promise<ScoresPart> => {
    const { scoreCol, labelCol, weightCol } = task.request;
    const columns = [...new Set([scoreCol, labelCol, ...(weightCol === null ? [] : [weightCol])])];
    return scoresPart(await readPartition(task.partition, { columns }), task.request);
  },
);

registerTask('tuning.fitCurve', (task: CurveTask): CalibrationCurve => fitCurve(task));

registerTask('tuning.baseline', (task: BaselineTask): Baseline => fitBaseline(task));

registerTask(
  'tuning.fingerprint',
  async ({ partition, request }: PartitionTask<FingerprintRequest>): Promise<FingerprintPart> => {
    const firstRow = request.firstRows[partition.index] as number;
    return fingerprintOf(await readPartition(partition), firstRow);
  },
);

/** Probabilities of two classes, and what a threshold is to make best. */
export interface ThresholdTask extends CurveRuns {
  readonly measure: ThresholdMeasure;
}

registerTask(
  'tuning.threshold',
  ({ positives, negatives, measure }: ThresholdTask): BestThreshold | null =>
    bestThreshold(mergeRuns(positives), mergeRuns(negatives), measure),
);
