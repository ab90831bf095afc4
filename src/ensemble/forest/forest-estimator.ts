/** What the estimators of forests and single trees share: they are fitted alike and differ in a few facts. */

import type { Schema } from 'apache-arrow';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { type ColumnParams, fitColumns } from '../../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { TreeModel } from '../model/tree-model.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import {
  type ClassifierColumnParams,
  plannedClassifierSchema,
} from '../prediction/classifier-outputs.ts';
import { schemaWithOutputs } from '../prediction/output-columns.ts';
import { type RegressorColumnParams, regressionOutputs } from '../prediction/regression-outputs.ts';
import { type AnyForestParams, type ForestKind, fitForest } from './fit-forest.ts';
import { type ForestColumnParams, withStatisticsFields } from './forest-models.ts';

/** An estimator of a forest or of a single tree. */
export abstract class ForestEstimator<M extends TreeModel, S extends ParamSpecs> extends Estimator<
  M,
  S
> {
  /** @internal What it grows. */
  protected abstract readonly kind: ForestKind;
  /** Makes the model of what was learned. */
  protected abstract modelOf(data: TreeModelData): M;

  override get continuesModels(): boolean {
    return this.kind.isSingle !== true;
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<M> {
    checkFit(this.className, table, options);
    const params = this.params as unknown as AnyForestParams;
    const fit = { ...this.kind, owner: this.className, params, given: this.givenOptions };
    return this.modelOf(await fitForest(fit, table, options));
  }

  override transformSchema(schema: Schema): Schema {
    const { labelKind } = this.kind;
    const params: unknown = this.params;
    const { labelType } = fitColumns(this.className, schema, params as ColumnParams, labelKind);
    if (labelKind === 'class')
      return plannedClassifierSchema(schema, params as ClassifierColumnParams, labelType);
    const { numTrees = 1 } = params as { readonly numTrees?: number };
    const outputs = regressionOutputs(params as RegressorColumnParams);
    const planned = schemaWithOutputs(schema, { outputs, classes: [], labelType, numTrees });
    return withStatisticsFields(planned, params as ForestColumnParams);
  }
}
