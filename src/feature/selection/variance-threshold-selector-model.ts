/** A fitted VarianceThresholdSelector: which features vary enough. */
import { defineParams, type Options } from '../../params/define-params.ts';
import { float } from '../../params/kinds.ts';
import { savedInputSchema } from '../../pipeline/model.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import {
  SelectorModel,
  type SelectorState,
  savedSelection,
  selectorColumns,
} from './selector-model.ts';

/** Parameters of {@link VarianceThresholdSelectorModel} and its estimator. */
export const varianceThresholdSelectorSpecs = {
  ...selectorColumns,
  /** Features of a larger sample variance are kept. */
  varianceThreshold: float({ default: 0, min: 0, since: '0.1.0' }),
};

/** Parameters of {@link VarianceThresholdSelectorModel}. */
export const varianceThresholdSelectorModelParams = defineParams(
  'VarianceThresholdSelectorModel',
  varianceThresholdSelectorSpecs,
);

/** Options of {@link VarianceThresholdSelectorModel}. @interface */
export type VarianceThresholdSelectorModelOptions = Options<
  typeof varianceThresholdSelectorModelParams.schema
>;

/**
 * The result of `VarianceThresholdSelector.fit`.
 *
 * Input: the fitted column. Output: the same with the chosen features only.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class VarianceThresholdSelectorModel extends SelectorModel<
  typeof varianceThresholdSelectorModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = varianceThresholdSelectorModelParams;

  constructor(options: VarianceThresholdSelectorModelOptions, state: SelectorState) {
    super(varianceThresholdSelectorModelParams, options, state);
  }

  static override fromSaved(reader: StageReader): VarianceThresholdSelectorModel {
    const inputSchema = savedInputSchema(reader);
    const selectedFeatures = savedSelection(reader, inputSchema);
    return new VarianceThresholdSelectorModel(reader.options, { selectedFeatures, inputSchema });
  }
}

registerStage(VarianceThresholdSelectorModel);
