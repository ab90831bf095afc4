/** The command `evaluate`: metrics of a scored table. */
import { DataType } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { BinaryClassificationEvaluator } from '../evaluation/evaluators/binary-classification-evaluator.ts';
import { classesOf, type Evaluator, type Metrics } from '../evaluation/evaluators/evaluator.ts';
import { MulticlassClassificationEvaluator } from '../evaluation/evaluators/multiclass-classification-evaluator.ts';
import { RankingEvaluator } from '../evaluation/evaluators/ranking-evaluator.ts';
import {
  RegressionEvaluator,
  regressionMetricRules,
} from '../evaluation/evaluators/regression-evaluator.ts';
import { SurvivalEvaluator } from '../evaluation/evaluators/survival-evaluator.ts';
import { UpliftEvaluator } from '../evaluation/evaluators/uplift-evaluator.ts';
import { columnNames, findField, requireField } from '../table/columns/find-column.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { type LabelOption, labelKind, labelledRows, labelNames } from './label-kind.ts';
import {
  type EvaluationTask,
  inShellWords,
  metricsOfTask,
  type WantedMetric,
  wantedMetrics,
} from './metric-names.ts';
import { type ReadDataOptions, readData } from './read-data.ts';
import { nameValueLines } from './text-table.ts';
import { type SessionCommandOptions, withSession } from './with-session.ts';

/** Options of `evaluate`. */
export interface EvaluateCommandOptions
  extends CommonOptions,
    ReadDataOptions,
    SessionCommandOptions {
  readonly data: readonly string[];
  readonly label: LabelOption;
  readonly metric?: readonly string[];
  readonly task: 'auto' | EvaluationTask;
  readonly weight?: string;
  readonly group?: string;
  readonly censor?: string;
  readonly upperBound?: string;
  readonly hazard?: boolean;
  readonly treatment?: string;
  readonly treatments?: readonly string[];
  readonly control?: string;
  readonly prediction?: string;
  readonly probability?: string;
  readonly dropUnlabelled?: boolean;
}

/** The command `evaluate`. */
export async function evaluate(
  options: EvaluateCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const wanted = wantedMetrics(options.metric ?? []);
  return await withSession(options, async (session) => {
    const rows = labelledRows(await readData(session, options.data, options), options);
    const table = withoutOtherModel(rows, options, context);
    requirePredictions(table, options);
    const labelCols = labelNames(table, options.label);
    const task =
      labelCols.length > 1
        ? taskOfSeveral(table, options)
        : await chooseTask(table, options, wanted, context);
    requireMetrics(wanted, task);
    // flags are measured one by one, numbers together
    const parts =
      task === 'binary' && labelCols.length > 1 ? labelCols.map((name) => [name]) : [labelCols];
    const { signal, onProgress } = context;
    // one pass for each number of first rows, and for each quantile
    const settings = settingsOf(wanted);
    const found: Record<string, number> = {};
    const incomplete = new Set<string>();
    for (const part of parts) {
      const suffix = parts.length === 1 ? '' : ` of ${part[0]}`;
      for (const setting of settings) {
        const columns = { labelCols: part, rankCol: rankColumn(table, options) };
        const evaluator = makeEvaluator(task, { ...options, ...columns }, setting);
        const own = wanted.filter((metric) => isOf(metric, setting));
        const names = wanted.length === 0 ? undefined : own.map(({ name }) => name);
        const metrics = await evaluator
          .evaluateAll(table, { signal, onProgress, metrics: names })
          .catch((error) => Promise.reject(inShellWords(error)));
        for (const [name, value] of Object.entries(selectMetrics(metrics, own, task))) {
          found[`${name}${suffix}`] = value;
          const metric = own.find(({ typed }) => typed === name)?.name ?? name;
          if (lacksRowsOfClass(metric, metrics)) incomplete.add(`${name}${suffix}`);
        }
      }
    }
    // as they were typed, in that order
    const shown =
      parts.length > 1
        ? { ...meansOfParts(found, parts.flat()), ...found }
        : wanted.length === 0
          ? found
          : Object.fromEntries(wanted.map(({ typed }) => [typed, found[typed] as number]));
    for (const [name, value] of Object.entries(shown)) {
      const why = incomplete.has(name)
        ? 'no row is of one of the classes that the model knows (the weighted mean leaves such classes out)'
        : 'the labels are all alike';
      if (Number.isNaN(value)) context.terminal.warn(`${name} has no value: ${why}`);
    }
    const lines = Object.entries(shown).map(([name, value]) => [name, numberText(value)] as const);
    return { value: { command: 'evaluate', task, metrics: shown }, text: nameValueLines(lines) };
  });
}

