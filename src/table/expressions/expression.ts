/**
 * Builds expressions over columns: `col('delay').gt(15).and(col('carrier').eq('AA'))`. An expression is
 * plain data inside, so `filter` and `withColumn` carry it out in the worker threads, whole columns at once.
 *
 * Nulls follow SQL: a comparison or sum with a null is null, `and`/`or` know that one side can decide.
 * NaN counts as equal to itself and larger than every other number. Arithmetic is in float64.
 */

import { type Period, periodNames } from '../../base/civil-date.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import type {
  ComparisonName,
  ExpressionNode,
  NumericName,
  TextName,
  TimeName,
} from './expression-node.ts';
import { escapedPattern } from './like-pattern.ts';
import { literalOf } from './literal-value.ts';

/** A constant, or an expression. */
export type Operand<N extends string = string> =
  | Expression<N>
  | number
  | string
  | boolean
  | bigint
  | Date
  | null;

/**
 * A value for every row, made of columns and constants; begin with {@link col}, {@link lit} or {@link when}.
 *
 * @example
 * ```ts
 * import { col, createTable } from 'coppice';
 * const table = createTable({ x: [1, 2, null], y: [10, 20, 30] });
 * const kept = table.filter(col('x').isNotNull().and(col('y').lt(25)));
 * console.log(await kept.count()); // 2
 * ```
 */
export class Expression<N extends string = string> {
  /** The columns that it reads, at compile time only. */
  declare readonly columnNames: N;
  /** @internal */
  readonly node: ExpressionNode;

  /** @internal */
  constructor(node: ExpressionNode) {
    this.node = node;
  }

