/** The command `tune`: from a table, a label and candidates to the best model, saved. */
import { readFile } from 'node:fs/promises';
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject, type Json } from '../base/json.ts';
import { BinaryClassificationEvaluator } from '../evaluation/evaluators/binary-classification-evaluator.ts';
import type { Evaluator } from '../evaluation/evaluators/evaluator.ts';
import { MulticlassClassificationEvaluator } from '../evaluation/evaluators/multiclass-classification-evaluator.ts';
import { RankingEvaluator } from '../evaluation/evaluators/ranking-evaluator.ts';
import { RegressionEvaluator } from '../evaluation/evaluators/regression-evaluator.ts';
import { SurvivalEvaluator } from '../evaluation/evaluators/survival-evaluator.ts';
import { UpliftEvaluator } from '../evaluation/evaluators/uplift-evaluator.ts';
import { survivalMetricNames } from '../evaluation/parts/survival-part.ts';
import type { Estimator } from '../pipeline/estimator.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { requireField } from '../table/columns/find-column.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { CrossValidator } from '../tuning/search/cross-validator.ts';
import { ParamGridBuilder } from '../tuning/search/param-grid-builder.ts';
import type { ParamMap } from '../tuning/search/param-map.ts';
import { SuccessiveHalving } from '../tuning/search/successive-halving.ts';
import type { TunedModel } from '../tuning/search/tuned-model.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { withComputedRoles } from './computed-columns.ts';
import type { Task } from './estimators.ts';
import { numberText } from './evaluate.ts';
import { plannedFit, withCurves } from './fit.ts';
import type { FitCommandOptions } from './fit-options.ts';
import { checkFitWords } from './fit-words.ts';
import { labelledRows, labelNames } from './label-kind.ts';
import { type EvaluationTask, inShellWords, metricsOfTask, wantedMetrics } from './metric-names.ts';
import { readData } from './read-data.ts';
import { secondsSince } from './seconds.ts';
import { checkValid, readValid } from './valid-rows.ts';
import { withSession } from './with-session.ts';
import { checkModelPath } from './write-data.ts';

/** Times until an event are learned. */
interface Survival {
  readonly predictionKind: 'time' | 'hazard';
  readonly censorCol?: string;
  readonly labelUpperBoundCol?: string;
}

/** Options of `tune`. */
export interface TuneCommandOptions extends FitCommandOptions {
  readonly grid: string;
  readonly metric?: string;
  readonly folds?: number;
  readonly stratified?: boolean;
  readonly foldGroup?: string;
  readonly foldTime?: string;
  readonly foldCol?: string;
  readonly halving?: string;
  readonly earlyStopping?: number;
  readonly results?: string;
}

/** The command `tune`. */
export async function tune(
  options: TuneCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const start = context.clock();
  const { signal, onProgress } = context;
  const overwrite = options.overwrite === true;
  if (options.algo !== 'isolation-forest') checkFitWords(options);
  await checkModelPath(options.model, overwrite);
  const candidates = await readCandidates(options.grid);
  return await withSession(options, async (session) => {
    const data = await readData(session, options.data, options);
    const table = labelledRows(await withComputedRoles(data, options), options);
    const validation = await readValid(session, options, table);
    const wanted = withoutFoldColumns(table, options, context);
    const { task, features, estimator: planned, params } = await plannedFit(table, wanted, context);
    const estimator = withCurves(planned, { ...params, ...candidates[0] }, options);
    checkValid(validation, table, features);
    const evaluator = evaluatorOf(task, options, {
      labels: labelNames(table, options.label ?? ''),
      survival: survivalOf(candidates.map((candidate) => ({ ...params, ...candidate }))),
    });
    // the documents of a query are ranked together, so they are held out together
    const foldGroup = options.foldGroup ?? (task === 'ranking' ? options.group : undefined);
    const named = estimator === planned ? (name: string) => name : namesBefore(estimator);
    const search = searchOf(
      {
        ...options,
        ...(foldGroup && { foldGroup }),
        ...(options.halving && { halving: named(options.halving) }),
      },
      { estimator, evaluator, estimatorParamMaps: candidates.map((map) => renamed(map, named)) },
    );
    const model = await search
      .fit(table, { signal, onProgress, validation })
      .catch((error) => Promise.reject(inShellWords(error)));
    await model.save(options.model, { overwrite });
    const seconds = secondsSince(start, context.clock);
    const { metricName: metric } = evaluator.params as { readonly metricName: string };
    const trials = await trialsOf(model);
    const value = {
      command: 'tune',
      model: options.model,
      class: model.className,
      uid: model.uid,
      ...{ task, label: options.label ?? null, features, metric },
      bestParams: model.bestParams,
      bestMetric: model.bestMetric,
      trials,
      seconds,
    };
    const text =
      `tried ${candidates.length} candidates of ${estimator.className} (${task}); ` +
      `best ${metric} ${numberText(model.bestMetric)} with ${JSON.stringify(model.bestParams)}; ` +
      `saved to ${options.model} in ${seconds} s`;
    return { value, text };
  });
}

