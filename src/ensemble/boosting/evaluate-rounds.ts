/** From a boosted model and other rows to what each of its rounds adds there. */
import { checkOptions } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { MeasureJob } from '../../training/messages.ts';
import { runTrainingJob } from '../../training/run-job.ts';
import { roundsOf } from '../model/training-record.ts';
import type { TreeModel } from '../model/tree-model.ts';
import { treesOfRounds } from '../model/truncated-model.ts';
import { valuesOnGrid } from '../model/values-on-grid.ts';
import {
  areMeasurable,
  measurableRule,
  measuresValidationOnly,
  metricsAtPlaces,
} from '../params/metric-params.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { planWalk } from './plan-walk.ts';

/** Options of `evaluateEachIteration`. */
export interface EvaluateRoundsOptions {
  /** What is measured, as `validationMetrics` names it; `['loss']`, what was minimised, by default. */
  readonly metrics?: readonly string[] | undefined;
  /** Ends the work, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives reports. */
  readonly onProgress?: OnProgress | undefined;
}

/** Values by metric, one a round. */
export async function evaluateRounds(
  model: TreeModel,
  facts: BoostedFacts,
  table: PartitionedTable,
  options: EvaluateRoundsOptions,
): Promise<Readonly<Record<string, readonly number[]>>> {
  checkOptions(`${model.className}.evaluateEachIteration`, options, [
    'metrics',
    'signal',
    'onProgress',
  ]);
  const { metrics = ['loss'], signal, onProgress } = options;
  checkModel(model, facts);
  const { params } = facts;
  if (!Array.isArray(metrics) || metrics.length === 0 || !areMeasurable(metrics, params)) {
    throw new CoppiceError(
      'USAGE',
      `metrics of evaluateEachIteration of ${model.className} must be ${measurableRule(params)}; got ${JSON.stringify(metrics)}`,
      { context: { owner: model.className } },
    );
  }
  const data = valuesOnGrid(model.className, model.data);
  const measured = metricsAtPlaces(metrics, (params as { ndcgAt?: number | number[] }).ndcgAt);
  const walk = planWalk(model, data, withoutPlaces(facts), table);
  if (walk === null) return Object.fromEntries(measured.map((metric) => [metric, []]));
  const { trees, baseScores } = data;
  const roundEnds = Array.from({ length: roundsOf(data) }, (_, i) => treesOfRounds(data, i + 1));
  const trained = await runTrainingJob<MeasureJob>(
    'measureModel',
    {
      ...walk.job,
      metrics: measured,
      measuresTraining: true,
      measured: { trees, columns: walk.columns, roundEnds, baseScores },
    },
    { train: table },
    { signal, onProgress, closures: walk.closures },
  );
  return Object.fromEntries(trained.facts.history.map(({ metric, values }) => [metric, values]));
}

/** Places that rows were shown at are not looked at: predictions leave out what they add. */
function withoutPlaces(facts: BoostedFacts): BoostedFacts {
  const { ranking } = facts.objective;
  if (ranking === null) return facts;
  return {
    ...facts,
    params: { ...facts.params, positionCol: undefined } as BoostedFacts['params'],
    objective: { ...facts.objective, ranking: { ...ranking, biasRegularization: null } },
  };
}

function checkModel(model: TreeModel, { params }: BoostedFacts): void {
  const { labelCols } = model.params as { readonly labelCols?: readonly string[] };
  const refuse = (where: string): never => {
    throw new CoppiceError(
      'UNSUPPORTED',
      `evaluateEachIteration of ${model.className} must be left ${where}`,
      { context: { owner: model.className } },
    );
  };
  if (labelCols !== undefined)
    refuse('where a model has several labels: ask ofLabel(k) for the model of one');
  if (measuresValidationOnly(params))
    refuse(
      'for lossType cox and functions of your own: give the rows to fit as validation, or measure truncate(k)',
    );
  if (model.data.trees.linear !== undefined)
    refuse('where leaves are linear: measure truncate(k) of the rounds that matter');
}
