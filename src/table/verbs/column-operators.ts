/** The operators behind the verbs that add, replace or rename columns: one loop over a column, no rows. */
import {
  Bool,
  type Data,
  DataType,
  Field,
  type RecordBatch,
  Schema,
  Utf8,
  Vector,
} from 'apache-arrow';
import type { Awaitable } from '../../base/awaitable.ts';
import { CoppiceError } from '../../base/errors.ts';
import {
  guardUserFunction,
  importModuleFunction,
  type ModuleFunction,
} from '../../base/user-function.ts';
import { maskOfValidity } from '../columns/bitmap.ts';
import { castData } from '../columns/cast-column.ts';
import { makeBatch } from '../columns/column-data.ts';
import { type ColumnInput, columnOfInput } from '../columns/column-input.ts';
import { conformBatch } from '../columns/conform-column.ts';
import { findPlace } from '../columns/find-column.ts';
import { withColumns } from '../columns/make-column.ts';
import { expressionEvaluator } from '../expressions/expression-evaluator.ts';
import type { ExpressionNode, LiteralValue } from '../expressions/expression-node.ts';
import { columnOfValues, valuesOfLiteral } from '../expressions/values.ts';
import { registerOperator } from '../plan/operators.ts';
import type { OperatorSpec } from '../plan/partition-spec.ts';
import {
  type FieldRecord,
  fieldFromRecord,
  type SchemaRecord,
  schemaFromRecord,
} from '../schema-record.ts';
import { mergeChoice } from './merge-choice.ts';

interface ExpressionSpec extends OperatorSpec {
  readonly expression: ExpressionNode;
  readonly field: FieldRecord;
}

registerOperator<ExpressionSpec>('table.withColumn', async ({ expression, field: record }) => {
  const evaluator = await expressionEvaluator();
  return (batch) => {
    const field = fieldFromRecord(record);
    const data = evaluator.column(expression, batch, field.type);
    return withColumns(batch, [[field, new Vector([data])]]);
  };
});

interface ModuleSpec extends OperatorSpec {
  readonly module: ModuleFunction;
  readonly field: FieldRecord;
}

registerOperator<ModuleSpec>('table.moduleColumn', async ({ module, field: record }) => {
  const field = fieldFromRecord(record);
  const run = guardUserFunction(
    functionOfColumn(field.name, module),
    (await importModuleFunction(module)) as (batch: RecordBatch) => Awaitable<ColumnInput>,
  );
  return async (batch) => withUserColumn(batch, field, await run(batch));
});

/** The function that makes a column, in words. */
export function functionOfColumn(name: string, module?: ModuleFunction): string {
  return `the function ${module === undefined ? '' : `${module.exportName} `}of column ${name}`;
}

/** The batch with a column that a user's function returned. @throws CoppiceError `DATA_INVALID`, `COLUMN_TYPE` */
export function withUserColumn(batch: RecordBatch, field: Field, values: ColumnInput): RecordBatch {
  const vector = columnOfInput(field.name, values);
  if (vector.length !== batch.numRows) {
    const message = `the function of column ${field.name} must return ${batch.numRows} values, one a row; got ${vector.length}`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: field.name } });
  }
  const data = castData(vector.data[0] as Data, field.type, { name: field.name, strict: true });
  return withColumns(batch, [[field, new Vector([data])]]);
}

interface RenameSpec extends OperatorSpec {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

registerOperator<RenameSpec>('table.rename', ({ from, to }) => (batch) => {
  const renamed = new Map<string, string>(from.map((name, index) => [name, to[index] as string]));
  const kept: [Field, Data][] = [];
  for (const [index, field] of batch.schema.fields.entries()) {
    const name = renamed.get(field.name);
    // A column that had the new name gives way.
    if (name === undefined && to.includes(field.name)) continue;
    const next = new Field(name ?? field.name, field.type, field.nullable, field.metadata);
    kept.push([next, batch.data.children[index] as Data]);
  }
  const schema = new Schema(
    kept.map(([field]) => field),
    batch.schema.metadata,
  );
  return makeBatch(
    schema,
    kept.map(([, data]) => data),
    batch.numRows,
  );
});

interface CastSpec extends OperatorSpec {
  readonly fields: readonly FieldRecord[];
}

registerOperator<CastSpec>('table.cast', ({ fields }) => (batch, { wanted }) => {
  const columns: [Field, Vector][] = [];
  for (const record of fields) {
    const index = findPlace(batch.schema.fields, record.name);
    const data = batch.data.children[index];
    if (data === undefined || !wanted.has(record.name)) continue;
    const field = fieldFromRecord(record);
    columns.push([
      field,
      new Vector([castData(data, field.type, { name: field.name, strict: true })]),
    ]);
  }
  return withColumns(batch, columns);
});

interface FillSpec extends OperatorSpec {
  readonly values: Readonly<Record<string, LiteralValue>>;
}

registerOperator<FillSpec>('table.fillNulls', ({ values }) => (batch, { wanted }) => {
  const columns: [Field, Vector][] = [];
  for (const [index, field] of batch.schema.fields.entries()) {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    if (value === undefined || !wanted.has(field.name)) continue;
    const data = batch.data.children[index] as Data;
    columns.push([field, new Vector([fillColumn(data, value, field.name)])]);
  }
  return withColumns(batch, columns);
});

/** The column with a value where it is null or NaN. */
function fillColumn(data: Data, value: LiteralValue, name: string): Data {
  const present = maskOfValidity(data);
  if (DataType.isFloat(data.type)) {
    const values = data.values as Float64Array;
    for (let i = 0; i < present.length; i++) if (Number.isNaN(values[i])) present[i] = 0;
  }
  if (!present.includes(0)) return data;
  const one = columnOfLiteral(value, data.type, name);
  return mergeChoice(data, one, present);
}

/** One row of a constant in a type. */
function columnOfLiteral(value: LiteralValue, type: DataType, name: string): Data {
  const values = valuesOfLiteral(value, 1);
  const own =
    values.kind === 'number' ? values.type : values.kind === 'bool' ? new Bool() : new Utf8();
  return castData(columnOfValues(values, own), type, { name, strict: true });
}

interface ConformSpec extends OperatorSpec {
  readonly schema: SchemaRecord;
}

registerOperator<ConformSpec>(
  'table.conform',
  ({ schema }) =>
    (batch) =>
      conformBatch(batch, schemaFromRecord(schema)),
);
