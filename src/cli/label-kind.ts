/**
 * What is a label column, to someone who did not say? Texts, booleans and dictionaries are classes, whole
 * numbers of at most 20 values too; every other number is a quantity.
 */
import { DataType } from 'apache-arrow';
import { numericValues } from '../table/columns/column-values.ts';
import { requireField } from '../table/columns/find-column.ts';
import { typeName } from '../table/columns/type-name.ts';
import type { PartitionedTable, TableOptions } from '../table/partitioned-table.ts';

/** Most different whole numbers that are taken for classes. */
export const maxIntegerClasses = 20;

/** The answer, and why. */
export interface LabelKind {
  readonly isClass: boolean;
  /** How many classes, where the column had to be read to know. */
  readonly numClasses: number | null;
  readonly reason: string;
}

/**
 * Looks at a label column's type and, for whole numbers, at its values.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`
 */
export async function labelKind(
  table: PartitionedTable,
  label: string,
  options: TableOptions = {},
): Promise<LabelKind> {
  const { type } = requireField(table.schema, label, '--label');
  const nonNumeric = nonNumericName(type);
  if (nonNumeric !== null)
    return { isClass: true, numClasses: null, reason: `${label} is ${nonNumeric}` };
  if (DataType.isFloat(type)) {
    const reason = await fractionReason(table, label, options);
    return { isClass: false, numClasses: null, reason };
  }
  if (!DataType.isInt(type)) {
    return { isClass: false, numClasses: null, reason: `${label} is of type ${typeName(type)}` };
  }
  const values = await distinctValues(table, label, options);
  return values.size > maxIntegerClasses
    ? {
        isClass: false,
        numClasses: null,
        reason: `${label} has more than ${maxIntegerClasses} different whole numbers`,
      }
    : {
        isClass: true,
        numClasses: values.size,
        reason: `${label} has ${values.size} different whole numbers`,
      };
}

/** Whole numbers get a type with fractions where some are missing: who meant classes is told how to say so. */
async function fractionReason(
  table: PartitionedTable,
  label: string,
  options: TableOptions,
): Promise<string> {
  const values = await distinctValues(table, label, options);
  const isWhole = values.size <= maxIntegerClasses && [...values].every(Number.isInteger);
  if (!isWhole || values.size === 0) return `${label} is a number with a fraction`;
  return `${label} has ${values.size} different whole numbers, but a type with fractions`;
}

function nonNumericName(type: DataType): string | null {
  if (DataType.isBool(type)) return 'a boolean';
  if (DataType.isDictionary(type)) return 'a dictionary';
  const isText = DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
  return isText ? 'a text' : null;
}

/** The values of a column, or the first few more than are taken for classes. */
async function distinctValues(
  table: PartitionedTable,
  column: string,
  options: TableOptions,
): Promise<Set<number>> {
  const values = new Set<number>();
  for await (const batch of table.batches({ ...options, columns: [column] })) {
    const vector = batch.getChildAt(0);
    if (vector === null) continue;
    for (const value of numericValues(vector, column)) {
      if (!Number.isNaN(value)) values.add(value);
      if (values.size > maxIntegerClasses) return values;
    }
  }
  return values;
}

/** What `--label` was given: once, or again for further columns. */
export type LabelOption = string | readonly string[];

/** The columns that `--label` names: one of that name, else several behind commas. */
export function labelNames(table: PartitionedTable, label: LabelOption): readonly string[] {
  return [label]
    .flat()
    .flatMap((name) =>
      table.columns.includes(name) ? [name] : name.split(',').map((part) => part.trim()),
    );
}

/**
 * The rows that have their labels, where `--drop-unlabelled` asks for them alone; else all.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`
 */
export function labelledRows(
  table: PartitionedTable,
  options: { readonly label?: LabelOption; readonly dropUnlabelled?: boolean },
): PartitionedTable {
  const { label, dropUnlabelled = false } = options;
  if (!dropUnlabelled || label === undefined) return table;
  const columns = labelNames(table, label);
  for (const name of columns) requireField(table.schema, name, '--label');
  return table.na.drop({ columns });
}
