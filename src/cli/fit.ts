/** The command `fit`: from a table and a label to a saved model. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { StringIndexer } from '../feature/categories/string-indexer.ts';
import type { Estimator } from '../pipeline/estimator.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import type { Transformer } from '../pipeline/transformer.ts';
import { requireField } from '../table/columns/find-column.ts';
import { isPandasIndex } from '../table/parquet/pandas-index.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { SurvivalCurves } from '../tuning/survival/survival-curves.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { computedFeatures, withComputedRoles } from './computed-columns.ts';
import { estimatorClassOf, makeEstimator, type Task } from './estimators.ts';
import type { FitCommandOptions } from './fit-options.ts';
import { checkFitParams, checkFitWords } from './fit-words.ts';
import { labelKind, labelledRows, labelNames } from './label-kind.ts';
import { linearStages } from './linear-stages.ts';
import { loadModel } from './load-model.ts';
import { modelFacts } from './model-facts.ts';
import { readParams } from './params-of-command.ts';
import { grouped } from './progress-line.ts';
import { readData } from './read-data.ts';
import { secondsSince } from './seconds.ts';
import { taskOfLoss } from './task-of-loss.ts';
import { checkValid, readValid } from './valid-rows.ts';
import { withSession } from './with-session.ts';
import { checkModelPath } from './write-data.ts';

/** The command `fit`. */
export async function fit(
  options: FitCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const start = context.clock();
  const { signal, onProgress } = context;
  const overwrite = options.overwrite === true;
  checkFitWords(options);
  await checkModelPath(options.model, overwrite);
  const initialModel =
    options.initialModel === undefined ? undefined : await loadModel(options.initialModel);
  return await withSession(options, async (session) => {
    const data = await readData(session, options.data, options);
    const table = labelledRows(await withComputedRoles(data, options), options);
    const validation = await readValid(session, options, table);
    const {
      task,
      features,
      estimator: planned,
      params,
    } = await plannedFit(table, options, context);
    const estimator = withCurves(planned, params, options);
    checkValid(validation, table, features);
    const model: Transformer = await estimator.fit(table, {
      signal,
      onProgress,
      validation,
      initialModel,
    });
    await model.save(options.model, { overwrite });
    const seconds = secondsSince(start, context.clock);
    const facts = modelFacts(model);
    const rows = facts.trainingRows ?? (await table.count({ signal }));
    const value = {
      command: 'fit',
      model: options.model,
      class: model.className,
      uid: model.uid,
      task,
      label: options.label ?? null,
      features,
      rows,
      ...facts,
      seconds,
    };
    const trees = facts.numTrees === undefined ? '' : `, ${countOf(facts.numTrees, 'tree')}`;
    const watched =
      facts.validationLoss === undefined
        ? ''
        : `, validation loss ${Number(facts.validationLoss.toPrecision(6))}`;
    const text =
      `fitted ${planned.className} (${task}) on ${grouped(rows)} rows and ${countOf(features.length, 'feature')}` +
      `${trees}${watched} in ${seconds} s; saved to ${options.model}`;
    return { value, text };
  });
}

function countOf(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
}

/**
 * The estimator with what makes chances of survival of its hazards or times, where they are asked for.
 *
 * @throws CoppiceError `USAGE` for an estimator that predicts neither
 */
export function withCurves(
  estimator: Estimator,
  params: Readonly<Record<string, unknown>>,
  { survivalTimes, label, weight, algo }: FitCommandOptions,
): Estimator {
  if (survivalTimes === undefined) return estimator;
  const { lossType, censorCol, labelUpperBoundCol, predictionCol, weightCol = weight } = params;
  const isKnown = algo === 'gbt' && (lossType === 'cox' || lossType === 'aft');
  if (!isKnown) {
    const got = typeof lossType === 'string' ? lossType : 'another loss';
    throw new CoppiceError(
      'USAGE',
      `--survival-times must come with --algo gbt and --params lossType=cox or lossType=aft; got ${algo} with ${got}`,
    );
  }
  const columns = labelUpperBoundCol === undefined ? { labelCol: label, censorCol, weightCol } : {};
  const given = { ...columns, predictionCol, survivalTimes };
  const told = Object.entries(given).filter(([, value]) => value !== undefined);
  const curves = new SurvivalCurves(Object.fromEntries(told) as never);
  const before = estimator instanceof Pipeline ? estimator.stages : [estimator];
  return new Pipeline({ stages: [...before, curves] });
}