  /** Sum. */
  add<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#numeric('add', other);
  }
  /** Difference. */
  sub<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#numeric('sub', other);
  }
  /** Product. */
  mul<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#numeric('mul', other);
  }
  /** Quotient; a division by zero is null. */
  div<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#numeric('div', other);
  }
  /** Remainder, with the sign of the dividend; by zero it is null. */
  mod<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#numeric('mod', other);
  }
  /** The number with the other sign. */
  neg(): Expression<N> {
    return this.#numeric('neg');
  }
  /** The number without its sign. */
  abs(): Expression<N> {
    return this.#numeric('abs');
  }
  /** The largest integer not above. */
  floor(): Expression<N> {
    return this.#numeric('floor');
  }
  /** The smallest integer not below. */
  ceil(): Expression<N> {
    return this.#numeric('ceil');
  }
  /** The nearest integer, halves away from zero. */
  round(): Expression<N> {
    return this.#numeric('round');
  }
  /** Square root; NaN below zero. */
  sqrt(): Expression<N> {
    return this.#numeric('sqrt');
  }
  /** Natural logarithm, the same bits on every platform; null where not above zero. */
  log(): Expression<N> {
    return this.#numeric('log');
  }
  /** e to the power, the same bits on every platform. */
  exp(): Expression<N> {
    return this.#numeric('exp');
  }

  /** Equal. */
  eq<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#compare('eq', other);
  }
  /** Not equal. */
  ne<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#compare('ne', other);
  }
  /** Less than; text by its UTF-8 bytes. */
  lt<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#compare('lt', other);
  }
  /** Less than or equal. */
  le<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#compare('le', other);
  }
  /** Greater than. */
  gt<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#compare('gt', other);
  }
  /** Greater than or equal. */
  ge<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return this.#compare('ge', other);
  }
  /** At least `low` and at most `high`. */
  between<L extends string = never, H extends string = never>(
    low: Operand<L>,
    high: Operand<H>,
  ): Expression<N | L | H> {
    return this.ge(low).and(this.le(high));
  }
  /** Equal to one of the constants; null where the value is null. */
  isIn(values: readonly (number | string | boolean | bigint | Date)[]): Expression<N> {
    if (!Array.isArray(values)) throw paramInvalid('isIn', 'values', 'an array', values);
    return new Expression({ op: 'isIn', args: [this.node], values: values.map(literalOf) });
  }

  /** Both. */
  and<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return new Expression({ op: 'and', args: [this.node, nodeOf(other)] });
  }
  /** One or both. */
  or<M extends string = never>(other: Operand<M>): Expression<N | M> {
    return new Expression({ op: 'or', args: [this.node, nodeOf(other)] });
  }
  /** The opposite. */
  not(): Expression<N> {
    return new Expression({ op: 'not', args: [this.node] });
  }
  /** True where there is no value; never null itself. */
  isNull(): Expression<N> {
    return new Expression({ op: 'isNull', args: [this.node] });
  }
  /** True where there is a value. */
  isNotNull(): Expression<N> {
    return this.isNull().not();
  }
  /** True where the number is NaN; false for null. */
  isNaN(): Expression<N> {
    return new Expression({ op: 'isNaN', args: [this.node] });
  }

  /** Does the text begin so? */
  startsWith(prefix: string): Expression<N> {
    return this.#text('startsWith', prefix);
  }
  /** Does the text end so? */
  endsWith(suffix: string): Expression<N> {
    return this.#text('endsWith', suffix);
  }
  /** Is this within the text? */
  contains(part: string): Expression<N> {
    return this.#text('contains', part);
  }
  /**
   * Is the text like a pattern of SQL, in which `%` stands for any characters and `_` for one? Behind the escape `%`, `_`
   * and the escape itself are what they are. Capital letters count, as in Spark.
   *
   * @throws CoppiceError `PARAM_INVALID` where the escape is before something else, or at the end
   */
  like(pattern: string, escapeChar = '\\'): Expression<N> {
    return this.#text('like', escapedPattern(pattern, escapeChar));
  }
  /** The text in small letters. */
  lower(): Expression<N> {
    return this.#text('lower');
  }
  /** The text in capital letters. */
  upper(): Expression<N> {
    return this.#text('upper');
  }
  /** The text without white space at its ends. */
  trim(): Expression<N> {
    return this.#text('trim');
  }
  /** How many characters the text has. */
  length(): Expression<N> {
    return this.#text('length');
  }
  /** The texts one after another. */
  concat<M extends string = never>(...others: readonly Operand<M>[]): Expression<N | M> {
    return new Expression({ op: 'concat', args: [this.node, ...others.map(nodeOf)] });
  }

  /** The year of a date or a timestamp; this and all parts are those of UTC, as in {@link Expression.fromUtcTimestamp}. */
  year(): Expression<N> {
    return this.#time('year');
  }
  /** The quarter, from 1. */
  quarter(): Expression<N> {
    return this.#time('quarter');
  }
  /** The month, from 1. */
  month(): Expression<N> {
    return this.#time('month');
  }
  /** The week of ISO 8601. */
  weekOfYear(): Expression<N> {
    return this.#time('weekOfYear');
  }
  /** The day of the year, from 1. */
  dayOfYear(): Expression<N> {
    return this.#time('dayOfYear');
  }
  /** The day of the month, from 1. */
  dayOfMonth(): Expression<N> {
    return this.#time('dayOfMonth');
  }
  /** The day of the week: 1 is Sunday, 7 Saturday, as in Spark. */
  dayOfWeek(): Expression<N> {
    return this.#time('dayOfWeek');
  }
  /** The hour, from 0. */
  hour(): Expression<N> {
    return this.#time('hour');
  }
  /** The minute, from 0. */
  minute(): Expression<N> {
    return this.#time('minute');
  }
  /** The whole second, from 0. */
  second(): Expression<N> {
    return this.#time('second');
  }
  /** Seconds since 1970, rounded down as by Spark's `unix_seconds`, as a `bigint`. */
  unixTimestamp(): Expression<N> {
    return this.#time('unixTimestamp');
  }
  /** The beginning of the period that the time is in; weeks begin on Monday. A date stays a date. @throws CoppiceError `PARAM_INVALID` */
  dateTrunc(period: Period): Expression<N> {
    if (!periodNames.includes(period)) {
      throw paramInvalid('dateTrunc', 'period', `one of ${periodNames.join(', ')}`, period);
    }
    return this.#time('dateTrunc', [], period);
  }
  /** How many days after another date or timestamp it is, by their dates; before it less than 0. */
  dateDiff<M extends string = never>(start: Operand<M>): Expression<N | M> {
    return this.#time('dateDiff', [start]);
  }
  /** The date so many whole days later; for days before, give less than 0. */
  dateAdd<M extends string = never>(days: Operand<M>): Expression<N | M> {
    return this.#time('dateAdd', [days]);
  }
  /**
   * What clocks show at a time of UTC where they are ahead by `'+02:00'`, as a timestamp: its parts are those of local time.
   * Named time zones are refused, since their tables differ from platform to platform.
   *
   * @throws CoppiceError `PARAM_INVALID`
   * @example
   * ```ts
   * import { col, createTable } from 'coppice';
   * const table = createTable({ at: [new Date('2026-11-21T23:30:00Z')] });
   * const local = table.withColumn('day', col('at').fromUtcTimestamp('+02:00').dayOfMonth());
   * console.log((await local.take(1))[0]?.day); // 22
   * ```
   */
  fromUtcTimestamp(zone: string): Expression<N> {
    if (!/^(UTC|Z|[+-](0\d|1[0-8]):[0-5]\d)$/.test(zone)) {
      const rule = "'UTC' or how far clocks are ahead of it, such as '+02:00'";
      throw paramInvalid('fromUtcTimestamp', 'zone', rule, zone);
    }
    return this.#time('fromUtcTimestamp', [], zone);
  }

  /**
   * One value of a column of vectors or structs, as Spark's `getItem`: an element by its position from 0, or a child by
   * its name. Of the column of probabilities 1 is the second class.
   *
   * @throws CoppiceError `PARAM_INVALID`, `USAGE` where this is not a column; `COLUMN_TYPE` of a table without such a part
   * @example
   * ```ts
   * import { col, createTable, VectorAssembler } from 'coppice';
   * const scored = await new VectorAssembler({ inputCols: ['no', 'yes'], outputCol: 'probability' }).transform(
   *   createTable({ no: [0.3, 0.9], yes: [0.7, 0.1] }),
   * );
   * console.log(await scored.filter(col('probability').getItem('yes').gt(0.5)).count()); // 1
   * ```
   */
  getItem(key: number | string): Expression<N> {
    const isPlace = typeof key === 'number' && Number.isSafeInteger(key) && key >= 0;
    if (!isPlace && typeof key !== 'string') {
      const message = `key of getItem must be an integer ≥ 0 or a name; got ${describeValue(key)}`;
      throw new CoppiceError('PARAM_INVALID', message);
    }
    if (this.node.op !== 'col' && this.node.op !== 'item') {
      throw new CoppiceError('USAGE', '.getItem of an expression must follow col(…)');
    }
    return new Expression({ op: 'item', args: [this.node], key });
  }

  /** The value as another type (`int`, `double`, `string`, `date`, `timestamp`, `category`, …); a value that has none is an error. */
  cast(type: string): Expression<N> {
    return this.#cast(type, true);
  }
  /** The value as another type; null where it has none. */
  tryCast(type: string): Expression<N> {
    return this.#cast(type, false);
  }

  /** After {@link when}: what holds under a further condition. */
  when<C extends string, V extends string = never>(
    condition: Expression<C>,
    value: Operand<V>,
  ): Expression<N | C | V> {
    return new Expression({
      op: 'when',
      args: [...this.#branches(), conditionNode(condition, 'when'), nodeOf(value)],
    });
  }
  /** After {@link when}: what holds otherwise; null by default. */
  otherwise<M extends string = never>(value: Operand<M>): Expression<N | M> {
    return new Expression({ op: 'when', args: [...this.#branches(), nodeOf(value)] });
  }

  #branches(): readonly ExpressionNode[] {
    const { node } = this;
    if (node.op === 'when' && node.args.length % 2 === 0) return node.args;
    throw new CoppiceError(
      'USAGE',
      '.when and .otherwise of an expression must follow when(…); they do not here',
    );
  }

  #numeric(name: NumericName, ...others: readonly Operand[]): Expression<never> {
    return new Expression({ op: 'numeric', name, args: [this.node, ...others.map(nodeOf)] });
  }

  #cast(type: string, strict: boolean): Expression<N> {
    if (typeof type !== 'string') throw paramInvalid('cast', 'type', 'the name of a type', type);
    return new Expression({ op: 'cast', args: [this.node], type, strict });
  }

  #compare(name: ComparisonName, other: Operand): Expression<never> {
    return new Expression({ op: 'compare', name, args: [this.node, nodeOf(other)] });
  }

  #time(name: TimeName, others: readonly Operand[] = [], arg?: string): Expression<never> {
    const args = [this.node, ...others.map(nodeOf)];
    return new Expression({ op: 'time', name, args, ...(arg === undefined ? {} : { arg }) });
  }

  #text(name: TextName, arg = ''): Expression<never> {
    if (typeof arg !== 'string') {
      const message = `argument of ${name} must be a string; got ${describeValue(arg)}`;
      throw new CoppiceError('PARAM_INVALID', message);
    }
    return new Expression({ op: 'text', name, args: [this.node], arg });
  }
}

