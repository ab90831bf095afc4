/** A fitted SuccessiveHalving: the candidate that was left, fitted on all rows, and the rounds that led to it. */
import { defineParams, type Options } from '../../params/define-params.ts';
import { float, int, str } from '../../params/kinds.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { searchSpecs } from './search-params.ts';
import { readTunedState, TunedModel, type TunedState } from './tuned-model.ts';

const { collectSubModels: _collectSubModels, ...ownSpecs } = searchSpecs;

/** How a SuccessiveHalving goes on; its models keep these parameters. */
export const halvingSpecs = {
  ...ownSpecs,
  /** After each round one candidate in so many goes on, with so many times the resource. */
  factor: int({ default: 3, min: 2, max: 100, since: '0.1.0' }),
  /** What early rounds are given little of: `rows`, or the name of a whole-number parameter such as `maxIter`. */
  resource: str({ default: 'rows', since: '0.1.0' }),
  /** The resource of the last round: a share of the rows (1), or the parameter's value (the estimator's). */
  maxResource: float({ above: 0, since: '0.1.0' }),
  /** The least resource of a round: a share of the rows (0), or a value of the parameter (1). */
  minResource: float({ above: 0, since: '0.1.0' }),
};

/** Parameters of {@link SuccessiveHalvingModel}. */
export const successiveHalvingModelParams = defineParams('SuccessiveHalvingModel', halvingSpecs);

/** Options of {@link SuccessiveHalvingModel}. @interface */
export type SuccessiveHalvingModelOptions = Options<typeof successiveHalvingModelParams.schema>;

/**
 * The result of `SuccessiveHalving.fit`.
 *
 * Input and output: those of `bestModel`, which was fitted on all rows. `rounds` says which candidates were tried
 * with which resource, and what they reached.
 *
 * @throws CoppiceError what `bestModel` throws
 */
export class SuccessiveHalvingModel extends TunedModel<typeof successiveHalvingModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = successiveHalvingModelParams;

  constructor(options: SuccessiveHalvingModelOptions, state: TunedState) {
    super(successiveHalvingModelParams, options, { state, estimator: 'SuccessiveHalving' });
  }

  static override async fromSaved(reader: StageReader): Promise<SuccessiveHalvingModel> {
    return new SuccessiveHalvingModel(reader.options, await readTunedState(reader));
  }
}

registerStage(SuccessiveHalvingModel);
