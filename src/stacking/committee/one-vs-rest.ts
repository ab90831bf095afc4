/** Many classes by classifiers of two: one for each class against all others. */

import type { Schema } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { noRows } from '../../evaluation/evaluators/evaluator.ts';
import { distinctLabels } from '../../feature/statistics/distinct-labels.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column } from '../../params/kinds.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { columnNameOf } from '../../pipeline/column-name-of.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { estimatorParam } from '../bagging/bagging-params.ts';
import { withInputColumns } from '../column-names.ts';
import { fitSideBySide } from '../fit-side-by-side.ts';
import type { Member } from '../level-one/cross-fit.ts';
import { parallelismParam, readEstimator } from '../members.ts';
import {
  CommitteeModel,
  type CommitteeState,
  inputsOfModels,
  readCommittee,
} from './committee-model.ts';
import { classOutputParams } from './committee-params.ts';
import { labelTypeOf, plannedClassSchema, votePlan } from './fit-committee.ts';
import { isClass, schemaOfIsClass } from './is-class.ts';

const oneVsRestSpecs = {
  /** The column to be predicted; by default the one that the classifier names. */
  labelCol: column({ since: '0.1.0' }),
  /** Weights of rows, where the classifier names none. */
  weightCol: column({ since: '0.1.0' }),
  ...classOutputParams,
  /** How many fits may be under way at once; by default as many as the session has threads. */
  parallelism: parallelismParam,
};

/** Parameters of {@link OneVsRest}. */
export const oneVsRestParams = defineParams('OneVsRest', {
  /** The classifier of two classes; a pipeline too. */
  classifier: estimatorParam,
  ...oneVsRestSpecs,
});

/** Parameters of {@link OneVsRestModel}. */
export const oneVsRestModelParams = defineParams('OneVsRestModel', oneVsRestSpecs);

/** Options of {@link OneVsRest}. @interface */
export type OneVsRestOptions = Options<typeof oneVsRestParams.schema>;

/** Options of {@link OneVsRestModel}. @interface */
export type OneVsRestModelOptions = Options<typeof oneVsRestModelParams.schema>;

/**
 * The result of `OneVsRest.fit`.
 *
 * Input: what the classifier's models read. Output: each class's score, the scores' shares and the surest class.
 */
export class OneVsRestModel extends CommitteeModel<typeof oneVsRestModelParams.schema, ClassValue> {
  /** The declared parameters. */
  static readonly paramSchema = oneVsRestModelParams;

  constructor(options: OneVsRestModelOptions, state: CommitteeState) {
    super(oneVsRestModelParams, options, state, 'OneVsRest');
  }

  static override async fromSaved(reader: StageReader): Promise<OneVsRestModel> {
    return new OneVsRestModel(reader.options, await readCommittee(reader));
  }
}

const isClassRequest = { baseOutput: 'auto', logit: false, classes: [0, 1] } as const;

/**
 * Many classes by a classifier of two: for each class one is fitted that tells it from all others, and the surest
 * wins. For classifiers that know no more than two classes, and for classes that need features of their own.
 *
 * Input: what the classifier reads, and `label`. Output: `rawPrediction` (each class's probability, or its margin
 * where the classifier has no probabilities), `probability` (divided by their sum), `prediction`. Cost: a fit a class,
 * on one pool. Determinism: the same model, bit for bit, on any topology.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `SCHEMA_MISMATCH`, `LABEL_INVALID`,
 *   `DATA_EMPTY`, `ABORTED`, and what the classifier throws
 * @example
 * ```ts
 * import { createTable, GBTClassifier, OneVsRest } from 'coppice';
 * const x = Array.from({ length: 90 }, (_, row) => row % 30);
 * const table = createTable({ x, label: x.map((value) => ['low', 'mid', 'high'][Math.floor(value / 10)]!) });
 * const classifier = new GBTClassifier({ featuresCols: ['x'], maxIter: 3, minInstancesPerNode: 1 });
 * const model = await new OneVsRest({ classifier }).fit(table);
 * console.log(model.classes.join()); // high,low,mid
 * ```
 * @see R. Rifkin and A. Klautau, "In defense of one-vs-all classification", 2004
 */
export class OneVsRest extends Estimator<OneVsRestModel, typeof oneVsRestParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = oneVsRestParams;

  constructor(options: OneVsRestOptions) {
    super(oneVsRestParams, options);
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<OneVsRestModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { signal, validation, onProgress, nesting } = options;
    const { className: owner, params } = this;
    throwIfAborted(signal, `${owner}.fit`);
    const labelCol = this.#labelCol();
    const classes = await distinctLabels(table, labelCol, { signal });
    if (classes.length === 0) throw noRows(owner);
    const stage = this.#classifier();
    const members: Member[] = classes.map((value) => ({ name: `is_${String(value)}`, stage }));
    const jobs = classes.map((value) => async (inner: AbortSignal) => {
      const watched = validation === undefined ? undefined : isClass(validation, labelCol, value);
      return await stage.fit(isClass(table, labelCol, value), {
        signal: inner,
        validation: watched,
        nesting,
      });
    });
    const parallelism = params.parallelism ?? table.runner.numThreads;
    const models = await fitSideBySide(jobs, { owner, parallelism, signal, onProgress });
    const { classifier: _, ...rest } = this.givenOptions;
    return new OneVsRestModel(rest, {
      models,
      plan: votePlan(owner, table.schema, { members, models, request: isClassRequest }),
      rule: 'oneVsRest',
      weights: models.map(() => 1),
      classes,
      labelType: labelTypeOf(owner, table.schema, labelCol),
      inputSchema: inputsOfModels(models),
    });
  }

  override transformSchema(schema: Schema): Schema {
    const labelCol = this.#labelCol();
    const planned = plannedClassSchema(this.className, schema, labelCol, this.params);
    const stage = this.#classifier();
    votePlan(this.className, schemaOfIsClass(schema, labelCol), {
      members: [{ name: stage.className, stage }],
      models: [stage],
      request: isClassRequest,
    });
    return planned;
  }

  #labelCol(): string {
    const { labelCol, classifier } = this.params;
    return labelCol ?? columnNameOf(classifier, 'labelCol') ?? 'label';
  }

  #classifier(): Estimator {
    const { classifier, labelCol, weightCol } = this.params;
    return withInputColumns(this.className, classifier, { labelCol, weightCol });
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.stage('classifier', this.params.classifier);
  }

  static override async fromSaved(reader: StageReader): Promise<OneVsRest> {
    const classifier = await readEstimator(reader, 'classifier');
    return new OneVsRest({ ...reader.options, classifier });
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    return [['classifier', this.params.classifier]];
  }
}

registerStage(OneVsRest);
registerStage(OneVsRestModel);
