/**
 * Expressions written as text, in the words of SQL: `expr("distance / hours > 90 AND carrier IN ('AA', 'B6')")`. A reader by
 * recursive descent, one function for each level of precedence; what it reads becomes the same nodes as the methods of
 * {@link Expression} make.
 */
import { CoppiceError } from '../../base/errors.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { col, type Expression, lit, when } from './expression.ts';
import type { LiteralValue } from './expression-node.ts';
import { callFunction } from './text-calls.ts';
import { type Token, tokensOf } from './text-tokens.ts';

/** So deep no one nests by hand; deeper ones would use up the stack. */
const mostLevels = 200;

/**
 * An expression of its text, in the words of Spark's SQL.
 *
 * Columns by name (`a`, `a.b`, or between backticks), numbers, `'texts'`, `TRUE`, `FALSE`, `NULL`, `DATE '2026-11-21'`,
 * `TIMESTAMP '2026-11-21 06:30:00'` (in UTC); `+ - * / % ||`, comparisons, `AND`, `OR`, `NOT`, `IS NULL`, `IN`, `BETWEEN`, `LIKE`,
 * `CASE`, `CAST(x AS double)`, `TRY_CAST`, `a[0]`; and the functions that {@link Expression} has. It means what the methods mean:
 * arithmetic in float64, text compared by its UTF-8 bytes.
 *
 * @throws CoppiceError `PARAM_INVALID` where the text is no expression, with the place
 * @example
 * ```ts
 * import { createTable, expr } from 'coppice';
 * const flights = createTable({ carrier: ['AA', 'B6', 'UA'], delay: [20, 4, 31] });
 * console.log(await flights.filter(expr("delay > 15 AND carrier <> 'UA'")).count()); // 1
 * ```
 */
export function expr(text: string): Expression<never> {
  if (typeof text !== 'string') throw paramInvalid('expr', 'text', 'a text', text);
  return expressionOf(text, 'text of expr');
}

/** The same. @param what the text is, for errors */
export function expressionOf(text: string, what: string): Expression<never> {
  const reader = new ExpressionReader(text, what);
  const read = reader.either();
  reader.end();
  return read as Expression<never>;
}

const comparisons = {
  '=': 'eq',
  '==': 'eq',
  '<>': 'ne',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
} as const;
const sums = { '+': 'add', '-': 'sub' } as const;
const products = { '*': 'mul', '/': 'div', '%': 'mod' } as const;

