/** The columns that a model predicts into; null for one that it does not have. */
export interface PredictionColumns {
  /** Predicted classes or numbers. */
  readonly predictionCol: string;
  /** One probability a class. */
  readonly probabilityCol: string | null;
  /** One score a class. */
  readonly rawPredictionCol: string | null;
}
