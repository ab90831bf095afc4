/** A fitted TrainValidationSplit: the best candidate fitted on all rows, and what each reached on the held-out rows. */
import { defineParams, type Options } from '../../params/define-params.ts';
import { float } from '../../params/kinds.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { searchSpecs } from './search-params.ts';
import { readTunedState, TunedModel, type TunedState } from './tuned-model.ts';

const { numFolds: _numFolds, foldCol: _foldCol, ...ownSpecs } = searchSpecs;

/** How a TrainValidationSplit goes on; its models keep these parameters. */
export const shareSpecs = {
  ...ownSpecs,
  /** The share of the rows that candidates are fitted on; the others measure them. */
  trainRatio: float({ default: 0.75, above: 0, below: 1, since: '0.1.0' }),
};

/** Parameters of {@link TrainValidationSplitModel}. */
export const trainValidationSplitModelParams = defineParams(
  'TrainValidationSplitModel',
  shareSpecs,
);

/** Options of {@link TrainValidationSplitModel}. @interface */
export type TrainValidationSplitModelOptions = Options<
  typeof trainValidationSplitModelParams.schema
>;

/**
 * The result of `TrainValidationSplit.fit`.
 *
 * Input and output: those of `bestModel`, which was fitted on all rows.
 *
 * @throws CoppiceError what `bestModel` throws
 */
export class TrainValidationSplitModel extends TunedModel<
  typeof trainValidationSplitModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = trainValidationSplitModelParams;

  constructor(options: TrainValidationSplitModelOptions, state: TunedState) {
    super(trainValidationSplitModelParams, options, { state, estimator: 'TrainValidationSplit' });
  }

  /** The metric on the held-out rows, by candidate. */
  get validationMetrics(): readonly number[] {
    return this.rounds[0]?.metrics.map(([metric]) => metric as number) ?? [];
  }

  static override async fromSaved(reader: StageReader): Promise<TrainValidationSplitModel> {
    return new TrainValidationSplitModel(reader.options, await readTunedState(reader));
  }
}

registerStage(TrainValidationSplitModel);
