/** How good is a classifier of any number of classes? Spark's metrics under Spark's names. */
import { DataType, type Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { ratioOf } from '../../base/exact-ratio.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, float, int, json, oneOf } from '../../params/kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import { compareLabels, isText, type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { calibrationErrors } from '../calibration-bins.ts';
import { areaRoom, type ClassAreas, type ClassAreasFound, classAreas } from '../class-areas.ts';
import type { Confusion, ConfusionPart } from '../confusion.ts';
import { classMetrics, confusionOf } from '../confusion-metrics.ts';
import { ExactMean } from '../log-loss.ts';
import {
  type ClassesPart,
  inferClasses,
  type MulticlassPart,
  type MulticlassRequest,
} from '../parts/multiclass-part.ts';
import { checkPredictionKind, kindName } from '../predicted-labels.ts';
import {
  checkMetrics,
  classesOf,
  type EvaluateAllOptions,
  type EvaluateOptions,
  Evaluator,
  gatherParts,
  hasLabel,
  type Metrics,
  noRows,
  presentColumn,
  unknownLabel,
} from './evaluator.ts';

const areaNames = [
  'areaUnderROCOneVsRest',
  'weightedAreaUnderROCOneVsRest',
  'areaUnderROCOneVsOne',
  'weightedAreaUnderROCOneVsOne',
] as const satisfies readonly (keyof ClassAreas)[];

/** Every metric of {@link MulticlassClassificationEvaluator}. */
export const multiclassMetricNames = [
  'f1',
  'accuracy',
  'weightedPrecision',
  'weightedRecall',
  'weightedTruePositiveRate',
  'weightedFalsePositiveRate',
  'weightedFMeasure',
  'truePositiveRateByLabel',
  'falsePositiveRateByLabel',
  'precisionByLabel',
  'recallByLabel',
  'fMeasureByLabel',
  'logLoss',
  'hammingLoss',
  'calibrationError',
  'balancedAccuracy',
  'matthewsCorrelation',
  'cohenKappa',
  'macroPrecision',
  'macroFMeasure',
  'topKAccuracy',
  ...areaNames,
] as const;

const smallerIsBetter: readonly string[] = [
  'weightedFalsePositiveRate',
  'falsePositiveRateByLabel',
  'logLoss',
  'hammingLoss',
  'calibrationError',
];
const probabilityNames: readonly string[] = [
  'logLoss',
  'calibrationError',
  'topKAccuracy',
  ...areaNames,
];

const multiclassParams = defineParams('MulticlassClassificationEvaluator', {
  /** What {@link MulticlassClassificationEvaluator.evaluate} returns. */
  metricName: oneOf(multiclassMetricNames, { default: 'f1' }),
  /** The column of labels: numbers, booleans or texts. */
  labelCol: column({ default: 'label' }),
  /** Predicted labels. */
  predictionCol: column({ default: 'prediction' }),
  /** Vectors with one probability a class. */
  probabilityCol: column({ default: 'probability' }),
  /** Weights of rows; a row of weight 0 takes no part. */
  weightCol: column({}),
  /** The class whose metric the `…ByLabel` metrics are: a label of the table, or a class of the model. */
  metricLabel: json<LabelValue>({
    default: 0,
    rule: 'a number, a boolean or a text',
    accepts: (value) => ['number', 'boolean', 'string'].includes(typeof value),
  }),
  /** How much recall counts against precision in the F measures. */
  beta: float({ default: 1, above: 0 }),
  /** Probabilities are kept inside [eps, 1 − eps] for the log loss. */
  eps: float({ default: 1e-15, above: 0, below: 0.5 }),
  /** How many of the likeliest classes `topKAccuracy` looks at. */
  k: int({ default: 2, min: 1, since: '0.1.0' }),
  /** Bins of equal width for the calibration error; ten by default. */
  numBins: int({ min: 1, max: 10_000, since: '0.1.0' }),
});

/** Options of {@link MulticlassClassificationEvaluator}. @interface */
export type MulticlassClassificationEvaluatorOptions = Options<typeof multiclassParams.schema>;

/**
 * Metrics of a classifier of any number of classes.
 *
 * Input: a label column, `prediction`, and for `logLoss` `probability` (its classes are read from the column's
 * metadata; without them they are the labels, where there are as many, or the positions from 0). The metrics are
 * Spark's: weighted ones are means over the classes by their share of the labels; `f1` is `weightedFMeasure` at
 * beta 1. `macroPrecision` and `macroFMeasure` are plain means over the classes of the labels and predictions, 0 for one
 * that is never predicted. `evaluateAll` leaves the `…ByLabel` metrics out where `metricLabel` is neither a label of the
 * table nor a class of the model. A class that the model does not know has probability 0. `calibrationError` is the mean distance, over
 * `numBins` bins by the largest probability, between that probability and how often its class is right.
 * `balancedAccuracy` is the mean of the labels' recalls, `matthewsCorrelation` and `cohenKappa` compare with
 * chance, and `topKAccuracy` is the share of rows whose label is among the `k` likeliest classes (of equals the
 * first). Areas under ROC curves (ties half, as `roc_auc_score` of scikit-learn has them): `areaUnderROCOneVsRest`
 * is the mean over the classes of how well a class's probability tells its rows from all others, NaN where a class
 * has no rows; `areaUnderROCOneVsOne` is the mean over the pairs of classes that have rows, of rows of the two
 * alone; the `weighted…` ones are means by the weight of the class, or of both. They need labels that the model
 * knows.
 *
 * Determinism: exact; the same for any partitioning and any order of the rows.
 * Cost: one read of the columns; for the areas of more than 2^24 probabilities another one for each 2^24 of them. They are
 * sorted in the pool: up to 28 bytes for each of these, and for each row.
 *
 * @example
 * ```ts
 * import { createTable, MulticlassClassificationEvaluator } from 'coppice';
 * const table = await createTable({
 *   label: Int32Array.of(0, 1, 2, 2),
 *   prediction: Int32Array.of(0, 2, 2, 2),
 * });
 * const evaluator = new MulticlassClassificationEvaluator({ metricName: 'accuracy' });
 * console.log(await evaluator.evaluate(table)); // 0.75
 * ```
 */
export class MulticlassClassificationEvaluator extends Evaluator<typeof multiclassParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = multiclassParams;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(options?: MulticlassClassificationEvaluatorOptions) {
    super(multiclassParams, options);
  }

  override isLargerBetter(): boolean {
    return !smallerIsBetter.includes(this.params.metricName);
  }

  override async evaluate(table: PartitionedTable, options: EvaluateOptions = {}): Promise<number> {
    const { metricName, labelCol, weightCol, predictionCol, probabilityCol } = this.params;
    const { schema } = table;
    requireColumn(this.className, 'labelCol', labelCol, schema);
    if (weightCol !== undefined) requireColumn(this.className, 'weightCol', weightCol, schema);
    const isLoss = probabilityNames.includes(metricName);
    if (isLoss) requireColumn(this.className, 'probabilityCol', probabilityCol, schema);
    else requireColumn(this.className, 'predictionCol', predictionCol, schema);
    const areas = isArea(metricName);
    const wanted = { predictions: !isLoss, probabilities: isLoss, areas };
    const request = await this.#request(table, wanted, options);
    if (isLoss && request.probabilityCol === null) throw this.#unknownClasses();
    const { metrics, labels, stranger } = await this.#metrics(table, request, options);
    if (stranger !== undefined) throw unknownLabel(labelCol, stranger, request.classes ?? []);
    const value = metrics[metricName];
    if (value === undefined) throw this.#noSuchLabel(labels);
    return value;
  }

  override async evaluateAll(
    table: PartitionedTable,
    { metrics = multiclassMetricNames, ...options }: EvaluateAllOptions = {},
  ): Promise<Metrics> {
    checkMetrics(this.className, metrics, multiclassMetricNames);
    requireColumn(this.className, 'labelCol', this.params.labelCol, table.schema);
    const wanted = {
      predictions: metrics.some((name) => !probabilityNames.includes(name)),
      probabilities: metrics.some((name) => probabilityNames.includes(name)),
      areas: metrics.some(isArea),
    };
    const request = await this.#request(table, wanted, options);
    return (await this.#metrics(table, request, options)).metrics;
  }

  /**
   * The confusion matrix: which label was predicted as what.
   *
   * @throws CoppiceError as evaluate
   * @example
   * ```ts
   * import { createTable, MulticlassClassificationEvaluator } from 'coppice';
   * const table = createTable({ label: ['a', 'b', 'b'], prediction: ['a', 'a', 'b'] });
   * const { classes, weights } = await new MulticlassClassificationEvaluator().confusion(table);
   * console.log(classes, weights); // [ 'a', 'b' ] [ [ 1, 0 ], [ 1, 1 ] ]
   * ```
   */
  async confusion(table: PartitionedTable, options: EvaluateOptions = {}): Promise<Confusion> {
    const { labelCol, weightCol, predictionCol } = this.params;
    requireColumn(this.className, 'labelCol', labelCol, table.schema);
    if (weightCol !== undefined) {
      requireColumn(this.className, 'weightCol', weightCol, table.schema);
    }
    requireColumn(this.className, 'predictionCol', predictionCol, table.schema);
    const wanted = { predictions: true, probabilities: false, areas: false };
    const request = await this.#request(table, wanted, options);
    const parts = await gatherParts<MulticlassPart>(
      table,
      'evaluation.multiclass',
      request,
      options,
    );
    const found = await confusionOf(confusionsOf(parts));
    if (found === null) throw noRows(this.className);
    return found;
  }

  /** Which columns to read; no probabilities where their classes cannot be told. */
  async #request(
    table: PartitionedTable,
    wanted: { predictions: boolean; probabilities: boolean; areas: boolean },
    options: EvaluateOptions,
  ): Promise<MulticlassRequest> {
    const { labelCol, weightCol, predictionCol, probabilityCol, eps, k } = this.params;
    const { schema } = table;
    const request: MulticlassRequest = {
      labelCol,
      weightCol: weightCol ?? null,
      predictionCol: wanted.predictions ? presentColumn(schema, predictionCol) : null,
      probabilityCol: wanted.probabilities ? presentColumn(schema, probabilityCol) : null,
      classes: classesOf(schema, probabilityCol) ?? classesOf(schema, predictionCol),
      eps,
      k,
      numBins: this.params.numBins ?? 10,
      areaRoom: wanted.areas ? areaRoom / Math.max(1, table.numPartitions) : 0,
    };
    this.#checkKinds(schema, request);
    if (request.probabilityCol === null || request.classes !== null) return request;
    const parts = await gatherParts<ClassesPart>(table, 'evaluation.classes', request, {
      signal: options.signal,
    });
    const classes = inferClasses(parts);
    return classes === null ? { ...request, probabilityCol: null } : { ...request, classes };
  }

  /** A text equals no number: metrics would say that every row is wrong. @throws CoppiceError `COLUMN_TYPE` */
  #checkKinds(
    schema: Schema,
    { labelCol, predictionCol, probabilityCol, classes }: MulticlassRequest,
  ): void {
    if (predictionCol !== null)
      checkPredictionKind(this.className, schema, { labelCol, predictionCol });
    const label = requireColumn(this.className, 'labelCol', labelCol, schema);
    if (DataType.isNull(label.type)) return;
    const [first] = (probabilityCol === null ? null : classes) ?? [];
    if (first === undefined || (typeof first === 'string') === isText(label.type)) return;
    const rule = `${kindName(typeof first === 'string')}, as the classes of the model are: cast it`;
    throw columnTypeError(this.className, 'labelCol', label, rule);
  }

  #unknownClasses(): CoppiceError {
    const { labelCol, probabilityCol } = this.params;
    return new CoppiceError(
      'LABEL_INVALID',
      `label in column "${labelCol}" must have as many values as the vectors in column "${probabilityCol}", ` +
        'or be positions in them from 0, where that column names no classes; got others',
      { context: { column: labelCol } },
    );
  }

  #noSuchLabel(labels: readonly LabelValue[]): CoppiceError {
    const { metricName, metricLabel } = this.params;
    const rule = `a label of the table or a class of the model for ${metricName}`;
    const { code, message, context } = paramInvalid(
      this.className,
      'metricLabel',
      rule,
      metricLabel,
    );
    const hint = nameSuggestion(String(metricLabel), labels.map(String));
    return new CoppiceError(code, `${message}: ${hint}`, { context });
  }

  /** The metrics; areas only of labels that the model knows, else one that it does not. */
  async #metrics(
    table: PartitionedTable,
    request: MulticlassRequest,
    options: EvaluateOptions,
  ): Promise<{
    readonly metrics: Metrics;
    readonly labels: readonly LabelValue[];
    readonly stranger?: LabelValue;
  }> {
    const parts = await gatherParts<MulticlassPart>(
      table,
      'evaluation.multiclass',
      request,
      options,
    );
    const confusions = confusionsOf(parts);
    const labels = knownLabels(confusions, request.classes);
    const ofPredictions = await classMetrics(confusions, {
      ...this.params,
      isKnown: hasLabel(labels, this.params.metricLabel),
    });
    const [loss, hits] = [new ExactMean(), new ExactMean()];
    for (const part of parts) {
      if (part.loss !== null) loss.merge(part.loss);
      if (part.hits !== null) hits.merge(part.hits);
    }
    const sides = {
      positives: parts.map((part) => ({ bins: part.right })),
      negatives: parts.map((part) => ({ bins: part.wrong })),
    };
    if (ofPredictions === null && loss.weight.value() === 0) throw noRows(this.className);
    const ofProbabilities =
      request.probabilityCol === null
        ? {}
        : {
            logLoss: ratioOf(loss.sum, loss.weight),
            topKAccuracy: ratioOf(hits.sum, hits.weight),
            calibrationError: calibrationErrors(sides).calibrationError,
          };
    const metrics = { ...ofPredictions, ...ofProbabilities };
    if (request.areaRoom === 0) return { metrics, labels };
    const found = await areasOf(table, request, parts, options);
    if (found.areas === null) return { metrics, labels, stranger: found.stranger };
    return { metrics: { ...metrics, ...found.areas }, labels };
  }
}

