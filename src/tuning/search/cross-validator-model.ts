/** A fitted CrossValidator: the best candidate fitted on all rows, and the metrics of every fold. */
import { defineParams, type Options } from '../../params/define-params.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { rankCandidates } from './choose-best.ts';
import { searchSpecs } from './search-params.ts';
import { readTunedState, TunedModel, type TunedState } from './tuned-model.ts';

/** Parameters of {@link CrossValidatorModel}. */
export const crossValidatorModelParams = defineParams('CrossValidatorModel', searchSpecs);

/** Options of {@link CrossValidatorModel}. @interface */
export type CrossValidatorModelOptions = Options<typeof crossValidatorModelParams.schema>;

/**
 * The result of `CrossValidator.fit`.
 *
 * Input and output: those of `bestModel`, which was fitted on all rows.
 *
 * @throws CoppiceError what `bestModel` throws
 */
export class CrossValidatorModel extends TunedModel<typeof crossValidatorModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = crossValidatorModelParams;

  constructor(options: CrossValidatorModelOptions, state: TunedState) {
    super(crossValidatorModelParams, options, { state, estimator: 'CrossValidator' });
  }

  /** The mean metric over the folds, by candidate. */
  get avgMetrics(): readonly number[] {
    return rankCandidates(this.foldMetrics, true).averages;
  }

  /** The standard deviation of the metric over the folds, by candidate. */
  get stdMetrics(): readonly number[] {
    return rankCandidates(this.foldMetrics, true).deviations;
  }

  /** The metrics by candidate, then by fold. */
  get foldMetrics(): readonly (readonly number[])[] {
    return this.rounds[0]?.metrics ?? [];
  }

  static override async fromSaved(reader: StageReader): Promise<CrossValidatorModel> {
    return new CrossValidatorModel(reader.options, await readTunedState(reader));
  }
}

registerStage(CrossValidatorModel);