/**
 * The values of a column. Where a table has no column `a.b`, that is the part `b` of its column `a`: a child of structs, or an
 * element of vectors by its place, as in `col('probability.1')`. `a.b.c` is a part of that part.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function col<const N extends string>(name: N): Expression<N> {
  if (typeof name !== 'string') throw paramInvalid('col', 'name', 'the name of a column', name);
  return new Expression({ op: 'col', name });
}

/** A constant in every row. */
export function lit(value: number | string | boolean | bigint | Date | null): Expression<never> {
  return new Expression({ op: 'lit', value: literalOf(value) });
}

/** A value under a condition: `when(col('x').gt(0), 'up').otherwise('down')`. */
export function when<C extends string, V extends string = never>(
  condition: Expression<C>,
  value: Operand<V>,
): Expression<C | V> {
  return new Expression({ op: 'when', args: [conditionNode(condition, 'when'), nodeOf(value)] });
}

/** The first value that is not null. @throws CoppiceError `PARAM_INVALID` */
export function coalesce<N extends string = never>(
  ...values: readonly Operand<N>[]
): Expression<N> {
  if (values.length === 0) throw paramInvalid('coalesce', 'values', 'one value or more', values);
  return new Expression({ op: 'coalesce', args: values.map(nodeOf) });
}

/** What a condition is made of. @throws CoppiceError `PARAM_INVALID` for a text of SQL and whatever else is no expression */
export function conditionNode(condition: unknown, owner: string): ExpressionNode {
  const node = (condition as Partial<Expression> | null | undefined)?.node;
  if (node?.op !== undefined) return node;
  throw paramInvalid(
    owner,
    'condition',
    "an expression, such as col('x').gt(1) or expr('x > 1')",
    condition,
  );
}

function nodeOf(operand: Operand): ExpressionNode {
  return operand instanceof Expression ? operand.node : { op: 'lit', value: literalOf(operand) };
}