/** Refuses metrics of another task. @throws CoppiceError `USAGE` */
function requireMetrics(wanted: readonly WantedMetric[], task: EvaluationTask): void {
  const known = metricsOfTask[task];
  const other = wanted.find(({ name }) => !known.includes(name));
  if (other === undefined) return;
  throw new CoppiceError(
    'USAGE',
    `--metric must be metrics of the task ${task}; got "${other.typed}": there are ${known.join(', ')}`,
  );
}

/** Whether a mean over all classes has no value because some have no rows; of one class alone no area has any. */
function lacksRowsOfClass(name: string, metrics: Metrics): boolean {
  const others = metrics['weightedAreaUnderROCOneVsRest'] ?? Number.NaN;
  return name === 'areaUnderROCOneVsRest' && !Number.isNaN(others);
}

/** What of a metric goes behind its name. */
type MetricSetting = Pick<WantedMetric, 'k' | 'quantileLevel'>;

function isOf(metric: WantedMetric, { k, quantileLevel }: MetricSetting): boolean {
  return metric.k === k && metric.quantileLevel === quantileLevel;
}

function settingsOf(wanted: readonly WantedMetric[]): MetricSetting[] {
  const different = wanted.filter(
    (metric, i) => wanted.findIndex((other) => isOf(other, metric)) === i,
  );
  return different.length === 0 ? [{}] : different;
}

