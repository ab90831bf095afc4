/** The parameters that name a committee's columns. */
import { column } from '../../params/kinds.ts';

/** The column of numbers. */
export const numberOutputParams = {
  /** The column of predictions to add. */
  predictionCol: column({ default: 'prediction', since: '0.1.0' }),
};

/** The columns of classes. */
export const classOutputParams = {
  /** The column of weighted votes, one a class, to add. */
  rawPredictionCol: column({ default: 'rawPrediction', since: '0.1.0' }),
  /** The column of each class's share to add. */
  probabilityCol: column({ default: 'probability', since: '0.1.0' }),
  ...numberOutputParams,
};
