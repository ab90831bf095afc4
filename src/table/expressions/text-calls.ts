/** The functions that the text of an expression may call, by their names in Spark's SQL. */
import type { Period } from '../../base/civil-date.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { coalesce, type Expression, lit, when } from './expression.ts';

/** A function: how many arguments it takes, at least and at most, and what it makes of them. */
interface Callable {
  readonly least: number;
  readonly most: number;
  readonly make: (args: readonly Expression[]) => Expression | string;
}

const functions: Readonly<Record<string, Callable>> = {
  ...ofOne('abs', 'floor', 'ceil', 'round', 'sqrt', 'log', 'exp', 'neg'),
  ...ofOne('lower', 'upper', 'trim', 'length', 'isNull', 'isNotNull', 'isNaN'),
  ...alias('ceiling', 'ceil'),
  ...alias('ln', 'log'),
  ...alias('negative', 'neg'),
  ...alias('lcase', 'lower'),
  ...alias('ucase', 'upper'),
  ...alias('char_length', 'length'),
  ...ofOne('year', 'quarter', 'month', 'weekOfYear', 'dayOfYear', 'dayOfMonth', 'dayOfWeek'),
  ...ofOne('hour', 'minute', 'second'),
  ...alias('day', 'dayOfMonth'),
  ...alias('unix_seconds', 'unixTimestamp'),
  ...both('datediff', (end, start) => end.dateDiff(start)),
  ...both('date_add', (date, days) => date.dateAdd(days)),
  ...both('date_sub', (date, days) => date.dateAdd(days.neg())),
  ...both('date_trunc', ({ node }, time) => {
    const isText = node.op === 'lit' && typeof node.value === 'string';
    if (!isText) return 'date_trunc of a period between quotes and a time';
    return time.dateTrunc((node.value as string).toLowerCase() as Period);
  }),
  ...both('from_utc_timestamp', (time, { node }) => {
    const isText = node.op === 'lit' && typeof node.value === 'string';
    return isText
      ? time.fromUtcTimestamp(node.value as string)
      : "from_utc_timestamp of a time and an offset between quotes, as '+02:00'";
  }),
  to_date: { least: 1, most: 1, make: ([time]) => (time as Expression).cast('date') },
  ...withText('startsWith', 'endsWith', 'contains'),
  coalesce: many((args) => coalesce(...args)),
  concat: many(([first, ...others]) => (first as Expression).concat(...others)),
  ...both('nvl', (a, b) => coalesce(a, b)),
  ...both('ifnull', (a, b) => coalesce(a, b)),
  ...both('nullif', (a, b) => when(a.eq(b), lit(null)).otherwise(a)),
  ...both('mod', (a, b) => a.mod(b)),
  ...choice('if'),
  ...choice('iff'),
};

/** What a call makes, or what there must be in its place. @param args the values between its brackets */
export function callFunction(name: string, args: readonly Expression[]): Expression | string {
  const key = name.toLowerCase();
  const found = Object.hasOwn(functions, key) ? functions[key] : undefined;
  if (found === undefined)
    return `a function that is known (${nameSuggestion(key, Object.keys(functions))})`;
  const { least, most, make } = found;
  if (args.length >= least && args.length <= most) return make(args);
  const count = least === most ? `${least}` : `${least} or more`;
  return `${name} of ${count} value${least === 1 && most === 1 ? '' : 's'}`;
}

type OneValued =
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sqrt'
  | 'log'
  | 'exp'
  | 'neg'
  | 'lower'
  | 'upper'
  | 'trim'
  | 'length'
  | 'isNull'
  | 'isNotNull'
  | 'isNaN'
  | 'year'
  | 'quarter'
  | 'month'
  | 'weekOfYear'
  | 'dayOfYear'
  | 'dayOfMonth'
  | 'dayOfWeek'
  | 'hour'
  | 'minute'
  | 'second'
  | 'unixTimestamp';

function one(method: OneValued): Callable {
  return { least: 1, most: 1, make: ([value]) => (value as Expression)[method]() };
}

function ofOne(...methods: readonly OneValued[]): Record<string, Callable> {
  return Object.fromEntries(methods.map((method) => [method.toLowerCase(), one(method)]));
}

function alias(name: string, method: OneValued): Record<string, Callable> {
  return { [name]: one(method) };
}

function withText(
  ...methods: readonly ('startsWith' | 'endsWith' | 'contains')[]
): Record<string, Callable> {
  return Object.assign(
    {},
    ...methods.map((method) =>
      both(method.toLowerCase(), (value, { node }) => {
        const isText = node.op === 'lit' && typeof node.value === 'string';
        return isText
          ? value[method](node.value)
          : `${method} of a value and a text between quotes`;
      }),
    ),
  );
}

function both(
  name: string,
  make: (a: Expression, b: Expression) => Expression | string,
): Record<string, Callable> {
  const call = ([a, b]: readonly Expression[]) => make(a as Expression, b as Expression);
  return { [name]: { least: 2, most: 2, make: call } };
}

function choice(name: string): Record<string, Callable> {
  const make = ([condition, value, other]: readonly Expression[]) =>
    when(condition as Expression, value as Expression).otherwise(other as Expression);
  return { [name]: { least: 3, most: 3, make } };
}

function many(make: (args: readonly Expression[]) => Expression): Callable {
  return { least: 1, most: Number.POSITIVE_INFINITY, make };
}
