/** Parameters of isolation forests. */
import { defineParams, type Options } from '../../params/define-params.ts';
import { bool, column, float, int } from '../../params/kinds.ts';
import { featureColumnParams } from './tree-params.ts';

/** Parameters of IsolationForest. */
export const isolationForestParams = defineParams(
  'IsolationForest',
  {
    ...featureColumnParams,
    /** Name of the column of scores, from 0 to 1: rows near 1 are easily told from all others. */
    scoreCol: column({ default: 'anomalyScore', since: '0.1.0' }),
    /** Name of the column that says whether a row is an anomaly. */
    predictionCol: column({ default: 'prediction', since: '0.1.0' }),
    /** Name of a column with the leaf that each tree sends the row to; none by default. */
    leafCol: column({ since: '0.1.0' }),
    /** How many trees. */
    numTrees: int({ default: 100, min: 1, since: '0.1.0' }),
    /** Rows that a tree is grown on, drawn from all. */
    maxSamples: int({ default: 256, min: 2, max: 1_000_000, since: '0.1.0' }),
    /**
     * How many features a cut weighs beside one: 0 (the default) cuts one feature at a value, more cut by a plane, the
     * number of features less one by a plane of all. Planes need numbers.
     */
    extensionLevel: int({ min: 0, since: '0.1.0' }),
    /** The share of the training rows that are anomalies; without it rows of a score of 0.5 and more are. */
    contamination: float({ above: 0, max: 0.5, since: '0.1.0' }),
    /** A 0 in a column of numbers is a missing value, at fit and at prediction (false by default). */
    zeroAsMissing: bool({ since: '0.1.0' }),
    /** An id of each row that draws hang on; by default the row's position. */
    idCol: column({ since: '0.1.0' }),
    /** Seed of every random draw. */
    seed: int({ default: 0, since: '0.1.0' }),
  },
  ({ scoreCol, predictionCol }) =>
    scoreCol === predictionCol ? 'scoreCol must differ from predictionCol' : null,
);

/** Options of {@link IsolationForest}. @interface */
export type IsolationForestOptions = Options<typeof isolationForestParams.schema>;
