/** A fitted RecursiveFeatureElimination: which features are left, and when the others went. */

import { foldParams } from '../../feature/folds/fold-params.ts';
import {
  SelectorModel,
  type SelectorState,
  savedSelection,
  selectorColumns,
} from '../../feature/selection/selector-model.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { float, int } from '../../params/kinds.ts';
import { savedInputSchema } from '../../pipeline/model.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';

/** Parameters of {@link RecursiveFeatureEliminationModel} and, besides estimator and evaluator, of its estimator. */
export const eliminationSpecs = {
  ...selectorColumns,
  /** How many features are left: half of them by default. With an evaluator it is left out. */
  numFeatures: int({ min: 1, since: '0.1.0' }),
  /** With an evaluator: the fewest features that are tried (1 by default). */
  minFeatures: int({ min: 1, since: '0.1.0' }),
  /** How many features go at once; below 1 a share of all. */
  step: float({ default: 1, above: 0, since: '0.1.0' }),
  ...foldParams,
};

/** Parameters of {@link RecursiveFeatureEliminationModel}. */
export const recursiveFeatureEliminationModelParams = defineParams(
  'RecursiveFeatureEliminationModel',
  eliminationSpecs,
);

/** Options of {@link RecursiveFeatureEliminationModel}. @interface */
export type RecursiveFeatureEliminationModelOptions = Options<
  typeof recursiveFeatureEliminationModelParams.schema
>;

/** The mean metric of a number of features over the folds. */
export interface EliminationStep {
  /** How many features. */
  readonly numFeatures: number;
  /** Its mean metric. */
  readonly metric: number;
}

/** What a {@link RecursiveFeatureEliminationModel} is made of. */
export interface EliminationState extends SelectorState {
  /** For each feature 1 where it is left, 2 where it went last, and so on. */
  readonly ranking: readonly number[];
  /** The mean metric of each number of features, fewest first; empty without an evaluator. */
  readonly steps: readonly EliminationStep[];
}

/**
 * The result of `RecursiveFeatureElimination.fit`.
 *
 * Input: the fitted column. Output: the same with the features that are left.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class RecursiveFeatureEliminationModel extends SelectorModel<
  typeof recursiveFeatureEliminationModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = recursiveFeatureEliminationModelParams;
  /** For each feature 1 where it is left, 2 where it went last, 3 where it went before that, and so on. */
  readonly ranking: readonly number[];
  /** With an evaluator: the mean metric of each number of features that was tried, fewest first; else empty. */
  readonly steps: readonly EliminationStep[];

  constructor(options: RecursiveFeatureEliminationModelOptions, state: EliminationState) {
    super(recursiveFeatureEliminationModelParams, options, state);
    this.ranking = Object.freeze([...state.ranking]);
    this.steps = Object.freeze([...state.steps]);
  }

  /** Writes the positions of the chosen features, the ranking and the metrics. */
  override async saveData(writer: StageWriter): Promise<void> {
    await super.saveData(writer);
    await writer.tensors('elimination', {
      ranking: Uint32Array.from(this.ranking),
      numFeatures: Uint32Array.from(this.steps, ({ numFeatures }) => numFeatures),
      metrics: Float64Array.from(this.steps, ({ metric }) => metric),
    });
  }

  static override fromSaved(reader: StageReader): RecursiveFeatureEliminationModel {
    const inputSchema = savedInputSchema(reader);
    const selectedFeatures = savedSelection(reader, inputSchema);
    const stored = reader.tensors('elimination');
    const ranking = [...stored.get('ranking', Uint32Array)];
    const numFeatures = [...stored.get('numFeatures', Uint32Array)];
    const metrics = stored.get('metrics', Float64Array, numFeatures.length);
    const steps = numFeatures.map((own, i) => ({ numFeatures: own, metric: metrics[i] as number }));
    const state = { selectedFeatures, inputSchema, ranking, steps };
    return new RecursiveFeatureEliminationModel(reader.options, state);
  }

  /** What the constructor takes after the options. */
  protected override constructorArguments(): readonly unknown[] {
    const { selectedFeatures, inputSchema, ranking, steps } = this;
    return [{ selectedFeatures, inputSchema, ranking, steps }];
  }
}

registerStage(RecursiveFeatureEliminationModel);