/** The names of parameters of the trees that curves come behind: a search would look for them in the last stage. */
function namesBefore(estimator: Estimator): (name: string) => string {
  const trees = (estimator as Pipeline).stages.at(-2)?.className;
  return (name) => (name === 'rows' || name.includes('.') ? name : `${trees}.${name}`);
}

function renamed(map: ParamMap, named: (name: string) => string): ParamMap {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [named(name), value]));
}

/** What each candidate reached, round by round. */
async function trialsOf(model: TunedModel<never>): Promise<Record<string, Json>[]> {
  const rows = await model.trialsToTable().take(model.rounds.length * 100_000);
  return rows.map(({ round, resource, params, average, deviation }) => ({
    ...{ round: Number(round), resource: Number(resource) },
    params: JSON.parse(String(params)) as Json,
    ...{ average: jsonNumber(average), deviation: jsonNumber(deviation) },
  }));
}

function jsonNumber(value: unknown): Json {
  return Number.isFinite(value) ? (value as number) : null;
}

/** A column that says what is held out is no feature unless it is named as one: new rows have no fold. */
function withoutFoldColumns(
  { schema }: PartitionedTable,
  options: TuneCommandOptions,
  { terminal }: CommandContext,
): TuneCommandOptions {
  const { foldGroup, foldTime, foldCol, features, ignore = [] } = options;
  const flags = { '--fold-group': foldGroup, '--fold-time': foldTime, '--fold-col': foldCol };
  const given = Object.entries(flags).flatMap(([flag, name]) =>
    name === undefined ? [] : [requireField(schema, name, flag).name],
  );
  const told = [...ignore, options.group, options.weight, options.idCol];
  const left = given.filter((name) => !told.includes(name));
  if (features !== undefined || left.length === 0) return options;
  terminal.note(`left out: ${left.join(', ')} (it says the folds; --features takes it in)`);
  return { ...options, ignore: [...ignore, ...left] };
}

function searchOf(
  options: TuneCommandOptions,
  what: {
    readonly estimator: Estimator;
    readonly evaluator: Evaluator;
    readonly estimatorParamMaps: readonly ParamMap[];
  },
): Estimator<TunedModel<never>> {
  const { folds, stratified, foldGroup, foldTime, foldCol, halving, earlyStopping } = options;
  const common = {
    ...what,
    ...{ numFolds: folds, stratified, groupCol: foldGroup, timeCol: foldTime, foldCol },
    ...{ seed: options.seed, idCol: options.idCol },
    ...{ earlyStoppingRatio: earlyStopping, resultsFile: options.results },
  };
  const search =
    halving === undefined
      ? new CrossValidator(common)
      : new SuccessiveHalving({ ...common, resource: halving });
  return search as unknown as Estimator<TunedModel<never>>;
}

/** What is learned of times until an event; null where nothing is. All candidates have to predict the same. */
function survivalOf(candidates: readonly Readonly<Record<string, unknown>>[]): Survival | null {
  const [first, ...others] = candidates.map((candidate): Survival | null => {
    const { lossType, censorCol, labelUpperBoundCol } = candidate;
    if (lossType !== 'aft' && lossType !== 'cox') return null;
    const predictionKind = lossType === 'cox' ? 'hazard' : 'time';
    return {
      predictionKind,
      ...(typeof censorCol === 'string' && { censorCol }),
      ...(typeof labelUpperBoundCol === 'string' && { labelUpperBoundCol }),
    };
  });
  if (others.every((one) => one?.predictionKind === first?.predictionKind)) return first ?? null;
  throw new CoppiceError(
    'USAGE',
    'lossType of --grid must be of one kind: times (aft), hazards (cox) and other predictions cannot be compared',
  );
}

