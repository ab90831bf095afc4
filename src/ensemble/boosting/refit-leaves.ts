/** From a boosted model and other rows to a refit's job, and from its result to the model's data. */
import { checkOptions } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { modelColumns } from '../../training/leaves/model-bins.ts';
import type { RefitJob } from '../../training/messages.ts';
import { runTrainingJob } from '../../training/run-job.ts';
import { partsOf, withParts } from '../model/merged-parts.ts';
import type { TreeModel } from '../model/tree-model.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { valuesOnGrid } from '../model/values-on-grid.ts';
import type { BoostedFacts, RefitOptions } from './boosted-model.ts';
import { boostingJob, ingestOf, mostGrade } from './fit-gbt.ts';
import { fitsOf } from './grown-fits.ts';
import { initialData, initialRounds, knownClasses } from './initial-model.ts';
import { userFunctions } from './user-functions.ts';

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
  for (const data of partsOf(model.data, merged)) {
    const part = Reflect.construct(model.constructor, [model.givenOptions, data]) as TreeModel;
    found.push(await refitOne(part, facts, table, options));
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
  // marked rows were watched while the rounds were counted; now there is nothing to stop
  const params = { ...given, validationIndicatorCol: undefined };
  const columns = fitColumns(owner, table.plainSchema, params, labelKind);
  initialData({ owner, params: { ...params }, columns, table }, model);
  if (data.trees.numTrees === 0) return data;
  const cut = modelColumns(data.trees, data.features, columns.features);
  const functions = userFunctions(params);
  const job = boostingJob({ owner, params, objective }, columns);
  const trained = await runTrainingJob<RefitJob>(
    'refit',
    {
      ...job,
      ...functions.references,
      // draws belong to the growing of trees
      rows: { rate: 1, byClass: null, byGroup: false, goss: null },
      initial: { ...initialRounds(data), share: decayRate },
      refit: {
        decayRate,
        trees: data.trees,
        ...(data.parallelTrees === undefined ? {} : { parallelTrees: data.parallelTrees }),
        columns: cut.columns,
        memberRounds: data.memberRounds,
        fits: fitsOf(data, params),
      },
      ingest: {
        ...ingestOf(owner, params, columns, labelKind),
        features: cut.sources,
        givenBins: cut.bins,
        mostGrade: mostGrade(objective),
        knownClasses: knownClasses(data),
      },
    },
    { train: table },
    { signal, onProgress, closures: functions.closures },
  );
  const { numRows, baseScores } = trained.facts;
  return { ...data, baseScores, trees: trained.trees, numRows, history: [] };
}
