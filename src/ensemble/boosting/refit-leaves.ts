/** From a boosted model and other rows to a refit's job, and from its result to the model's data. */
import { checkOptions } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { RefitJob } from '../../training/messages.ts';
import { runTrainingJob } from '../../training/run-job.ts';
import { partsOf, withParts } from '../model/merged-parts.ts';
import type { TreeModel } from '../model/tree-model.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { valuesOnGrid } from '../model/values-on-grid.ts';
import { gradesObjective } from '../params/ranker-params.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { fitsOf } from './grown-fits.ts';
import { initialRounds } from './initial-model.ts';
import { planWalk } from './plan-walk.ts';

/** Options of `refitLeaves`. */
export interface RefitOptions {
  /** How much of its old value a leaf keeps, from 0 to 1; 0.9 by default. */
  readonly decayRate?: number | undefined;
  /** Ends the work, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives reports. */
  readonly onProgress?: OnProgress | undefined;
}

/** What the model holds afterwards. */
export async function refitData(
  model: TreeModel,
  facts: BoostedFacts,
  table: PartitionedTable,
  options: RefitOptions,
): Promise<TreeModelData> {
  checkOptions(`${model.className}.refitLeaves`, options, ['decayRate', 'signal', 'onProgress']);
  const { merged } = model.data;
  if (merged === undefined) return await refitOne(model, facts, table, options);
  if (merged.length === 0) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `refitLeaves of ${model.className} must be left where a merged model was cut, continued or learned several labels: which trees learned together is not kept; refit its models, then merge them`,
      { context: { owner: model.className } },
    );
  }
  // each model learned alone
  const found: TreeModelData[] = [];
  for (const [i, data] of partsOf(model.data, merged).entries()) {
    const part = Reflect.construct(model.constructor, [model.givenOptions, data]) as TreeModel;
    const ofGrades = merged[i]?.learns === 'grades';
    const own = ofGrades ? { ...facts, objective: gradesObjective } : facts;
    found.push(await refitOne(part, own, table, options));
  }
  return { ...withParts(model.data, merged, found), numRows: found[0]?.numRows ?? 0 };
}

async function refitOne(
  model: TreeModel,
  { owner, params: given, labelKind, objective }: BoostedFacts,
  table: PartitionedTable,
  { decayRate = 0.9, signal, onProgress }: RefitOptions,
): Promise<TreeModelData> {
  if (typeof decayRate !== 'number' || !(decayRate >= 0 && decayRate <= 1)) {
    throw new CoppiceError(
      'USAGE',
      `decayRate of refitLeaves must be a number from 0 to 1; got ${String(decayRate)}`,
      { context: { owner: model.className } },
    );
  }
  if (given.dropRate !== undefined) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `refitLeaves of ${model.className} must be left where trees were grown with dropRate: how much each counts is not kept`,
      { context: { owner: model.className } },
    );
  }
  const data = valuesOnGrid(model.className, model.data);
  if (data.trees.linear !== undefined) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `refitLeaves of ${model.className} must be left where leaves are linear: fit a model with linearLeaves anew`,
      { context: { owner: model.className } },
    );
  }
  const walk = planWalk(model, data, { owner, params: given, labelKind, objective }, table);
  if (walk === null) return data;
  const trained = await runTrainingJob<RefitJob>(
    'refit',
    {
      ...walk.job,
      initial: { ...initialRounds(data), share: decayRate },
      refit: {
        decayRate,
        trees: data.trees,
        ...(data.parallelTrees === undefined ? {} : { parallelTrees: data.parallelTrees }),
        columns: walk.columns,
        memberRounds: data.memberRounds,
        fits: fitsOf(data, given),
      },
    },
    { train: table },
    { signal, onProgress, closures: walk.closures },
  );
  const { numRows, baseScores } = trained.facts;
  return { ...data, baseScores, trees: trained.trees, numRows, history: [] };
}
