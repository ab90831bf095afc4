/** `table.na`: what to do about missing values (nulls, and NaN in columns of floats). */
import { DataType } from 'apache-arrow';
import { checkOptions } from '../../base/check-options.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { LiteralValue } from '../expressions/expression-node.ts';
import { valueKind } from '../expressions/infer-type.ts';
import type { PartitionedTable } from '../partitioned-table.ts';
import { requireField } from './find-column.ts';
import { typeName } from './type-name.ts';
import type { AnyColumns, ColumnName } from './typed-columns.ts';

/** Options of {@link TableNulls.drop}. */
export interface DropNullsOptions<N extends string = string> {
  /** Drop rows with a missing value in any of the columns (the default), or only where all are missing. */
  readonly how?: 'any' | 'all' | undefined;
  /** The columns to look at, all by default. */
  readonly columns?: readonly N[] | undefined;
  /** Keep rows with at least so many values; then `how` counts for nothing. */
  readonly minValues?: number | undefined;
}

/** Verbs about missing values. */
export class TableNulls<S = AnyColumns> {
  readonly #table: PartitionedTable<S>;

  /** @internal */
  constructor(table: PartitionedTable<S>) {
    this.#table = table;
  }

  /**
   * The table without rows that miss values.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `PARAM_INVALID`
   */
  drop(options: DropNullsOptions<ColumnName<S>> = {}): PartitionedTable<S> {
    const table = this.#table;
    checkOptions('na.drop', options, ['how', 'columns', 'minValues']);
    const { how = 'any', columns = table.columns } = options;
    if (!Array.isArray(columns)) throw wrong('columns of na.drop', 'a list of names', columns);
    for (const name of columns) requireField(table.schema, name, 'na.drop');
    if (how !== 'any' && how !== 'all') throw wrong('how of na.drop', 'any or all', how);
    const minValues =
      options.minValues ?? (how === 'any' ? columns.length : Math.min(1, columns.length));
    const spec = {
      kind: 'table.dropNulls',
      reads: columns,
      writes: [],
      changesRows: true,
      columns,
      minValues,
    };
    return table.withOperator(spec, table.schema);
  }

  /**
   * The table with a value in place of missing ones. One value fills the columns of its kind (a number the
   * numeric ones, text the text ones, a boolean the boolean ones); an object names the columns.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`; `DATA_INVALID` when rows are read and a value does not fit
   */
  fill(
    value:
      | number
      | string
      | boolean
      | { readonly [N in ColumnName<S>]?: number | string | boolean },
  ): PartitionedTable<S> {
    const table = this.#table;
    const values: Record<string, LiteralValue> = Object.create(null);
    const kind = value === null ? 'null' : typeof value;
    if (!['number', 'string', 'boolean', 'object'].includes(kind))
      throw wrong('value of na.fill', 'a number, text, boolean, or such by column name', value);
    if (typeof value === 'object') {
      const given = value as Readonly<Record<string, number | string | boolean>>;
      for (const [name, item] of Object.entries(given)) {
        const { type } = requireField(table.schema, name, 'na.fill');
        if (!isOfKind(item, type)) {
          const message = `value of na.fill for column ${name} of type ${typeName(type)} must be of its kind; got ${describeValue(item)}`;
          throw new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
        }
        values[name] = item;
      }
    } else {
      for (const field of table.schema.fields)
        if (isOfKind(value, field.type)) values[field.name] = value;
    }
    const names = Object.keys(values);
    if (names.length === 0) return table;
    const spec = { kind: 'table.fillNulls', reads: names, writes: names, values: { ...values } };
    return table.withOperator(spec, table.schema);
  }
}

function wrong(what: string, rule: string, value: unknown): CoppiceError {
  const message = `${what} must be ${rule}; got ${describeValue(value)}`;
  return new CoppiceError('PARAM_INVALID', message);
}

function isOfKind(value: number | string | boolean, type: DataType): boolean {
  const kind = valueKind(type);
  if (typeof value === 'number') return kind === 'number' && !DataType.isDecimal(type);
  if (typeof value === 'string') return kind === 'text';
  return kind === 'bool';
}
