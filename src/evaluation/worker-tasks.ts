/**
 * The tasks of evaluation. Executor: `evaluation.binary`, `.multiclass`, `.classes` and `.regression` read
 * one partition's columns and return its exact sums and sorted runs; `evaluation.rank` merges the runs of all
 * partitions. `.classColumns` reads the probabilities of some classes, `.classRanks`
 * ranks those of all partitions. `.ranking` reads a partition's groups and scores, `.measureRanking` measures those of all. `.shuffle`, `.rowIds`, `.distinct` and `.means` serve permutation importance and partial
 * dependence. Driver: sends the tasks and merges the sums. Cost: one read of the columns, one sort of each
 * partition's scores, one merge.
 */
import { pickNumbers } from '../base/pick-numbers.ts';
import { registerTask } from '../cluster/task-runner.ts';
import { idNumbers } from '../pipeline/id-numbers.ts';
import { columnOf } from '../table/columns/column-values.ts';
import { registerOperator } from '../table/plan/operators.ts';
import type { PartitionSpec } from '../table/plan/partition-spec.ts';
import { readPartition } from '../table/plan/read-partition.ts';
import { type ClassRanks, type ClassRanksTask, classRanks } from './class-ranks.ts';
import { type BootstrapSpec, drawWeights } from './draw-weights.ts';
import { type DistinctPart, type DistinctRequest, distinctOf } from './importance/feature-grid.ts';
import { type ShuffleTask, shuffledOrder } from './importance/shuffled-order.ts';
import {
  type Ginis,
  giniOf,
  type LorenzCurve,
  lorenzCurve,
  type PredictedRows,
  type PredictionBins,
  predictionBins,
} from './lorenz.ts';
import { type BinaryPart, type BinaryRequest, binaryPart } from './parts/binary-part.ts';
import type { CurveRows } from './parts/brier-score.ts';
import {
  type ClassColumnsPart,
  type ClassColumnsRequest,
  classColumnsPart,
} from './parts/class-columns.ts';
import type { LossRequest } from './parts/loss-metrics.ts';
import { type MeansPart, type MeansRequest, meansPart } from './parts/means-part.ts';
import {
  type ClassesPart,
  classesPart,
  type MulticlassPart,
  type MulticlassRequest,
  multiclassPart,
} from './parts/multiclass-part.ts';
import {
  measureRanking,
  type RankingPart,
  type RankingRequest,
  type RankingResult,
  type RankingTask,
  rankingPart,
} from './parts/ranking-part.ts';
import { type RegressionPart, sumRegression } from './parts/regression-sums.ts';
import { type ReplaceSpec, replacePart } from './parts/replace-part.ts';
import { rowsOfWeight } from './parts/rows-by-code.ts';
import { mergeRuns, type ScoreRuns } from './parts/score-runs.ts';
import { type SurvivalRequest, survivalPart } from './parts/survival-part.ts';
import { type MeasuredTimes, measureTimes, type TimesTask } from './parts/time-metrics.ts';
import { type ArmsPart, type ArmsRequest, upliftOfArms } from './parts/uplift-of-arms.ts';
import {
  type MeasuredUplift,
  measureUplift,
  type UpliftPart,
  type UpliftRequest,
  type UpliftTask,
  upliftPart,
} from './parts/uplift-part.ts';
import { type RankMetrics, type RocCurve, rankMetrics, rocCurve } from './rank-metrics.ts';
import { elementOf, readFinite, readVectors, readWeights } from './read-columns.ts';
import { type ThresholdPoints, thresholdPoints } from './threshold-points.ts';

/** A partition and what to read of it. */
export interface PartTask<R> {
  readonly partition: PartitionSpec;
  readonly request: R;
}

/** Which columns a regression is evaluated on. */
export interface RegressionRequest {
  /** The labels, and which element of a vector of predictions is theirs; null where predictions are numbers. */
  readonly labels: readonly {
    readonly name: string;
    readonly element: number | null;
    /** Of a vector of quantiles the element's. */
    readonly quantileLevel?: number;
  }[];
  readonly losses: LossRequest;
  readonly predictionCol: string;
  readonly weightCol: string | null;
}

/** The runs of all partitions by class. */
export interface RankTask {
  readonly positives: readonly ScoreRuns[];
  readonly negatives: readonly ScoreRuns[];
  /** Most points of the ROC curve; 0 for none. */
  readonly curvePoints: number;
}