/** What measures the trials: the metric that was asked for, else the usual one of the task. */
function evaluatorOf(
  task: Task,
  options: TuneCommandOptions,
  {
    labels: [labelCol = '', ...others],
    survival,
  }: { readonly labels: readonly string[]; readonly survival: Survival | null },
): Evaluator {
  if (task === 'anomalies') {
    throw new CoppiceError('USAGE', '--algo of tune must learn a label; got isolation-forest');
  }
  const columns = {
    ...(others.length === 0 ? { labelCol } : { labelCols: [labelCol, ...others] }),
    ...(options.weight === undefined ? {} : { weightCol: options.weight }),
  };
  if (others.length > 0 && task !== 'regression') {
    throw new CoppiceError(
      'USAGE',
      `--label of several columns must come with the task regression to be tuned; got ${task}: tune for one label, then fit all with the parameters found`,
    );
  }
  if (task === 'uplift') {
    const { treatment: treatmentCol } = options;
    const [{ name: metricName } = { name: 'qini' }] = wantedMetrics(
      options.metric === undefined ? [] : [options.metric],
    );
    if (metricsOfTask.uplift.includes(metricName))
      return new UpliftEvaluator({ ...columns, treatmentCol, metricName: metricName as 'qini' });
  }
  const [wanted] = options.metric === undefined ? [] : wantedMetrics([options.metric]);
  const name = wanted?.name;
  const ofTimes = survivalMetricNames.find((one) => one === (name ?? 'concordanceIndex'));
  if (survival !== null && ofTimes !== undefined)
    return new SurvivalEvaluator({ ...columns, ...survival, metricName: ofTimes });
  if (task === 'ranking') {
    if (name === undefined || metricsOfTask.ranking.includes(name)) {
      const metricName = (name ?? 'ndcgAtK') as 'ndcgAtK';
      const { group: groupCol } = options;
      return new RankingEvaluator({ ...columns, groupCol, metricName, k: wanted?.k });
    }
  } else if (task === 'regression') {
    if (name === undefined || metricsOfTask.regression.includes(name))
      return new RegressionEvaluator({
        ...columns,
        metricName: (name ?? 'rmse') as 'rmse',
        quantileLevel: wanted?.quantileLevel,
      });
  } else if (task === 'classification') {
    if (name === undefined || metricsOfTask.multiclass.includes(name)) {
      const metricName = (name ?? 'logLoss') as 'logLoss';
      return new MulticlassClassificationEvaluator({ ...columns, metricName, k: wanted?.k });
    }
    if (metricsOfTask.binary.includes(name))
      return new BinaryClassificationEvaluator({ ...columns, metricName: name as 'areaUnderROC' });
  }
  const ofTask = task === 'classification' ? ['multiclass', 'binary'] : [task];
  const has = ofTask.flatMap((one) => metricsOfTask[one as EvaluationTask] ?? []);
  throw new CoppiceError(
    'USAGE',
    `--metric of a ${task} must be one of its metrics; got ${options.metric}; there are ${[...new Set(has)].join(', ')}`,
  );
}

/** An object of lists is a grid; a list of objects is the candidates themselves. */
async function readCandidates(path: string): Promise<readonly ParamMap[]> {
  const refuse = (why: string, cause?: unknown): CoppiceError =>
    new CoppiceError(
      'USAGE',
      `--grid must be a JSON file with an object of lists or a list of objects; got ${path}, ${why}`,
      { context: { file: path }, cause },
    );
  let grid: unknown;
  try {
    grid = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw refuse('which cannot be read', cause);
  }
  if (Array.isArray(grid) && grid.length > 0 && grid.every(isPlainObject))
    return grid as unknown as readonly ParamMap[];
  if (!isPlainObject(grid)) throw refuse('which holds something else');
  const builder = new ParamGridBuilder<Record<string, unknown>>();
  for (const [name, values] of Object.entries(grid)) {
    if (!Array.isArray(values) || values.length === 0) throw refuse(`where ${name} has no values`);
    builder.addGrid(name, values as NonNullable<unknown>[]);
  }
  return builder.build();
}
