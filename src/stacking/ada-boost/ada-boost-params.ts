/** Parameters of AdaBoost, for classes and for numbers. */
import { column, float, int } from '../../params/kinds.ts';

/** Parameters of both, besides the estimator. */
export const adaBoostParams = {
  /** Most rounds, one model each; a round that is perfect, or no better than chance, is the last. */
  maxIter: int({ default: 50, min: 1, max: 10_000, since: '0.1.0' }),
  /** How much a round's weight counts. */
  stepSize: float({ default: 1, above: 0, since: '0.1.0' }),
  /** The column to be predicted; by default the one that the estimator names. */
  labelCol: column({ since: '0.1.0' }),
  /** Weights of rows to begin with; by default those of the estimator. */
  weightCol: column({ since: '0.1.0' }),
};
