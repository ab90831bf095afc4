/**
 * Which columns a stage reads and which it adds: one pair by `inputCol` and `outputCol`, or several by
 * `inputCols` and `outputCols`. The params and the checks are shared by all stages that work column by
 * column.
 */
import type { Field, Schema } from 'apache-arrow';
import { Schema as ArrowSchema } from 'apache-arrow';
import { column, columns } from '../params/kinds.ts';
import { refuseExistingColumn, requireColumn } from '../pipeline/check-schema.ts';

/** Parameters of a stage that works column by column. */
export const columnPairParams = {
  /** The column to read. */
  inputCol: column({ since: '0.1.0' }),
  /** The column to add; by default the stage's uid followed by `__output`. */
  outputCol: column({ since: '0.1.0' }),
  /** Several columns to read, in place of `inputCol`. */
  inputCols: columns({ since: '0.1.0' }),
  /** The columns to add, one for each of `inputCols`. */
  outputCols: columns({ since: '0.1.0' }),
};

/** The values of {@link columnPairParams}. */
export interface ColumnPairValues {
  readonly inputCol: string | undefined;
  readonly outputCol: string | undefined;
  readonly inputCols: readonly string[] | undefined;
  readonly outputCols: readonly string[] | undefined;
}

/** A column that is read and the column that comes of it. */
export interface ColumnPair {
  readonly input: string;
  readonly output: string;
}

/** What {@link columnPairs} needs to know of a stage. */
interface PairedStage {
  readonly className: string;
  readonly uid: string;
  readonly params: ColumnPairValues;
}

/** The cross-field check: one way of naming columns, and as many outputs as inputs. */
export function checkColumnPairs(params: ColumnPairValues): string | null {
  const { inputCol, outputCol, inputCols, outputCols } = params;
  if (inputCol === undefined && inputCols === undefined)
    return 'inputCol must be given, or inputCols';
  if (inputCol !== undefined && inputCols !== undefined) {
    return 'inputCol must not be given together with inputCols';
  }
  if (inputCols === undefined) {
    return outputCols === undefined ? null : 'outputCols must not be given together with inputCol';
  }
  if (outputCol !== undefined) return 'outputCol must not be given together with inputCols';
  if (outputCols?.length === inputCols.length) return null;
  return `outputCols must be a list of ${inputCols.length} names, one for each of inputCols`;
}

/** The pairs, in order. */
export function columnPairs(stage: PairedStage): ColumnPair[] {
  const { inputCol, outputCol, inputCols = [], outputCols = [] } = stage.params;
  if (inputCol !== undefined)
    return [{ input: inputCol, output: outputCol ?? defaultOutput(stage) }];
  return inputCols.map((input, index) => ({ input, output: outputCols[index] ?? '' }));
}

/**
 * The schema with an added column for each pair.
 *
 * @param fieldOf makes the output's field from the input's, and refuses types that the stage cannot use
 */
export function schemaWithPairs(
  stage: PairedStage,
  schema: Schema,
  fieldOf: (input: Field, pair: ColumnPair, index: number) => Field,
): Schema {
  const isList = stage.params.inputCols !== undefined;
  const inputParam = isList ? 'inputCols' : 'inputCol';
  const outputParam = isList ? 'outputCols' : 'outputCol';
  const added = columnPairs(stage).map((pair, index) => {
    const input = requireColumn(stage.className, inputParam, pair.input, schema);
    refuseExistingColumn(stage.className, outputParam, pair.output, schema);
    return fieldOf(input, pair, index);
  });
  return new ArrowSchema([...schema.fields, ...added], schema.metadata);
}

/** The name of a column that the user did not name: the same for an estimator and its model. */
export function defaultOutput(stage: Pick<PairedStage, 'className' | 'uid'>): string {
  const { className, uid } = stage;
  const isModel = className.endsWith('Model') && uid.startsWith(`${className}_`);
  const name = isModel ? `${className.slice(0, -5)}${uid.slice(className.length)}` : uid;
  return `${name}__output`;
}
