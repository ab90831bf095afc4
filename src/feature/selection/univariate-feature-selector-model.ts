/** A fitted UnivariateFeatureSelector: which features were chosen, and every feature's test. */
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { column, float, oneOf } from '../../params/kinds.ts';
import { savedInputSchema } from '../../pipeline/model.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import {
  SelectorModel,
  type SelectorState,
  savedSelection,
  selectorColumns,
} from './selector-model.ts';
import type { FeatureTest } from './test-features.ts';

/** Parameters of {@link UnivariateFeatureSelectorModel} and its estimator. */
export const univariateFeatureSelectorSpecs = {
  ...selectorColumns,
  /** The column of labels. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /** What features are; by default categories where they are text or dictionaries, else numbers. */
  featureType: oneOf(['auto', 'categorical', 'continuous'], { default: 'auto', since: '0.1.0' }),
  /** What labels are; by default classes where they are text, dictionaries or booleans, else numbers. */
  labelType: oneOf(['auto', 'categorical', 'continuous'], { default: 'auto', since: '0.1.0' }),
  /**
   * Which features are chosen: so many of the smallest p-values (`numTopFeatures`), such a share of them
   * (`percentile`), those below a p-value (`fpr`), those that keep the share of false choices (`fdr`, after Benjamini
   * and Hochberg) or the chance of any false choice (`fwe`, after Bonferroni) below a bound.
   */
  selectionMode: oneOf(['numTopFeatures', 'percentile', 'fpr', 'fdr', 'fwe'], {
    default: 'numTopFeatures',
    since: '0.1.0',
  }),
  /** The number, share or bound of the mode: by default 50, 0.1, and 0.05 for the others. */
  selectionThreshold: float({ min: 0, since: '0.1.0' }),
};

type SelectorParams = Resolved<typeof univariateFeatureSelectorSpecs>;

/** The threshold, by default that of the mode. */
export function thresholdOf({ selectionMode, selectionThreshold }: SelectorParams): number {
  if (selectionThreshold !== undefined) return selectionThreshold;
  return selectionMode === 'numTopFeatures' ? 50 : selectionMode === 'percentile' ? 0.1 : 0.05;
}

/** The cross-field check of the selector and its model. */
export function checkSelector(params: SelectorParams): string | null {
  const threshold = thresholdOf(params);
  if (params.selectionMode === 'numTopFeatures') {
    const isCount = Number.isInteger(threshold) && threshold >= 1;
    return isCount ? null : 'selectionThreshold must be an integer ≥ 1 with numTopFeatures';
  }
  return threshold <= 1 ? null : `selectionThreshold must be ≤ 1 with ${params.selectionMode}`;
}

/** Parameters of {@link UnivariateFeatureSelectorModel}. */
export const univariateFeatureSelectorModelParams = defineParams(
  'UnivariateFeatureSelectorModel',
  univariateFeatureSelectorSpecs,
  checkSelector,
);

/** Options of {@link UnivariateFeatureSelectorModel}. @interface */
export type UnivariateFeatureSelectorModelOptions = Options<
  typeof univariateFeatureSelectorModelParams.schema
>;

/** What a {@link UnivariateFeatureSelectorModel} has learned. */
export interface UnivariateFeatureSelectorState extends SelectorState {
  /** Of every feature, chosen or not. */
  readonly tests: readonly FeatureTest[];
}

/**
 * The result of `UnivariateFeatureSelector.fit`.
 *
 * Input: the fitted column. Output: the same with the chosen features only.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`
 */
export class UnivariateFeatureSelectorModel extends SelectorModel<
  typeof univariateFeatureSelectorModelParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = univariateFeatureSelectorModelParams;
  /** Of every feature, chosen or not: statistic, p-value and degrees of freedom. */
  readonly tests: readonly FeatureTest[];

  constructor(
    options: UnivariateFeatureSelectorModelOptions,
    state: UnivariateFeatureSelectorState,
  ) {
    super(univariateFeatureSelectorModelParams, options, state);
    this.tests = Object.freeze([...state.tests]);
  }

  /** Writes the positions of the chosen features, and every feature's test. */
  override async saveData(writer: StageWriter): Promise<void> {
    await super.saveData(writer);
    await writer.tensors('tests', {
      statistics: Float64Array.from(this.tests, ({ statistic }) => statistic),
      pValues: Float64Array.from(this.tests, ({ pValue }) => pValue),
      degreesOfFreedom: Float64Array.from(this.tests, (test) => test.degreesOfFreedom),
    });
  }

  static override fromSaved(reader: StageReader): UnivariateFeatureSelectorModel {
    const inputSchema = savedInputSchema(reader);
    const selectedFeatures = savedSelection(reader, inputSchema);
    const stored = reader.tensors('tests');
    const statistics = stored.get('statistics', Float64Array);
    const numTests = statistics.length;
    const pValues = stored.get('pValues', Float64Array, numTests);
    const degrees = stored.get('degreesOfFreedom', Float64Array, numTests);
    const tests = Array.from(statistics, (statistic, i) => ({
      statistic,
      pValue: pValues[i] as number,
      degreesOfFreedom: degrees[i] as number,
    }));
    const state = { selectedFeatures, inputSchema, tests };
    return new UnivariateFeatureSelectorModel(reader.options, state);
  }

  /** What the constructor takes after the options. */
  protected override constructorArguments(): readonly unknown[] {
    const { selectedFeatures, inputSchema, tests } = this;
    return [{ selectedFeatures, inputSchema, tests }];
  }
}

registerStage(UnivariateFeatureSelectorModel);