/** What the options ask to be fitted, on which columns. */
export async function plannedFit(
  given: PartitionedTable,
  options: FitCommandOptions,
  context: CommandContext,
): Promise<{
  task: Task;
  features: string[];
  estimator: Estimator;
  params: Readonly<Record<string, unknown>>;
}> {
  const computed = computedFeatures(options);
  const table = computed === null ? given : await computed.transform(given);
  const labels = labelsOf(table, options);
  const task = await chooseTask(table, labels, options, context);
  const params = await readParams(estimatorClassOf(options.algo, task).paramSchema, options);
  checkFitParams(params, options);
  const { censorCol, labelUpperBoundCol } = params;
  const known = [censorCol, labelUpperBoundCol].filter((name) => typeof name === 'string');
  const told = { labels: [...labels, ...known], roles: rolesOf(params) };
  const features = featuresOf(table, told, options, context);
  const columns = { labels, features, schema: table.schema };
  const stages = await makeStages(task, columns, options);
  refuseOutputs(stages.at(-1), features);
  const all = [...(computed === null ? [] : [computed]), ...stages];
  const estimator = all.length === 1 ? (stages[0] as Estimator) : new Pipeline({ stages: all });
  return { task, features, estimator, params };
}

/** Algorithms that learn several numbers together. */
const severalLabels: readonly string[] = ['gbt', 'rf', 'extra-trees', 'dt'];

/** The columns to predict, as `--label` names them; those of no column's name are several behind commas. */
function labelsOf(table: PartitionedTable, options: FitCommandOptions): readonly string[] {
  const { label, algo } = options;
  if (label === undefined) return [];
  const names = labelNames(table, label);
  for (const name of names) requireField(table.schema, name, '--label');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new CoppiceError('USAGE', `--label must name each column once; got ${twice} twice`);
  if (names.length === 1) return names;
  const isForSeveral = severalLabels.includes(algo);
  if (isForSeveral && (options.task === 'auto' || options.task === 'regression')) return names;
  if (algo === 'gbt' && options.task === 'classification') return names;
  throw new CoppiceError(
    'USAGE',
    `--label of several columns must come with --algo ${severalLabels.join(', ')} and the task regression, or with gbt and the task classification for labels of 0 and 1; got ${algo}, ${options.task}`,
  );
}

async function chooseTask(
  table: PartitionedTable,
  labels: readonly string[],
  options: FitCommandOptions,
  context: CommandContext,
): Promise<Task> {
  if (options.algo === 'isolation-forest') return 'anomalies';
  if (options.algo === 'uplift-forest') return 'uplift';
  const [label = ''] = labels;
  if (options.group !== undefined) requireField(table.schema, options.group, '--group');
  if (options.task === 'ranking' && options.group === undefined) {
    throw new CoppiceError('USAGE', 'the task ranking needs --group, the column of the query');
  }
  if (options.task !== 'auto') return options.task;
  if (options.group !== undefined) {
    context.terminal.note('task: ranking (--group is given; --task says otherwise)');
    return 'ranking';
  }
  if (labels.length > 1) {
    context.terminal.note('task: regression (--label names several columns)');
    return 'regression';
  }
  const byLoss = await taskOfLoss(options);
  if (byLoss !== null) {
    const { task, lossType } = byLoss;
    context.terminal.note(
      `task: ${task} (lossType ${lossType} is one of it; --task says otherwise)`,
    );
    return task;
  }
  const kind = await labelKind(table, label, { signal: context.signal });
  const task = kind.isClass ? 'classification' : 'regression';
  context.terminal.note(`task: ${task} (${kind.reason}; --task says otherwise)`);
  return task;
}

/** Columns to which `--params` gives a role beside that of a feature. */
function rolesOf(params: Readonly<Record<string, unknown>>): readonly string[] {
  const names = [
    ...['weightCol', 'offsetCol', 'idCol', 'groupCol', 'positionCol', 'validationIndicatorCol'],
    ...['foldCol', 'timeCol', 'treatmentCol'],
  ];
  return names.map((name) => params[name]).filter((column) => typeof column === 'string');
}