/** The runs of all partitions by class, for points of a curve. */
export interface PointsTask {
  readonly positives: readonly ScoreRuns[];
  readonly negatives: readonly ScoreRuns[];
  readonly maxPoints: number;
}

/** Rows for the Lorenz curve. */
interface LorenzTask {
  readonly parts: readonly PredictedRows[];
  readonly maxPoints: number;
}

/** Rows for means by bins. */
interface BinsTask {
  readonly parts: readonly PredictedRows[];
  readonly numBins: number;
}

/** What the rank task returns. */
export interface RankResult {
  readonly metrics: RankMetrics;
  readonly curve: RocCurve | null;
}

/** The columns of a request, for reading no more than these. */
function columnsOf(names: readonly (string | null)[]): string[] {
  return [...new Set(names.filter((name) => name !== null))];
}

registerTask('evaluation.binary', async (task: PartTask<BinaryRequest>): Promise<BinaryPart> => {
  const { labelCol, weightCol, scoreCol, probabilityCol, predictionCol } = task.request;
  const columns = columnsOf([labelCol, weightCol, scoreCol, probabilityCol, predictionCol]);
  return binaryPart(await readPartition(task.partition, { columns }), task.request);
});

registerTask(
  'evaluation.multiclass',
  async (task: PartTask<MulticlassRequest>): Promise<MulticlassPart> => {
    const { labelCol, weightCol, probabilityCol, predictionCol } = task.request;
    const columns = columnsOf([labelCol, weightCol, probabilityCol, predictionCol]);
    return multiclassPart(await readPartition(task.partition, { columns }), task.request);
  },
);

registerTask(
  'evaluation.classes',
  async (task: PartTask<MulticlassRequest>): Promise<ClassesPart> => {
    const { labelCol, weightCol, probabilityCol } = task.request;
    const columns = columnsOf([labelCol, weightCol, probabilityCol]);
    return classesPart(await readPartition(task.partition, { columns }), task.request);
  },
);

registerTask(
  'evaluation.classColumns',
  async (task: PartTask<ClassColumnsRequest>): Promise<ClassColumnsPart> => {
    const { labelCol, weightCol, probabilityCol } = task.request;
    const columns = columnsOf([labelCol, weightCol, probabilityCol]);
    return classColumnsPart(await readPartition(task.partition, { columns }), task.request);
  },
);

registerTask('evaluation.classRanks', (task: ClassRanksTask): ClassRanks => classRanks(task));

registerTask(
  'evaluation.regression',
  async (task: PartTask<RegressionRequest>): Promise<RegressionPart[]> => {
    const { labels, losses } = task.request;
    const rows = await readPredicted(task);
    const parts: RegressionPart[] = [];
    for (const [i, own] of rows.entries()) {
      const asked = { ...losses, quantileLevel: labels[i]?.quantileLevel ?? losses.quantileLevel };
      parts.push(await sumRegression(own.labels, own.predictions, own.weights, asked));
    }
    return parts;
  },
);

/** The rows of a partition, once for each label. */
async function readPredicted(task: PartTask<RegressionRequest>): Promise<PredictedRows[]> {
  const { labels, predictionCol, weightCol } = task.request;
  const columns = columnsOf([...labels.map(({ name }) => name), predictionCol, weightCol]);
  const batch = await readPartition(task.partition, { columns });
  const weights = readWeights(batch, weightCol);
  const isVector = labels.some(({ element }) => element !== null);
  const vectors = isVector ? readVectors(batch, predictionCol) : null;
  const numbers = isVector ? null : readFinite(batch, predictionCol, 'DATA_INVALID');
  return labels.map(({ name, element }) => {
    const predictions = element === null ? numbers : elementOf(vectors as never, element);
    const values = readFinite(batch, name, 'LABEL_INVALID');
    return { labels: values, predictions: predictions as Float64Array, weights };
  });
}

registerTask(
  'evaluation.predictedRows',
  async (task: PartTask<RegressionRequest>): Promise<PredictedRows[]> =>
    (await readPredicted(task)).map(({ predictions, labels, weights }) => {
      if (weights === null) return { predictions, labels, weights };
      const kept = rowsOfWeight(weights.length, weights);
      const pick = (from: Float64Array): Float64Array => pickNumbers(from, kept);
      return { predictions: pick(predictions), labels: pick(labels), weights: pick(weights) };
    }),
);

