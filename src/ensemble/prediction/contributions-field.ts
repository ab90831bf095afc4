/**
 * The column of contributions: for each row a vector with one value a feature and, last, the score expected of
 * any row; for models of several scores one such group after another. The field's metadata say which:
 * `features` lists the features' names, `outputs` the class (or the quantile) that each group speaks for.
 */
import { Field, FixedSizeList, Float64 } from 'apache-arrow';
import type { ClassValue } from '../../training/messages.ts';

/** What the values of a vector stand for. */
export interface ContributionsShape {
  readonly features: readonly string[];
  /** How many scores are explained. */
  readonly numOutputs: number;
  /** The class or the quantile of each; empty for one plain number. */
  readonly outputs: readonly ClassValue[];
}

/** The field of the column. */
export function contributionsField(name: string, shape: ContributionsShape): Field {
  return vectorField(name, shape, shape.features.length + 1);
}

/** The field of a column of interactions: a matrix of such vectors, row by row. */
export function interactionsField(name: string, shape: ContributionsShape): Field {
  return vectorField(name, shape, matrixSize(shape.features.length));
}

/** Values of a matrix of features and the expected score. */
export function matrixSize(numFeatures: number): number {
  return (numFeatures + 1) * (numFeatures + 1);
}

function vectorField(name: string, shape: ContributionsShape, groupWidth: number): Field {
  const { features, numOutputs, outputs } = shape;
  const width = numOutputs * groupWidth;
  const metadata = new Map([['features', JSON.stringify(features)]]);
  if (outputs.length > 0) metadata.set('outputs', JSON.stringify(outputs));
  return new Field(
    name,
    new FixedSizeList(width, new Field('item', new Float64(), false)),
    true,
    metadata,
  );
}
