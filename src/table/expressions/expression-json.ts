/** Expressions as JSON and back: their nodes as they are, but constants that JSON does not hold as objects. */
import { type Period, periodNames } from '../../base/civil-date.ts';
import { CoppiceError } from '../../base/errors.ts';
import { isPlainObject, type Json } from '../../base/json.ts';
import type {
  ComparisonName,
  ExpressionNode,
  LiteralValue,
  NumericName,
  TextName,
  TimeName,
} from './expression-node.ts';

/** An expression as JSON. */
export function expressionToJson(node: ExpressionNode): Json {
  if (node.op === 'col') return { ...node };
  if (node.op === 'lit') return { op: 'lit', value: literalToJson(node.value) };
  const args = node.args.map(expressionToJson);
  return node.op === 'isIn'
    ? { op: 'isIn', args, values: node.values.map(literalToJson) }
    : { ...node, args };
}

function literalToJson(value: LiteralValue): Json {
  if (typeof value === 'bigint') return { bigint: `${value}` };
  if (typeof value === 'object' && value !== null) return { dateMs: value.dateMs };
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { number: Object.is(value, -0) ? '-0' : `${value}` };
}

/** How many operands a node has: from and to. */
type Counts = readonly [number, number];

const one: Counts = [1, 1];
const two: Counts = [2, 2];
const many: Counts = [1, Number.POSITIVE_INFINITY];

const comparisons: Readonly<Record<ComparisonName, Counts>> = {
  ...{ eq: two, ne: two, lt: two, le: two, gt: two, ge: two },
};
const numerics: Readonly<Record<NumericName, Counts>> = {
  ...{ add: two, sub: two, mul: two, div: two, mod: two },
  ...{ neg: one, abs: one, floor: one, ceil: one, round: one, sqrt: one, log: one, exp: one },
};
const texts: Readonly<Record<TextName, Counts>> = {
  ...{ startsWith: one, endsWith: one, contains: one, like: one },
  ...{ lower: one, upper: one, trim: one, length: one },
};
const times: Readonly<Record<TimeName, Counts>> = {
  ...{ year: one, quarter: one, month: one, weekOfYear: one },
  ...{ dayOfYear: one, dayOfMonth: one, dayOfWeek: one, hour: one, minute: one, second: one },
  ...{ dateTrunc: one, dateDiff: two, dateAdd: two, unixTimestamp: one, fromUtcTimestamp: one },
};
const named: Readonly<Record<string, Readonly<Record<string, Counts>>>> = {
  ...{ compare: comparisons, numeric: numerics, text: texts, time: times },
};
const plain: Readonly<Record<string, Counts>> = {
  ...{ and: two, or: two, not: one, isNull: one, isNaN: one, isIn: one, item: one, cast: one },
  ...{ coalesce: many, concat: many, when: [2, Number.POSITIVE_INFINITY] },
};

/** Nothing that is written by hand is as deep. */
const mostLevels = 500;

/** An expression of JSON. @throws CoppiceError `MODEL_FORMAT` for what is none that this version knows */
export function expressionFromJson(json: unknown, level = 0): ExpressionNode {
  if (!isPlainObject(json) || level > mostLevels) throw noExpression(json);
  const { op } = json;
  if (op === 'col' && typeof json['name'] === 'string') return { op, name: json['name'] };
  if (op === 'lit') return { op, value: literalFromJson(json['value']) };
  const [least, most] = countsOf(json) ?? [0, -1];
  const { args } = json;
  if (!Array.isArray(args) || args.length < least || args.length > most) throw noExpression(json);
  if (!hasOwnParts(json)) throw noExpression(json);
  const values =
    json['op'] === 'isIn' ? { values: (json['values'] as Json[]).map(literalFromJson) } : {};
  const operands = args.map((arg) => expressionFromJson(arg, level + 1));
  return { ...json, ...values, args: operands } as unknown as ExpressionNode;
}

function countsOf(json: Readonly<Record<string, unknown>>): Counts | undefined {
  const op = String(json['op']);
  const name = String(json['name']);
  if (!Object.hasOwn(named, op)) return Object.hasOwn(plain, op) ? plain[op] : undefined;
  const counts = named[op] as Readonly<Record<string, Counts>>;
  return Object.hasOwn(counts, name) ? counts[name] : undefined;
}

/** Whether what a node has beside its operands is there. */
function hasOwnParts(json: Readonly<Record<string, unknown>>): boolean {
  const { op, name, args, arg, values, key, type, strict } = json;
  if (op === 'time' && name === 'dateTrunc') return periodNames.includes(arg as Period);
  if (op === 'time' && name === 'fromUtcTimestamp') return typeof arg === 'string';
  if (op === 'text') return typeof arg === 'string';
  if (op === 'isIn') return Array.isArray(values);
  if (op === 'cast') return typeof type === 'string' && typeof strict === 'boolean';
  if (op !== 'item') return true;
  const isPlace = Number.isSafeInteger(key) && (key as number) >= 0;
  const [column] = args as Json[];
  const isColumn = isPlainObject(column) && ['col', 'item'].includes(column['op'] as string);
  return (isPlace || typeof key === 'string') && isColumn;
}

function literalFromJson(json: unknown): LiteralValue {
  if (!isPlainObject(json)) {
    if (json === null || ['number', 'string', 'boolean'].includes(typeof json))
      return json as LiteralValue;
    throw noExpression(json);
  }
  const { bigint, number, dateMs } = json;
  if (typeof dateMs === 'number') return { dateMs };
  if (typeof bigint === 'string' && /^-?\d{1,20}$/.test(bigint)) return BigInt(bigint);
  if (['NaN', 'Infinity', '-Infinity', '-0'].includes(number as string)) return Number(number);
  throw noExpression(json);
}

function noExpression(json: unknown): CoppiceError {
  const text = (JSON.stringify(json) ?? String(json)).slice(0, 200);
  return new CoppiceError(
    'MODEL_FORMAT',
    `a saved expression must be one that this version of coppice knows; got ${text}: update coppice, or save the stage anew`,
  );
}