/** The areas, where there are probabilities. */
async function areasOf(
  table: PartitionedTable,
  { labelCol, weightCol, probabilityCol, classes }: MulticlassRequest,
  parts: readonly MulticlassPart[],
  { signal }: EvaluateOptions,
): Promise<ClassAreasFound | { readonly areas: Metrics }> {
  if (probabilityCol === null || classes === null) return { areas: {} };
  const numRows = parts.reduce((sum, part) => sum + part.numRows, 0);
  const filled = parts.filter((part) => part.numRows > 0);
  const columns = filled.flatMap((part) => (part.columns === null ? [] : [part.columns]));
  const gathered = columns.length === filled.length ? columns : undefined;
  const request = { labelCol, weightCol, probabilityCol, classes, numRows, gathered };
  return await classAreas(table, request, { signal });
}

function isArea(name: string): boolean {
  return (areaNames as readonly string[]).includes(name);
}

function confusionsOf(parts: readonly MulticlassPart[]): ConfusionPart[] {
  return parts.flatMap((part) => (part.confusion === null ? [] : [part.confusion]));
}

/** Labels and predictions of the table, and classes of the model, each once, ascending. */
function knownLabels(
  parts: readonly ConfusionPart[],
  classes: readonly LabelValue[] | null,
): LabelValue[] {
  const all = [
    ...(classes ?? []),
    ...parts.flatMap((part) => [...part.labels, ...part.predictions]),
  ];
  return [...new Map(all.map((value) => [labelKey(value), value])).values()].sort(compareLabels);
}

registerStage(MulticlassClassificationEvaluator);
