/**
 * The type of an expression over a schema, found before any row is read: misspelt columns and operands of
 * the wrong kind are errors here, with the part of the expression that is wrong.
 */
import {
  Bool,
  DataType,
  DateDay,
  Dictionary,
  Float64,
  Int32,
  Int64,
  Precision,
  type Schema,
  Timestamp,
  TimestampMillisecond,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { ticksPerSecond, timestampTicks } from '../columns/cast-times.ts';
import { findField, requireField } from '../columns/find-column.ts';
import { numericKind } from '../columns/numeric-kind.ts';
import { logicalTypeName, sameType, typeFromName, typeName } from '../columns/type-name.ts';
import { type ExpressionNode, expressionText, type LiteralValue } from './expression-node.ts';

/** What kind of values an expression works with. */
export type ValueKind = 'number' | 'time' | 'bool' | 'text' | 'null' | 'other';

/** How a user knows a kind. */
const kindNames: Readonly<Record<ValueKind, string>> = {
  number: 'number',
  time: 'a date or a timestamp',
  bool: 'boolean',
  text: 'text',
  null: 'null',
  other: 'other',
};

/** The kind of a type's values. */
export function valueKind(type: DataType): ValueKind {
  if (DataType.isNull(type)) return 'null';
  if (DataType.isBool(type)) return 'bool';
  if (logicalTypeName(type) === 'string') return 'text';
  if (DataType.isDate(type) || DataType.isTimestamp(type)) return 'time';
  return numericKind(type) === null ? 'other' : 'number';
}

/** The type of an expression's values. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID` */
export function inferType(node: ExpressionNode, schema: Schema): DataType {
  switch (node.op) {
    case 'col':
      return requireField(schema, node.name, 'an expression').type as DataType;
    case 'lit':
      return literalType(node.value);
    case 'compare':
      comparable(
        node,
        node.args.map((arg) => inferType(arg, schema)),
      );
      return new Bool();
    case 'isIn':
      comparable(node, [inferType(argOf(node), schema), ...node.values.map(literalType)]);
      return new Bool();
    case 'numeric':
      for (const arg of node.args) expectKind(arg, schema, ['number', 'bool']);
      return new Float64();
    case 'text':
      return textType(node, schema);
    case 'time':
      return timeFunctionType(node, schema);
    case 'and':
    case 'or':
    case 'not':
      for (const arg of node.args) expectKind(arg, schema, ['bool']);
      return new Bool();
    case 'isNull':
      inferType(argOf(node), schema);
      return new Bool();
    case 'isNaN':
      expectKind(argOf(node), schema, ['number', 'bool']);
      return new Bool();
    case 'concat':
      for (const arg of node.args) expectKind(arg, schema, ['text']);
      return new Utf8();
    case 'coalesce':
      return commonType(
        node,
        node.args.filter((arg) => !isNullLiteral(arg)).map((arg) => inferType(arg, schema)),
      );
    case 'when':
      return whenType(node, schema);
    case 'item':
      return itemType(node, inferType(argOf(node), schema));
    case 'cast':
      inferType(argOf(node), schema);
      return castTarget(node.type);
  }
}

/**
 * The same expression, in which `a.b` is the part `b` of the column `a` where the schema has no column of that name: a child of
 * structs by its name, an element of vectors by its place. So is `a.b.c`, the part `c` of that part; of names that have dots
 * themselves the longest counts.
 */
export function withParts(node: ExpressionNode, schema: Schema): ExpressionNode {
  if (node.op === 'lit') return node;
  if (node.op !== 'col') return { ...node, args: node.args.map((arg) => withParts(arg, schema)) };
  if (findField(schema, node.name) !== undefined) return node;
  for (const [name, path] of cutsOf(node.name)) {
    const type = findField(schema, name)?.type;
    const found = type === undefined ? undefined : partAt({ op: 'col', name }, type, path);
    if (found !== undefined) return found;
  }
  return node;
}

/** What lies at a path below a node of a type, if anything does. */
function partAt(node: ExpressionNode, type: DataType, path: string): ExpressionNode | undefined {
  for (const [part, rest] of [[path, ''] as const, ...cutsOf(path)]) {
    const isPlace = DataType.isFixedSizeList(type) && /^(0|[1-9]\d*)$/.test(part);
    const key = isPlace ? Number(part) : part;
    const found = itemOf(type, key);
    if (found === undefined) continue;
    const item: ExpressionNode = { op: 'item', args: [node], key };
    const deeper = rest === '' ? item : partAt(item, found, rest);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** What is before and behind each dot, the last dot first. */
function cutsOf(name: string): (readonly [string, string])[] {
  const cuts: (readonly [string, string])[] = [];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1))
    cuts.push([name.slice(0, dot), name.slice(dot + 1)]);
  return cuts;
}

/** The type of an element or a child. @throws CoppiceError `COLUMN_TYPE` where there is none */
function itemType({ args, key }: ExpressionNode & { op: 'item' }, type: DataType): DataType {
  const found = itemOf(type, key);
  if (found !== undefined) return found;
  const name = expressionText(args[0] as ExpressionNode);
  if (DataType.isFixedSizeList(type) && isPlainNumber(type.valueType)) {
    throw noItem(key, name, `a position from 0 to ${type.listSize - 1} of ${typeName(type)}`);
  }
  if (DataType.isStruct(type)) {
    const names = type.children.map((child) => child.name);
    throw noItem(key, name, `the name of a child; ${nameSuggestion(String(key), names)}`);
  }
  const remedy = DataType.isList(type)
    ? `; table.cast({ ${JSON.stringify(name)}: 'vector(n)' }) makes one of lists of one length`
    : '';
  const message = `column ${name} must be a vector of numbers or a struct for getItem; got ${typeName(type)}${remedy}`;
  throw new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
}

/** The type of an element of vectors of numbers or of a child of structs, if there is such a one. */
function itemOf(type: DataType, key: number | string): DataType | undefined {
  if (DataType.isStruct(type)) return type.children.find(({ name }) => name === key)?.type;
  if (!DataType.isFixedSizeList(type) || !isPlainNumber(type.valueType)) return undefined;
  return typeof key === 'number' && key < type.listSize ? type.valueType : undefined;
}

function isPlainNumber(type: DataType): boolean {
  return valueKind(type) === 'number' && !DataType.isDecimal(type);
}

function noItem(key: number | string, column: string, rule: string): CoppiceError {
  const message = `key of getItem of column ${column} must be ${rule}; got ${JSON.stringify(key)}`;
  return new CoppiceError('COLUMN_TYPE', message, { context: { column } });
}

/** The type that `cast` names. @throws CoppiceError `PARAM_INVALID` */
export function castTarget(name: string): DataType {
  if (name === 'category') return new Dictionary(new Utf8(), new Int32());
  return typeFromName(name, 'cast');
}

function argOf(node: { readonly args: readonly ExpressionNode[] }): ExpressionNode {
  return node.args[0] as ExpressionNode;
}

function literalType(value: LiteralValue): DataType {
  if (value === null) return new Utf8();
  if (typeof value === 'boolean') return new Bool();
  if (typeof value === 'string') return new Utf8();
  if (typeof value === 'bigint') return integerType(value);
  if (typeof value === 'object') return new TimestampMillisecond();
  return Object.is(value | 0, value) ? new Int32() : new Float64();
}

/** Of a constant: the type of 64 bits that has it. */
export function integerType(value: bigint): Int64 | Uint64 {
  return BigInt.asIntN(64, value) === value ? new Int64() : new Uint64();
}

function isNullLiteral(node: ExpressionNode): boolean {
  return node.op === 'lit' && node.value === null;
}

function textType(node: ExpressionNode & { op: 'text' }, schema: Schema): DataType {
  expectKind(argOf(node), schema, ['text']);
  if (node.name === 'length') return new Int32();
  return ['lower', 'upper', 'trim'].includes(node.name) ? new Utf8() : new Bool();
}

/** Dates stay dates where they are cut down to a period; parts have 32 bits, as Spark's. */
function timeFunctionType(node: ExpressionNode & { op: 'time' }, schema: Schema): DataType {
  const [first, second] = node.args as [ExpressionNode, ExpressionNode?];
  expectKind(first, schema, ['time']);
  const type = inferType(first, schema);
  const time = valueKind(type) === 'time' ? type : new TimestampMillisecond();
  switch (node.name) {
    case 'dateTrunc':
      return time;
    case 'fromUtcTimestamp':
      return DataType.isTimestamp(time) ? time : new TimestampMillisecond();
    case 'unixTimestamp':
      return new Int64();
    case 'dateDiff':
      expectKind(second as ExpressionNode, schema, ['time']);
      return new Int32();
    case 'dateAdd': {
      const days = inferType(second as ExpressionNode, schema);
      const isNothing = DataType.isNull(days) || isNullLiteral(second as ExpressionNode);
      if (DataType.isInt(days) || isNothing) return new DateDay();
      throw wrongType(second as ExpressionNode, 'be whole numbers of days', typeName(days));
    }
    default:
      return new Int32();
  }
}

function whenType(node: ExpressionNode & { op: 'when' }, schema: Schema): DataType {
  const values: ExpressionNode[] = [];
  for (const [index, arg] of node.args.entries()) {
    const isCondition = index % 2 === 0 && index < node.args.length - 1;
    if (isCondition) expectKind(arg, schema, ['bool']);
    else values.push(arg);
  }
  return commonType(
    node,
    values.filter((value) => !isNullLiteral(value)).map((value) => inferType(value, schema)),
  );
}

/** The type that holds all values: the same type, or float64 for different numbers, or plain text. */
function commonType(node: ExpressionNode, types: readonly DataType[]): DataType {
  const known = types.filter((type) => !DataType.isNull(type));
  const first = known[0];
  if (first === undefined) return new Utf8();
  const kind = valueKind(first);
  if (known.every((type) => sameType(type, first)) && hasOwnArray(first)) {
    return kind === 'text' ? new Utf8() : first;
  }
  const isMixed = known.some((type) => valueKind(type) !== kind);
  if (!isMixed && kind === 'number') return new Float64();
  if (!isMixed && kind === 'text') return new Utf8();
  if (!isMixed && kind === 'time') return finestTimestamp(known);
  throw wrongType(node, 'have values of one kind', known.map(typeName).join(' and '));
}

/** A timestamp of the shortest unit, and of the first time zone; it has every digit of all of them. */
function finestTimestamp(types: readonly DataType[]): Timestamp {
  const ticks = Math.max(...types.map((type) => ticksPerSecond(type) ?? 0));
  const zones = types.map((type) => (DataType.isTimestamp(type) ? type.timezone : null));
  return new Timestamp(
    timestampTicks.indexOf(ticks),
    zones.find((zone) => (zone ?? '') !== ''),
  );
}

/** Decimals and half floats are worked on as float64, and stay so. */
function hasOwnArray(type: DataType): boolean {
  return (
    !DataType.isDecimal(type) && !(DataType.isFloat(type) && type.precision === Precision.HALF)
  );
}

function comparable(node: ExpressionNode, types: readonly DataType[]): void {
  const kinds = types.map(valueKind);
  const args = 'args' in node ? node.args : [];
  const known = kinds.filter(
    (kind, index) => kind !== 'null' && !isNullLiteral(args[index] ?? node),
  );
  const numbers = known.every((kind) => kind === 'number' || kind === 'bool');
  const same = known.every((kind) => kind === known[0] && kind !== 'other');
  if (numbers || same) return;
  const hasTexts = known.every((kind) => kind === 'time' || kind === 'text');
  const remedy = hasTexts ? "; a constant is a Date, as new Date('2026-11-21')" : '';
  const names = types.map(typeName).join(' and ');
  throw wrongType(node, 'compare values of one kind', `${names}${remedy}`);
}

function expectKind(node: ExpressionNode, schema: Schema, kinds: readonly ValueKind[]): void {
  const type = inferType(node, schema);
  const kind = valueKind(type);
  if (kinds.includes(kind) || kind === 'null' || isNullLiteral(node)) return;
  const isText = kind === 'text' && kinds[0] === 'time';
  const remedy = isText ? "; make one of texts by .cast('timestamp') or .cast('date')" : '';
  throw wrongType(
    node,
    `be ${kinds.map((one) => kindNames[one]).join(' or ')}`,
    `${typeName(type)}${remedy}`,
  );
}

function wrongType(node: ExpressionNode, rule: string, got: string): CoppiceError {
  return new CoppiceError(
    'COLUMN_TYPE',
    `the expression ${expressionText(node)} must ${rule}; got ${got}`,
  );
}