/** Reads one text. */
class ExpressionReader {
  readonly #text: string;
  readonly #what: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #level = 0;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
    this.#tokens = tokensOf(text, (place, rule) => this.#refusalAt(place, rule));
  }

  /** `a OR b` */
  either(): Expression {
    this.#level += 1;
    if (this.#level > mostLevels) throw this.#refusal(`nested at most ${mostLevels} levels deep`);
    let left = this.#both();
    while (this.#takes('OR')) left = left.or(this.#both());
    this.#level -= 1;
    return left;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#at < this.#tokens.length) throw this.#refusal('an operator or the end');
  }

  #both(): Expression {
    let left = this.#opposite();
    while (this.#takes('AND')) left = left.and(this.#opposite());
    return left;
  }

  #opposite(): Expression {
    let isOpposite = false;
    while (this.#takes('NOT')) isOpposite = !isOpposite;
    const read = this.#predicate();
    return isOpposite ? read.not() : read;
  }

  #predicate(): Expression {
    const left = this.#sum();
    const sign = this.#oneOf(comparisons);
    if (sign !== undefined) return left[comparisons[sign]](this.#sum());
    if (this.#takes('IS')) {
      const isNot = this.#takes('NOT');
      this.#expect('NULL');
      return isNot ? left.isNotNull() : left.isNull();
    }
    const isNot = this.#takes('NOT');
    const read = this.#test(left);
    if (read !== null) return isNot ? read.not() : read;
    if (isNot) throw this.#refusal('IN, BETWEEN or LIKE behind NOT');
    return left;
  }

  /** `BETWEEN`, `IN` and `LIKE` behind a value; null where none is there. */
  #test(left: Expression): Expression | null {
    if (this.#takes('BETWEEN')) {
      const low = this.#sum();
      this.#expect('AND');
      return left.between(low, this.#sum());
    }
    if (this.#takes('LIKE')) {
      const pattern = this.#literalText('a pattern between quotes behind LIKE');
      return this.#takes('ESCAPE')
        ? left.like(pattern, this.#literalText('a character between quotes behind ESCAPE'))
        : left.like(pattern);
    }
    if (!this.#takes('IN')) return null;
    this.#expect('(');
    const values = this.#list().map((value) => value.node);
    const constants = values.map((node) => (node.op === 'lit' ? node.value : null));
    if (constants.includes(null)) throw this.#refusal('constants in the list of IN');
    return left.isIn(constants.map(givenConstant));
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const sign = this.#oneOf(sums);
      if (sign !== undefined) left = left[sums[sign]](this.#product());
      else if (this.#takes('||')) left = left.concat(this.#product());
      else return left;
    }
  }

  #product(): Expression {
    let left = this.#signed();
    for (;;) {
      const sign = this.#oneOf(products);
      if (sign === undefined) return left;
      left = left[products[sign]](this.#signed());
    }
  }

  #signed(): Expression {
    let isNegative = false;
    for (;;) {
      if (this.#takes('-')) isNegative = !isNegative;
      else if (!this.#takes('+')) break;
    }
    const read = this.#part();
    if (!isNegative) return read;
    const { node } = read;
    const isNumber = node.op === 'lit' && /^(number|bigint)$/.test(typeof node.value);
    return isNumber ? lit(-(node.value as number)) : read.neg();
  }

  /** A value and what is taken of it: `probability[1]`, `address['zip']`. */
  #part(): Expression {
    let read = this.#value();
    while (this.#takes('[')) {
      const { node } = this.either();
      this.#expect(']');
      if (node.op !== 'lit') throw this.#refusal('a position or a name between quotes within [ ]');
      read = read.getItem(node.value as number);
    }
    return read;
  }

  #value(): Expression {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#refusal('a column, a constant or a function');
    if (token.kind === 'number' || token.kind === 'text') {
      this.#at += 1;
      return lit(token.value);
    }
    if (this.#takes('(')) {
      const inner = this.either();
      this.#expect(')');
      return inner;
    }
    if (token.kind === 'name') {
      this.#at += 1;
      return col(token.value);
    }
    if (token.kind === 'word') return this.#word(token.value);
    throw this.#refusal('a column, a constant or a function');
  }

  #word(word: string): Expression {
    if (this.#takes('TRUE')) return lit(true);
    if (this.#takes('FALSE')) return lit(false);
    if (this.#takes('NULL')) return lit(null);
    if (this.#takes('CASE')) return this.#cases();
    const next = this.#tokens[this.#at + 1];
    if (/^(date|timestamp)$/i.test(word) && next?.kind === 'text') return this.#instant(word);
    const isCall = next?.kind === 'sign' && next.value === '(';
    if (!isCall && reserved.has(word.toUpperCase()))
      throw this.#refusal(`a value (a column of the name ${word} stands between backticks)`);
    this.#at += 1;
    if (!isCall) return col(word);
    this.#at += 1;
    if (/^(try_)?cast$/i.test(word)) return this.#cast(/^try/i.test(word));
    const args = this.#takes(')') ? [] : this.#list();
    const made = callFunction(word, args);
    if (typeof made !== 'string') return made;
    this.#at = this.#tokens.indexOf(next as Token) - 1;
    throw this.#refusal(made);
  }

  #instant(word: string): Expression {
    this.#at += 1;
    const text = this.#literalText('a text');
    const isTime = /^timestamp$/i.test(word);
    const shape = isTime
      ? /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?)?Z?$/
      : /^\d{4}-\d{2}-\d{2}$/;
    const [day = '', time = '00:00'] = text.replace(/Z$/, '').split(/[ T]/);
    const date = new Date(`${day}T${time}Z`);
    // the platform makes 1 March of 30 February
    if (shape.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day))
      return lit(date);
    this.#at -= 1;
    throw this.#refusal(
      isTime ? "a time in UTC, as '2026-11-21 06:30:00'" : "a day, as '2026-11-21'",
    );
  }

  #cast(isTry: boolean): Expression {
    const value = this.either();
    this.#expect('AS');
    const from = this.#tokens[this.#at]?.from ?? this.#text.length;
    // vector(3), decimal(10, 2)
    let open = 0;
    while (this.#at < this.#tokens.length && (open > 0 || !this.#is(')'))) {
      if (this.#is('(')) open += 1;
      else if (this.#is(')')) open -= 1;
      this.#at += 1;
    }
    const type = this.#text.slice(from, this.#tokens[this.#at]?.from).trim().toLowerCase();
    this.#expect(')');
    return isTry ? value.tryCast(type) : value.cast(type);
  }

  /** `CASE WHEN c THEN v ELSE w END`, or `CASE x WHEN constant THEN v END`. */
  #cases(): Expression {
    const subject = this.#is('WHEN') ? null : this.either();
    let made: Expression | null = null;
    while (this.#takes('WHEN')) {
      const given = this.either();
      const condition = subject === null ? given : subject.eq(given);
      this.#expect('THEN');
      const value = this.either();
      made = made === null ? when(condition, value) : made.when(condition, value);
    }
    if (made === null) throw this.#refusal('WHEN behind CASE');
    const all = this.#takes('ELSE') ? made.otherwise(this.either()) : made;
    this.#expect('END');
    return all;
  }

  /** Values up to the closing bracket. */
  #list(): Expression[] {
    const values = [this.either()];
    while (this.#takes(',')) values.push(this.either());
    this.#expect(')');
    return values;
  }

  #literalText(rule: string): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'text') throw this.#refusal(rule);
    this.#at += 1;
    return token.value;
  }

  #is(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'sign') return token.value === word;
    return token?.kind === 'word' && token.value.toUpperCase() === word;
  }

  #takes(word: string): boolean {
    const isThere = this.#is(word);
    if (isThere) this.#at += 1;
    return isThere;
  }

  #oneOf<K extends string>(signs: Readonly<Record<K, string>>): K | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || !Object.hasOwn(signs, token.value)) return undefined;
    this.#at += 1;
    return token.value as K;
  }

  #expect(word: string): void {
    if (!this.#takes(word)) throw this.#refusal(word);
  }

  #refusal(rule: string): CoppiceError {
    return this.#refusalAt(this.#tokens[this.#at]?.from ?? this.#text.length, rule);
  }

  #refusalAt(place: number, rule: string): CoppiceError {
    const text = this.#text;
    const got = place < text.length ? JSON.stringify(text.slice(place, place + 24)) : 'the end';
    const message = `${this.#what} must be an expression; at character ${place + 1} there must be ${rule}; got ${got} in ${JSON.stringify(text.slice(0, 200))}`;
    return new CoppiceError('PARAM_INVALID', message);
  }
}

/** Words that are no columns. */
const reserved: ReadonlySet<string> = new Set(
  'AND OR NOT IS IN BETWEEN LIKE ESCAPE CASE WHEN THEN ELSE END AS'.split(' '),
);

/** A constant as a user gives it. */
function givenConstant(value: LiteralValue): number | string | boolean | bigint | Date {
  if (typeof value === 'object') return new Date(value?.dateMs ?? Number.NaN);
  return value;
}