/** The mean of each metric over the labels where it has a value. */
function meansOfParts(
  found: Readonly<Record<string, number>>,
  labels: readonly string[],
): Record<string, number> {
  const [first = ''] = labels;
  const names = Object.keys(found)
    .filter((name) => name.endsWith(` of ${first}`))
    .map((name) => name.slice(0, -` of ${first}`.length));
  return Object.fromEntries(
    names.map((name) => {
      const values = labels
        .map((label) => found[`${name} of ${label}`] ?? Number.NaN)
        .filter((value) => !Number.isNaN(value));
      return [`mean ${name}`, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  );
}

/** Several labels are flags where a classifier wrote probabilities of each, else numbers. */
function taskOfSeveral(
  { schema }: PartitionedTable,
  { task, probability = 'probability' }: EvaluateCommandOptions,
): EvaluationTask {
  if (task === 'binary' || task === 'regression') return task;
  if (task !== 'auto')
    throw new CoppiceError(
      'USAGE',
      `--label of several columns must come with the task regression or binary; got ${task}`,
    );
  const columns = scoreColumns(probability);
  const areFlags = columns.some((name) => findField(schema, name)?.metadata.has('labels') === true);
  return areFlags ? 'binary' : 'regression';
}

/** Where scores of classes stand: a `rawPrediction` beside a column that `--probability` names may be another model's. */
function scoreColumns(probability = 'probability'): string[] {
  return probability === 'probability' ? ['probability', 'rawPrediction'] : [probability];
}

/** What orders the rows of two classes: an isolation forest writes its scores under a name of their own. */
function rankColumn(table: PartitionedTable, { probability }: EvaluateCommandOptions): string {
  const names = scoreColumns(probability);
  const isAnomaly =
    probability === undefined && !names.some((name) => table.columns.includes(name));
  return isAnomaly && table.columns.includes('anomalyScore')
    ? 'anomalyScore'
    : (names.at(-1) as string);
}

/**
 * Scores and predictions under the usual names belong together. Where only one of `--prediction` and `--probability`
 * names another column, what stands under the other's usual name would be measured as if it were of the same model.
 */
function withoutOtherModel(
  table: PartitionedTable,
  options: EvaluateCommandOptions,
  { terminal }: CommandContext,
): PartitionedTable {
  const { schema } = table;
  const { prediction, probability, weight, group, censor, upperBound } = options;
  const predictions = ['prediction'];
  const scores = scoreColumns();
  const isThere = (name: string): boolean => findField(schema, name) !== undefined;
  const isOther = (given: string | undefined, usual: readonly string[]): boolean =>
    given !== undefined && !usual.includes(given) && usual.some(isThere);
  const others =
    probability === undefined && isOther(prediction, predictions)
      ? scores
      : prediction === undefined && isOther(probability, scores)
        ? predictions
        : [];
  const named = [...labelNames(table, options.label), weight, group, censor, upperBound];
  const left = others.filter((name) => isThere(name) && !named.includes(name));
  if (left.length === 0) return table;
  const [flag, own] =
    others === scores ? ['--probability', prediction] : ['--prediction', probability];
  terminal.note(
    `${left.join(' and ')}: another model's than ${own}, not measured; ${flag} names columns`,
  );
  return table.drop(...left);
}

/** Refuses a table that nothing has been predicted for. */
function requirePredictions({ schema }: PartitionedTable, options: EvaluateCommandOptions): void {
  const { prediction, probability } = options;
  if (prediction !== undefined) requireField(schema, prediction, '--prediction');
  if (probability !== undefined) requireField(schema, probability, '--probability');
  const names = [prediction ?? 'prediction', ...scoreColumns(probability)];
  if (names.some((name) => findField(schema, name) !== undefined)) return;
  const there = columnNames(schema).slice(0, 12).join(', ');
  throw new CoppiceError(
    'COLUMN_NOT_FOUND',
    `the table of --data must have predictions, in columns ${names.join(', ')}; there are: ${there}. ` +
      'coppice transform adds them; --prediction and --probability name others',
  );
}

/** Six significant digits. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}

async function chooseTask(
  table: PartitionedTable,
  options: EvaluateCommandOptions,
  wanted: readonly WantedMetric[],
  context: CommandContext,
): Promise<EvaluationTask> {
  if (options.group !== undefined) requireField(table.schema, options.group, '--group');
  const { censor, upperBound } = options;
  if (censor !== undefined) requireField(table.schema, censor, '--censor');
  if (upperBound !== undefined) requireField(table.schema, upperBound, '--upper-bound');
  if (options.task === 'ranking' && options.group === undefined) {
    throw new CoppiceError('USAGE', 'the task ranking needs --group, the column of the query');
  }
  if (options.treatment !== undefined) requireField(table.schema, options.treatment, '--treatment');
  if (options.task !== 'auto') return options.task;
  const arms = ['treatment', 'treatments', 'control'] as const;
  const arm = arms.find((name) => options[name] !== undefined);
  if (arm !== undefined) {
    context.terminal.note(`task: uplift (--${arm} is given; --task says otherwise)`);
    return 'uplift';
  }
  if (options.group !== undefined) {
    context.terminal.note('task: ranking (--group is given; --task says otherwise)');
    return 'ranking';
  }
  if (censor !== undefined || upperBound !== undefined || options.hazard === true) {
    const bound = upperBound === undefined ? '--hazard' : '--upper-bound';
    const given = censor === undefined ? bound : '--censor';
    context.terminal.note(`task: survival (${given} is given; --task says otherwise)`);
    return 'survival';
  }
  const [task, reason] = await guessTask(table, options, context.signal);
  // A metric that the guess does not have says what is meant.
  const tasks: EvaluationTask[] = [
    task,
    'binary',
    'multiclass',
    'regression',
    'survival',
    'uplift',
  ];
  const fitting = tasks.find((one) =>
    wanted.every((metric) => metricsOfTask[one].includes(metric.name)),
  );
  const chosen = fitting ?? task;
  context.terminal.note(
    chosen === task
      ? `task: ${task} (${reason})`
      : `task: ${chosen} (it has the metrics asked for; ${reason})`,
  );
  return chosen;
}

async function guessTask(
  table: PartitionedTable,
  options: EvaluateCommandOptions,
  signal: AbortSignal,
): Promise<[EvaluationTask, string]> {
  const { schema } = table;
  const [label = ''] = labelNames(table, options.label);
  const byCount = (count: number): EvaluationTask => (count <= 2 ? 'binary' : 'multiclass');
  for (const column of scoreColumns(options.probability)) {
    if (findField(schema, column)?.metadata.has('labels'))
      return ['binary', `${column} has a value for each of several labels`];
    const classes = classesOf(schema, column);
    if (classes !== null)
      return [byCount(classes.length), `${column} names ${classNames(classes)}`];
    const type = findField(schema, column)?.type;
    if (type !== undefined && DataType.isFixedSizeList(type)) {
      return [byCount(type.listSize), `${column} has ${type.listSize} values a row`];
    }
  }
  const kind = await labelKind(table, label, { signal });
  if (!kind.isClass) return ['regression', kind.reason];
  const prediction = findField(schema, options.prediction ?? 'prediction')?.type;
  const isNumber = options.probability === undefined && DataType.isFloat(prediction);
  if (kind.numClasses !== null && isNumber) {
    return ['regression', 'the prediction is a number with a fraction'];
  }
  if (kind.numClasses !== null) return [byCount(kind.numClasses), kind.reason];
  const values = await table.select(label).distinct().limit(3).count({ signal });
  return [byCount(values), kind.reason];
}

/** Precision, recall and their like are of one of two classes, which nobody chose. */
function classNames(classes: readonly unknown[]): string {
  const [, second] = classes;
  return classes.length === 2
    ? `2 classes, and ${second} is the positive one`
    : `${classes.length} classes`;
}

function makeEvaluator(
  task: EvaluationTask,
  {
    labelCols,
    rankCol,
    ...options
  }: EvaluateCommandOptions & { readonly labelCols: readonly string[]; readonly rankCol: string },
  { k, quantileLevel }: MetricSetting,
): Evaluator {
  const common = {
    labelCol: labelCols[0],
    predictionCol: options.prediction,
    weightCol: options.weight,
  };
  if (task === 'ranking') return new RankingEvaluator({ ...common, groupCol: options.group, k });
  if (task === 'survival') {
    const predictionKind = options.hazard === true ? 'hazard' : undefined;
    const { censor: censorCol, upperBound: labelUpperBoundCol } = options;
    return new SurvivalEvaluator({ ...common, censorCol, labelUpperBoundCol, predictionKind });
  }
  if (task === 'uplift') {
    const { treatment: treatmentCol, treatments, control: controlValue } = options;
    return new UpliftEvaluator({ ...common, treatmentCol, treatments, controlValue });
  }
  if (task === 'regression') {
    const { labelCol: _, ...rest } = common;
    const [, ...others] = labelCols;
    const columns = others.length > 0 ? { ...rest, labelCols } : common;
    return new RegressionEvaluator({ ...columns, quantileLevel });
  }
  const classification = { ...common, probabilityCol: options.probability };
  return task === 'binary'
    ? new BinaryClassificationEvaluator({ ...classification, rawPredictionCol: rankCol })
    : new MulticlassClassificationEvaluator({ ...classification, k });
}

/** The metrics asked for under the names typed; without a wish all but those of one label. */
function selectMetrics(
  metrics: Metrics,
  wanted: readonly WantedMetric[],
  task: EvaluationTask,
): Record<string, number> {
  if (wanted.length === 0) {
    return Object.fromEntries(
      Object.entries(metrics).filter(([name]) => !name.endsWith('ByLabel')),
    );
  }
  return Object.fromEntries(
    wanted.map(({ typed, name }) => {
      const value = metrics[name];
      if (value !== undefined) return [typed, value];
      const rule = task === 'regression' ? regressionMetricRules[name] : undefined;
      if (rule !== undefined) throw new CoppiceError('DATA_INVALID', `${typed}: ${rule}`);
      if (name.endsWith('ByLabel')) {
        const why = 'is of the label 0, which there is none of: MulticlassClassificationEvaluator';
        throw new CoppiceError('LABEL_INVALID', `${typed} ${why} takes another as metricLabel`);
      }
      throw new CoppiceError(
        'COLUMN_NOT_FOUND',
        `${typed} needs scores, probabilities or predictions that the table does not have, or labels that the model knows`,
      );
    }),
  );
}
