/**
 * What scalers and their models share: which parts of a column are scaled, the field after it, and the
 * state that is saved, two numbers for each part of each column.
 */
import {
  type DataType,
  Field,
  FixedSizeList,
  Float64,
  type Schema,
  Struct,
  DataType as Type,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import { numericKind } from '../../table/columns/column-values.ts';
import { plannedAs } from '../../table/columns/planned-field.ts';
import { type ColumnPair, type ColumnPairValues, columnPairs } from '../column-pairs.ts';
import { requireNumber } from '../numeric-field.ts';
import { isScaled, type ScaleSpec, scaledParts } from '../operators/scale.ts';

/** What these functions need to know of a scaler or its model. */
export interface ScalerStage {
  readonly className: string;
  readonly uid: string;
  readonly params: ColumnPairValues;
}

/** For each input column the paths of the parts that are scaled. */
export function scaledPaths(stage: ScalerStage, schema: Schema): string[][][] {
  return columnPairs(stage).map(({ input }) => {
    const field = requireColumn(stage.className, 'inputCol', input, schema);
    return scaledParts(input, field.type as DataType);
  });
}

/** A number for each part of each column, from a list over all parts. */
export function numbersByColumn(
  paths: readonly (readonly unknown[])[],
  values: readonly number[],
): Float64Array[] {
  let next = 0;
  return paths.map((parts) => Float64Array.from(parts, () => values[next++] ?? Number.NaN));
}

/** The field of a scaled column. */
export function scaledField(owner: string, input: Field, pair: ColumnPair): Field {
  const type = input.type as DataType;
  const output = (made: DataType): Field => plannedAs([input], new Field(pair.output, made, true));
  if (Type.isFixedSizeList(type)) {
    if (numericKind(type.valueType as DataType) === null) {
      throw columnTypeError(owner, 'an input', input, 'a vector of numbers');
    }
    return output(new FixedSizeList(type.listSize, new Field('item', new Float64(), false)));
  }
  if (Type.isStruct(type)) {
    const children = type.children.map((child) =>
      isScaled(child.type as DataType) ? new Field(child.name, new Float64(), true) : child,
    );
    return output(new Struct(children));
  }
  requireNumber(owner, input);
  return output(new Float64());
}

/** What a scaler multiplies and adds: for each input column a number for each of its parts. */
export type Scales = Pick<ScaleSpec, 'shifts' | 'factors' | 'offsets'>;

/** Saves two numbers for each part of each column. */
export async function saveNumbers(
  writer: StageWriter,
  names: readonly [string, string],
  numbers: readonly [readonly Float64Array[], readonly Float64Array[]],
): Promise<void> {
  const arrays = numbers[0].flatMap((first, index) => [
    [`c${index}.${names[0]}`, first] as const,
    [`c${index}.${names[1]}`, numbers[1][index] as Float64Array] as const,
  ]);
  await writer.tensors('numbers', Object.fromEntries(arrays));
}

/** Reads what {@link saveNumbers} wrote. */
export function loadNumbers(
  reader: StageReader,
  names: readonly [string, string],
): [Float64Array[], Float64Array[]] {
  const stored = reader.tensors('numbers');
  const indices = Array.from({ length: stored.names.length / 2 }, (_, index) => index);
  const first = indices.map((index) => stored.get(`c${index}.${names[0]}`, Float64Array));
  const second = indices.map((index) =>
    stored.get(`c${index}.${names[1]}`, Float64Array, first[index]?.length),
  );
  return [first, second];
}

/** Refuses a range by which no column can be divided: its width, or one over it, is beyond float64. @throws CoppiceError `DATA_INVALID` */
export function refuseWidth(
  owner: string,
  path: readonly string[] | undefined,
  from: number,
  to: number,
): void {
  const width = to - from;
  if (!(from <= to) || width === 0 || (Number.isFinite(width) && Number.isFinite(1 / width)))
    return;
  const column = path?.join('.') ?? '';
  const [much, remedy] = width > 1 ? ['far', 'divide'] : ['close', 'multiply'];
  const message = `column ${column} given to ${owner} must hold numbers that lie not so ${much} apart as to be scaled by; got ${from} to ${to}: ${remedy} the column first`;
  throw new CoppiceError('DATA_INVALID', message, { context: { owner, column } });
}

/** Refuses what no column can be scaled by. @throws CoppiceError `DATA_INVALID` for an infinite number */
export function refuseInfinite(
  owner: string,
  path: readonly string[] | undefined,
  value: number,
): void {
  if (Math.abs(value) !== Number.POSITIVE_INFINITY) return;
  const column = path?.join('.') ?? '';
  const message = `column ${column} given to ${owner} must hold finite numbers to be scaled by; got ${value}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { owner, column } });
}
