/**
 * What fitted forests and single trees share: a classifier adds up the trees' shares of each class, a regressor
 * takes the mean of the trees. Which columns they add stands in their parameters.
 */
import type { Options, ParamSchema } from '../params/define-params.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import {
  type ClassifierColumnParams,
  checkThresholds,
  classifierOutputs,
} from './classifier-outputs.ts';
import type { ModelOutput } from './output-columns.ts';
import { type RegressorColumnParams, regressionOutputs } from './regression-outputs.ts';
import { TreeModel } from './tree-model.ts';
import type { TreeModelData } from './tree-model-data.ts';

/** A fitted forest or single tree for classes. */
export abstract class ForestClassificationModel<
  S extends ParamSpecs = ParamSpecs,
> extends TreeModel<S> {
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

/** A fitted forest or single tree for numbers. */
export abstract class ForestRegressionModel<
  S extends ParamSpecs = ParamSpecs,
> extends TreeModel<S> {
  protected override get link(): 'mean' {
    return 'mean';
  }

  protected override get outputs(): ModelOutput {
    return regressionOutputs(this.params as unknown as RegressorColumnParams);
  }
}