registerTask('evaluation.gini', (parts: readonly PredictedRows[]): Ginis | null => giniOf(parts));

registerTask('evaluation.lorenz', ({ parts, maxPoints }: LorenzTask): LorenzCurve | null =>
  lorenzCurve(parts, maxPoints),
);

registerTask(
  'evaluation.predictionBins',
  ({ parts, numBins }: BinsTask): PredictionBins => predictionBins(parts, numBins),
);

registerTask('evaluation.ranking', async (task: PartTask<RankingRequest>): Promise<RankingPart> => {
  const { labelCol, predictionCol, groupCol, weightCol } = task.request;
  const columns = columnsOf([labelCol, predictionCol, groupCol, weightCol]);
  return rankingPart(await readPartition(task.partition, { columns }), task.request);
});

registerTask(
  'evaluation.measureRanking',
  (task: RankingTask): RankingResult => measureRanking(task),
);

registerTask('evaluation.survival', async (task: PartTask<SurvivalRequest>): Promise<CurveRows> => {
  const { labelCol, predictionCol, censorCol, labelUpperBoundCol, weightCol } = task.request;
  const { survivalCol = null } = task.request;
  const names = [labelCol, predictionCol, censorCol, labelUpperBoundCol, weightCol, survivalCol];
  return survivalPart(
    await readPartition(task.partition, { columns: columnsOf(names) }),
    task.request,
  );
});

registerTask('evaluation.timeMetrics', (task: TimesTask): MeasuredTimes => measureTimes(task));

registerTask('evaluation.uplift', async (task: PartTask<UpliftRequest>): Promise<UpliftPart> => {
  const { labelCol, treatmentCol, predictionCol, weightCol } = task.request;
  const columns = columnsOf([labelCol, treatmentCol, predictionCol, weightCol]);
  return upliftPart(await readPartition(task.partition, { columns }), task.request);
});

registerTask('evaluation.upliftOfArms', async (task: PartTask<ArmsRequest>): Promise<ArmsPart> => {
  const { labelCol, treatmentCol, predictionCol, weightCol } = task.request;
  const columns = columnsOf([labelCol, treatmentCol, predictionCol, weightCol]);
  return await upliftOfArms(await readPartition(task.partition, { columns }), task.request);
});

registerTask('evaluation.measureUplift', (task: UpliftTask): MeasuredUplift => measureUplift(task));

registerTask('evaluation.shuffle', (task: ShuffleTask): Uint32Array => shuffledOrder(task));

registerTask(
  'evaluation.rowIds',
  async (task: PartTask<{ readonly idCol: string }>): Promise<Float64Array> => {
    const { idCol } = task.request;
    const batch = await readPartition(task.partition, { columns: [idCol] });
    return idNumbers(columnOf(batch, [idCol]), idCol);
  },
);

registerTask(
  'evaluation.distinct',
  async (task: PartTask<DistinctRequest>): Promise<DistinctPart | null> => {
    const batch = await readPartition(task.partition, { columns: [task.request.path] });
    return distinctOf(batch, task.request);
  },
);

registerTask('evaluation.means', async (task: PartTask<MeansRequest>): Promise<MeansPart> => {
  const { responseCol, weightCol } = task.request;
  const columns = columnsOf([responseCol, weightCol]);
  return meansPart(await readPartition(task.partition, { columns }), task.request);
});

registerOperator<ReplaceSpec>(
  'evaluation.replacePart',
  (spec) => (batch, context) => replacePart(spec, batch, context),
);

registerOperator<BootstrapSpec>(
  'evaluation.bootstrap',
  (spec) => (batch, context) => drawWeights(spec, batch, context),
);

registerTask(
  'evaluation.points',
  ({ positives, negatives, maxPoints }: PointsTask): ThresholdPoints =>
    thresholdPoints(mergeRuns(positives), mergeRuns(negatives), maxPoints),
);

registerTask('evaluation.rank', (task: RankTask): RankResult => {
  const positives = mergeRuns(task.positives);
  const negatives = mergeRuns(task.negatives);
  return {
    metrics: rankMetrics(positives, negatives),
    curve: task.curvePoints > 0 ? rocCurve(positives, negatives, task.curvePoints) : null,
  };
});
