/**
 * A linear model takes numbers without gaps. These are the stages before one that a command fits to a table of any
 * columns: missing numbers become the mean, categories the mean of their labels (learned out of fold, a missing or
 * unseen one has a number too). Columns of other kinds go to the model as they are.
 */
import { DataType, type Schema } from 'apache-arrow';
import { TargetEncoder } from '../feature/categories/target-encoder.ts';
import { Imputer } from '../feature/numbers/imputer.ts';
import type { Estimator } from '../pipeline/estimator.ts';
import { logicalType } from '../pipeline/logical-schema.ts';
import { requireField } from '../table/columns/find-column.ts';
import type { Task } from './estimators.ts';

/** The stages, and what the model's features are called after them. */
export interface PreparedFeatures {
  readonly stages: readonly Estimator[];
  readonly featuresCols: readonly string[];
}

/** Plans them. @param categorical features that are categories whatever their type */
export function linearStages(
  schema: Schema,
  features: readonly string[],
  of: { readonly task: Task; readonly label: string; readonly categorical: readonly string[] },
): PreparedFeatures {
  const typeOf = (name: string): DataType => requireField(schema, name, '--features').type;
  const isWord = (name: string): boolean =>
    of.categorical.includes(name) ||
    DataType.isDictionary(typeOf(name)) ||
    logicalType(typeOf(name)) === 'string';
  const words = features.filter(isWord);
  const numbers = features.filter(
    (name) => !isWord(name) && (DataType.isInt(typeOf(name)) || DataType.isFloat(typeOf(name))),
  );
  const after = new Map([
    ...numbers.map((name) => [name, `${name}_filled`] as const),
    ...words.map((name) => [name, `${name}_code`] as const),
  ]);
  const outputs = (names: readonly string[]): string[] =>
    names.map((name) => after.get(name) as string);
  const hasNumber = DataType.isInt(typeOf(of.label)) || DataType.isFloat(typeOf(of.label));
  const targetType = of.task === 'classification' && hasNumber ? 'multiclass' : 'auto';
  const stages: Estimator[] = [];
  if (numbers.length > 0)
    stages.push(new Imputer({ inputCols: numbers, outputCols: outputs(numbers) }));
  if (words.length > 0) {
    const columns = { inputCols: words, outputCols: outputs(words), labelCol: of.label };
    stages.push(new TargetEncoder({ ...columns, targetType, handleInvalid: 'keep' }));
  }
  return { stages, featuresCols: features.map((name) => after.get(name) ?? name) };
}
