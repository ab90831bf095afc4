/** Parameters of uplift forests. */
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { column, either, float, int, numbers, oneOf, str, strings } from '../../params/kinds.ts';
import { problemOfArms } from '../../pipeline/treatment-arms.ts';
import { checkBins } from './bin-params.ts';
import {
  bootstrapParam,
  featureSubsetStrategy,
  inputColumnParams,
  outputColumnParams,
  treeGrowthParams,
} from './tree-params.ts';

// all histograms are this machine's: those of a device are not of treatments
const { device: _, ...growthParams } = treeGrowthParams;

/** Parameters of UpliftForest. */
export const upliftForestParams = defineParams(
  'UpliftForest',
  {
    ...inputColumnParams,
    /** The outcome: 1 or true where it came, 0 or false where not. */
    labelCol: column({ default: 'label', since: '0.1.0' }),
    /** 1 or true where the row was treated, 0 or false where not; with treatments which arm of the trial the row was in. */
    treatmentCol: column({ default: 'treatment', since: '0.1.0' }),
    /** The values of treatmentCol that stand for treatments: texts or numbers. Of several the prediction is a vector of
     *  uplifts, one a treatment in this order. */
    treatments: either(strings({ minLength: 1 }), numbers({ minLength: 1 }), { since: '0.1.0' }),
    /** With treatments: the value of treatmentCol where a row was not treated; by default `control` of texts, 0 of numbers,
     *  false of booleans. */
    controlValue: either(str({}), float({}), { since: '0.1.0' }),
    ...outputColumnParams,
    /** Name of the column of uplifts: what treatment adds to the probability of the outcome. */
    predictionCol: column({ default: 'prediction', since: '0.1.0' }),
    ...growthParams,
    /** Least rows of a leaf. */
    minInstancesPerNode: int({ default: 1, min: 1, since: '0.1.0' }),
    /** Least rows of a leaf of each treatment, and least rows that were not treated. */
    minInstancesPerTreatment: int({ default: 10, min: 1, since: '0.1.0' }),
    /** How many trees. */
    numTrees: int({ default: 100, min: 1, since: '0.1.0' }),
    /** Most splits between the root and a leaf. */
    maxDepth: int({ default: 8, min: 0, max: 1000, since: '0.1.0' }),
    /** How many features a node looks at; auto is twice the square root. Where none of them splits the node, it looks at
     *  further ones. */
    featureSubsetStrategy,
    /** Rows of a tree as a share of all rows. */
    subsamplingRate: float({ default: 1, above: 0, max: 1, since: '0.1.0' }),
    /** Draw rows with replacement. */
    bootstrap: bootstrapParam,
    /** Share of each tree's rows that its uplifts are learned from while the others choose its splits: honest trees. With 0
     *  all rows do both. */
    honestLeafShare: float({ default: 0.5, min: 0, below: 1, since: '0.1.0' }),
    /** What splits raise: how far the outcomes of treated rows and of the others lie apart, the mean over the treatments. */
    divergence: oneOf(['kullbackLeibler', 'euclidean', 'chiSquared'], {
      default: 'kullbackLeibler',
      since: '0.1.0',
    }),
  },
  (params) =>
    checkBins(params) ??
    problemOfArms(params.treatments, params.controlValue) ??
    (params.treatmentCol === params.labelCol ? 'treatmentCol must differ from labelCol' : null) ??
    (params.treatments === undefined && params.controlValue !== undefined
      ? 'controlValue must be left out without treatments'
      : null),
);

/** Options of {@link UpliftForest}. @interface */
export type UpliftForestOptions = Options<typeof upliftForestParams.schema>;
/** Parameters of UpliftForest as they are used. */
export type UpliftForestParams = Resolved<typeof upliftForestParams.schema>;
