/**
 * Which columns are the features of an estimator, and how each is read: the children of a Struct, the
 * elements of a FixedSizeList, or columns by name. Text and dictionaries are categories, the rest numbers.
 */
import { Data, DataType, type Field, type RecordBatch, type Schema, Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { bitAt, copyBits, validityOf } from './bitmap.ts';
import { columnData } from './column-data.ts';
import { findPlace, missingColumn, requireField } from './find-column.ts';
import { numericKind } from './numeric-kind.ts';
import {
  bitmapBytes,
  columnArray,
  type TypedArray,
  type TypedArrayConstructor,
} from './shared-buffer.ts';
import { typeName } from './type-name.ts';

/** One feature: where it lies and how it is read. */
export interface FeatureColumn {
  readonly name: string;
  /** The column's name, then the child's; an element of a FixedSizeList is named by its position. */
  readonly path: readonly string[];
  readonly kind: 'f32' | 'f64' | 'category';
  readonly type: DataType;
}

/** Where an estimator finds its features. */
export interface FeatureSource {
  readonly featuresCol?: string | undefined;
  readonly featuresCols?: readonly string[] | undefined;
}

/**
 * The features of a table, in order.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE` that names every column that cannot be one
 */
export function featureColumns(schema: Schema, source: FeatureSource): FeatureColumn[] {
  const { featuresCol = 'features', featuresCols } = source;
  const found =
    featuresCols === undefined
      ? featuresOfField(requireField(schema, featuresCol, 'featuresCol'), false)
      : featuresCols.flatMap((name) =>
          featuresOfField(requireField(schema, name, 'featuresCols'), true),
        );
  const unfit = found.filter(({ kind }) => kind === null);
  if (unfit.length > 0) throw unfitFeatures(unfit);
  return found as FeatureColumn[];
}

/** What stands in a place of a feature; null where it is of a type that is none. */
interface Candidate extends Omit<FeatureColumn, 'kind'> {
  readonly kind: FeatureColumn['kind'] | null;
}

function featuresOfField(field: Field, isOneOfMany: boolean): Candidate[] {
  const type = field.type as DataType;
  const prefix = isOneOfMany ? `${field.name}.` : '';
  if (DataType.isStruct(type)) {
    const children = type.children as readonly Field[];
    return children.map((child) =>
      candidate(`${prefix}${child.name}`, [field.name, child.name], child.type),
    );
  }
  if (DataType.isFixedSizeList(type)) {
    const itemType = type.valueType as DataType;
    const names = isOneOfMany ? `${field.name}_` : 'f';
    return Array.from({ length: type.listSize }, (_, index) =>
      candidate(`${names}${index}`, [field.name, String(index)], itemType),
    );
  }
  return [candidate(field.name, [field.name], type)];
}

function candidate(name: string, path: readonly string[], type: DataType): Candidate {
  const isCategory = DataType.isDictionary(type) || typeName(type) === 'string';
  return { name, path, kind: isCategory ? 'category' : numericKind(type), type };
}

/** Names all columns at once, in the words that leave them out: a table of nested columns has many. */
function unfitFeatures(unfit: readonly Candidate[]): CoppiceError {
  const [{ name, type }] = unfit as [Candidate];
  const columns = [...new Set(unfit.map(({ path }) => path[0] as string))];
  const rule = 'numeric, boolean, date, timestamp, string or dictionary';
  const isVector = DataType.isList(type) && numericKind(type.valueType) !== null;
  const remedy = isVector
    ? `Make a vector of lists of one length by table.cast({ ${JSON.stringify(name)}: 'vector(n)' }) (--cast '${name}=vector(n)' on the command line), or leave`
    : 'Leave';
  const count = columns.length - 1;
  const others = count === 0 ? '' : ` and ${count} other ${count === 1 ? 'column' : 'columns'}`;
  const isPlain = columns.every((column) => /^[^[,\s][^,]*$/.test(column));
  const list = isPlain ? columns.join(',') : JSON.stringify(columns);
  const message = `type of feature ${name} must be ${rule}; got ${typeName(type)}. ${remedy} it${others} out (featuresCols; --ignore '${list}' on the command line)`;
  return new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
}

/**
 * The column at a path: a column of the batch, a child of a struct (null where the struct is null), or
 * one element of a list of fixed size (gathered into a new column).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`
 */
export function columnOf(batch: RecordBatch, path: readonly string[]): Vector {
  const [first = '', child] = path;
  const data = batch.data.children[findPlace(batch.schema.fields, first)];
  if (data === undefined) throw missingColumn(batch.schema, first, 'the batch');
  return new Vector([child === undefined ? data : childColumn(batch, data, first, child)]);
}

function childColumn(batch: RecordBatch, data: Data, column: string, child: string): Data {
  const found = childData(data, child);
  if (found === undefined) throw missingColumn(batch.schema, `${column}.${child}`, 'the batch');
  return found;
}

/** A child of structs by its name, or an element of vectors by its place; null where the whole is. */
export function childData(data: Data, child: string): Data | undefined {
  const type = data.type as DataType;
  if (DataType.isFixedSizeList(type)) {
    const element = Number(child);
    if (element >= 0 && element < type.listSize) return elementColumn(data, element);
  } else if (DataType.isStruct(type)) {
    const found = data.children[findPlace(type.children as readonly Field[], child)];
    if (found !== undefined) return maskedChild(data, found);
  }
  return undefined;
}

function maskedChild(parent: Data, child: Data): Data {
  const outer = validityOf(parent);
  const sized = child.length === parent.length ? child : child.slice(0, parent.length);
  if (outer === null) return sized;
  const bits = columnArray(Uint8Array, bitmapBytes(parent.length));
  copyBits({ bits: outer, offset: parent.offset }, { bits, offset: 0 }, parent.length);
  const inner = validityOf(sized);
  if (inner !== null) {
    for (let i = 0; i < parent.length; i++) {
      if (bitAt(inner, sized.offset + i) === 0)
        bits[i >> 3] = (bits[i >> 3] as number) & ~(1 << (i & 7));
    }
  }
  return withValidity(sized, bits);
}

function withValidity(data: Data, bits: Uint8Array): Data {
  // The bitmap starts at bit 0, boolean values at data.offset: they share one offset, so shift the bits.
  const shifted = columnArray(Uint8Array, bitmapBytes(data.offset + data.length));
  copyBits({ bits, offset: 0 }, { bits: shifted, offset: data.offset }, data.length);
  const buffers = { 0: data.valueOffsets, 1: data.values, 2: shifted } as never;
  const { type, offset, length, children, dictionary } = data;
  return new Data(type, offset, length, -1, buffers, children, dictionary);
}

function elementColumn(data: Data, element: number): Data {
  const type = data.type as DataType & { listSize: number };
  const child = data.children[0] as Data;
  const { length } = data;
  const source = child.values as Float64Array;
  const ArrayType = source.constructor as TypedArrayConstructor<TypedArray>;
  const values = columnArray(ArrayType, length) as Float64Array;
  const width = type.listSize;
  for (let i = 0; i < length; i++) values[i] = source[i * width + element] as number;
  const outer = validityOf(data);
  const inner = validityOf(child);
  let nullBitmap: Uint8Array | undefined;
  if (outer !== null || inner !== null) {
    nullBitmap = columnArray(Uint8Array, bitmapBytes(length));
    for (let i = 0; i < length; i++) {
      const isValid =
        (outer === null || bitAt(outer, data.offset + i) === 1) &&
        (inner === null || bitAt(inner, child.offset + i * width + element) === 1);
      if (isValid) nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
    }
  }
  const nullCount = nullBitmap === undefined ? 0 : -1;
  return columnData(child.type, length, { nullCount, values, nullBitmap });
}
