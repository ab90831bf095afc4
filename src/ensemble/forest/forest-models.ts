/**
 * What fitted forests and single trees share: a classifier adds up the trees' shares of each class, a regressor
 * takes the mean of the trees. Which columns they add stands in their parameters.
 */

import { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { Options, ParamSchema } from '../../params/define-params.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { TreeModel } from '../model/tree-model.ts';
import { readTreeModel, type TreeModelData } from '../model/tree-model-data.ts';
import {
  type ClassifierColumnParams,
  checkThresholds,
  classifierOutputs,
} from '../prediction/classifier-outputs.ts';
import type { ModelOutput } from '../prediction/output-columns.ts';
import { type RegressorColumnParams, regressionOutputs } from '../prediction/regression-outputs.ts';
import { refuseColumns } from '../prediction/written-model.ts';
import { type LeafLabels, sharedLeafLabels } from './leaf-labels.ts';
import {
  type LeafStatistics,
  type LeafStatisticsSpec,
  labelQuantilesField,
  varianceField,
} from './leaf-statistics-operator.ts';

/** A fitted forest or single tree for classes. */
export abstract class ForestClassificationModel<
  S extends ParamSpecs = ParamSpecs,
> extends TreeModel<S, ClassValue> {
  constructor(
    schema: ParamSchema<S>,
    options: Options<S> | undefined,
    data: TreeModelData,
    estimator: string,
  ) {
    super(schema, options, data, estimator);
    checkThresholds(this.className, this.#columns.thresholds, data.classes);
  }

  protected override get link(): 'share' {
    return 'share';
  }

  protected override get outputs(): ModelOutput {
    return classifierOutputs(this.#columns);
  }

  protected override get thresholds(): readonly number[] | null {
    return this.#columns.thresholds ?? null;
  }

  /** How many classes there are. */
  get numClasses(): number {
    return this.data.classes.length;
  }

  /** Every schema of a forest for classes has these. */
  get #columns(): ClassifierColumnParams & { readonly thresholds?: readonly number[] | undefined } {
    return this.params as unknown as ClassifierColumnParams;
  }
}

/** Reads a forest's trees for one label, or for those that its parameters name. */
export function readRegressionForest(reader: StageReader): TreeModelData {
  const { labelCols } = reader.options as Partial<ForestColumnParams>;
  return readTreeModel(reader, Array.isArray(labelCols) ? labelCols.length : 1);
}

/** Which quantiles are given where nobody says which; Spark's for survival. */
const usualProbabilities = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/** The parameters that name a forest regressor's columns. */
export interface ForestColumnParams extends RegressorColumnParams {
  readonly varianceCol?: string | undefined;
  readonly quantilesCol?: string | undefined;
  readonly quantileProbabilities?: readonly number[] | undefined;
}

/** A fitted forest or single tree for numbers. */
export abstract class ForestRegressionModel<S extends ParamSpecs = ParamSpecs> extends TreeModel<
  S,
  number
> {
  #sharedLabels: LeafLabels | null = null;

  protected override get link(): 'mean' {
    return 'mean';
  }

  protected override get outputs(): ModelOutput {
    return regressionOutputs(this.#columns);
  }

  /**
   * Adds quantiles of the label to each row, a vector of float64: of the training labels in the leaves that the row
   * ends in, each tree's with the same total weight, the least label that so much of the weight does not exceed.
   * The model must have been fitted with `quantilesCol`, which makes transform add such a column too.
   *
   * Cost: one walk down the trees, and the labels of one leaf a tree.
   * Determinism: the same bits for a row in any table, partition or thread.
   *
   * @param probabilities ascending, between 0 and 1; by default those of the parameters
   * @param outputCol the name of the column
   * @throws CoppiceError `USAGE`, `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
   * @see docs/guides/forests.md; N. Meinshausen, "Quantile regression forests", 2006
   */
  async predictQuantiles(
    table: PartitionedTable,
    probabilities: readonly number[] = this.#probabilities,
    outputCol = 'quantiles',
  ): Promise<PartitionedTable> {
    this.checkInput(table.schema);
    refuseExistingColumn(this.className, 'outputCol', outputCol, table.schema);
    const isSound = probabilities.every(
      (p, i) => p > 0 && p < 1 && (i === 0 || p > (probabilities[i - 1] as number)),
    );
    if (!isSound || probabilities.length === 0) {
      throw new CoppiceError(
        'USAGE',
        `probabilities of predictQuantiles must be ascending numbers in (0, 1); got [${probabilities.join(', ')}]`,
        { context: { owner: this.className } },
      );
    }
    const labels = this.#labels();
    return this.#withStatistics(table, {
      varianceCol: null,
      quantiles: { outputCol, probabilities, labels },
    });
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    this.transformSchema(table.schema);
    const predicted = await super.transform(table);
    const { varianceCol = null, quantilesCol } = this.#columns;
    if (varianceCol === null && quantilesCol === undefined) return predicted;
    if (varianceCol !== null && this.data.trees.variance === undefined)
      throw this.#notAskedFor('varianceCol', 'variances');
    const quantiles =
      quantilesCol === undefined
        ? null
        : { outputCol: quantilesCol, probabilities: this.#probabilities, labels: this.#labels() };
    return this.#withStatistics(predicted, { varianceCol, quantiles });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    refuseColumns(graph, this.#columns, ['varianceCol', 'quantilesCol']);
    super.addToOnnx(graph);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    refuseColumns(writer, this.#columns, ['varianceCol', 'quantilesCol']);
    await super.addToPmml(writer);
  }

  override transformSchema(schema: Schema): Schema {
    const predicted = super.transformSchema(schema);
    for (const name of ['varianceCol', 'quantilesCol'] as const) {
      const column = this.#columns[name];
      if (column !== undefined) refuseExistingColumn(this.className, name, column, predicted);
    }
    return withStatisticsFields(predicted, this.#columns);
  }

  get #columns(): ForestColumnParams {
    return this.params as unknown as ForestColumnParams;
  }

  get #probabilities(): readonly number[] {
    return this.#columns.quantileProbabilities ?? usualProbabilities;
  }

  #labels(): LeafLabels {
    const { leafLabels } = this.data;
    if (this.#columns.labelCols !== undefined) {
      throw new CoppiceError(
        'UNSUPPORTED',
        `quantiles of ${this.className} must be those of one label; got a model of ${this.#columns.labelCols.join(', ')}; fit one with quantilesCol for each`,
        { context: { owner: this.className, param: 'labelCols' } },
      );
    }
    if (!leafLabels) throw this.#notAskedFor('quantilesCol', 'quantiles');
    this.#sharedLabels ??= sharedLeafLabels(leafLabels);
    return this.#sharedLabels;
  }

  #notAskedFor(param: string, what: string): CoppiceError {
    return new CoppiceError(
      'USAGE',
      `${what} of ${this.className} must be asked for when it is fitted; got a model without them; give ${param} to the estimator`,
      { context: { owner: this.className, param } },
    );
  }

  #withStatistics(table: PartitionedTable, statistics: LeafStatistics): PartitionedTable {
    const { varianceCol, quantiles } = statistics;
    const spec: LeafStatisticsSpec = {
      ...{ ...this.walked, ...statistics },
      kind: 'ensemble.leafStatistics',
      writes: [varianceCol, quantiles?.outputCol ?? null].filter((name) => name !== null),
    };
    const schema = withStatisticsFields(table.schema, {
      varianceCol: varianceCol ?? undefined,
      quantilesCol: quantiles?.outputCol,
      quantileProbabilities: quantiles?.probabilities,
    });
    return table.withOperator(spec, schema);
  }
}

/** The schema with the columns of variances and quantiles that are named. */
export function withStatisticsFields(
  schema: Schema,
  columns: Pick<ForestColumnParams, 'varianceCol' | 'quantilesCol' | 'quantileProbabilities'>,
): Schema {
  const { varianceCol, quantilesCol, quantileProbabilities = usualProbabilities } = columns;
  const added = [
    ...(varianceCol === undefined ? [] : [varianceField(varianceCol)]),
    ...(quantilesCol === undefined
      ? []
      : [labelQuantilesField(quantilesCol, quantileProbabilities)]),
  ];
  return added.length === 0 ? schema : new Schema([...schema.fields, ...added], schema.metadata);
}