/** The columns given, or all that have no other role. */
function featuresOf(
  table: PartitionedTable,
  { labels, roles }: { readonly labels: readonly string[]; readonly roles: readonly string[] },
  options: FitCommandOptions,
  { terminal }: CommandContext,
): string[] {
  const { schema } = table;
  for (const [flag, names] of Object.entries({
    features: options.features,
    ignore: options.ignore,
    categorical: options.categorical,
  })) {
    for (const name of names ?? []) requireField(schema, name, `--${flag}`);
  }
  const held = labels.find((name) => options.features?.includes(name) === true);
  if (held !== undefined) {
    throw new CoppiceError('USAGE', `--features must not hold the label; got "${held}"`);
  }
  const { weight, idCol, group, ignore = [] } = options;
  const treatment =
    options.algo === 'uplift-forest' ? (options.treatment ?? 'treatment') : undefined;
  if (options.treatment !== undefined) requireField(schema, options.treatment, '--treatment');
  const indexes =
    options.features === undefined
      ? schema.fields.filter(isPandasIndex).map(({ name }) => name)
      : [];
  const told = [...labels, ...roles, weight, idCol, group, treatment, ...ignore];
  const others = new Set([...told, ...indexes]);
  const features = (options.features ?? table.columns).filter((name) => !others.has(name));
  const left = indexes.filter((name) => !told.includes(name));
  if (left.length > 0) {
    terminal.note(`left out: ${left.join(', ')} (the row index of pandas; --features takes it in)`);
  }
  if (features.length > 0) return [...features];
  throw new CoppiceError(
    'USAGE',
    'the table must have a column besides the label and the ignored ones',
  );
}

/** A feature of an output's name could be learnt of, but no table that has it could be scored. */
function refuseOutputs(stage: Estimator | undefined, features: readonly string[]): void {
  const params = (stage?.params ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of ['predictionCol', 'probabilityCol', 'rawPredictionCol', 'scoreCol']) {
    const column = params[name];
    if (typeof column !== 'string' || !features.includes(column)) continue;
    throw new CoppiceError(
      'USAGE',
      `the features must not hold "${column}", which the model writes: leave it out by --ignore ${column}, or let the model write another by --params ${name}=other`,
      { context: { column, param: name } },
    );
  }
}

/** The label's column, those of several, or none. */
function labelOptions([label, ...others]: readonly string[]): Record<string, unknown> {
  if (label === undefined) return {};
  return others.length === 0 ? { labelCol: label } : { labelCols: [label, ...others] };
}

async function makeStages(
  task: Task,
  {
    labels,
    features,
    schema,
  }: {
    readonly labels: readonly string[];
    readonly features: readonly string[];
    readonly schema: Schema;
  },
  options: FitCommandOptions,
): Promise<Estimator[]> {
  const { paramSchema } = estimatorClassOf(options.algo, task);
  const params = await readParams(paramSchema, options);
  const categorical = (options.categorical ?? []).filter((name) => features.includes(name));
  if (options.algo === 'linear') {
    const { weight } = options;
    const [label = ''] = labels;
    const { stages, featuresCols } = linearStages(schema, features, { task, label, categorical });
    const columns = { labelCol: label, featuresCols, ...(weight && { weightCol: weight }) };
    return [...stages, makeEstimator('linear', task, { ...params, ...columns })];
  }
  const indexed = new Map(categorical.map((name) => [name, `${name}_category`]));
  const estimator = makeEstimator(options.algo, task, {
    ...params,
    ...labelOptions(labels),
    featuresCols: features.map((name) => indexed.get(name) ?? name),
    ...(options.weight === undefined ? {} : { weightCol: options.weight }),
    ...(options.idCol === undefined ? {} : { idCol: options.idCol }),
    ...(options.group === undefined ? {} : { groupCol: options.group }),
    ...(options.treatment === undefined ? {} : { treatmentCol: options.treatment }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.checkpointDir === undefined ? {} : { checkpointDir: options.checkpointDir }),
    ...(options.checkpointInterval === undefined
      ? {}
      : { checkpointInterval: options.checkpointInterval }),
  });
  if (indexed.size === 0) return [estimator];
  const indexer = new StringIndexer({
    inputCols: [...indexed.keys()],
    outputCols: [...indexed.values()],
    handleInvalid: 'keep',
  });
  return [indexer as Estimator, estimator];
}
