/**
 * Scoring of one row: what goes in and what comes out, and how the row's values are read into an array, by feature
 * name from an object, by position from an array. Categories become their positions in the model's list.
 */
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { nameSuggestion } from '../base/nearest-name.ts';
import type { ClassValue, TrainedFeature } from '../training/messages.ts';
import { type LogicalSchema, typeAtPath } from './logical-schema.ts';
import { ticksOfType } from './time-ticks.ts';

/**
 * A value of a row: a number, a boolean or a category; null, undefined and NaN are missing. A text where the model
 * learned from numbers is refused, as it is in a table. Of a column of dates or timestamps a number counts milliseconds
 * since 1970, as a `Date` does; a bigint counts the column's own unit.
 */
export type ScorerValue = number | string | boolean | bigint | null | undefined;

/** What a row may hold by name: a value, a date, a vector, or a struct of such. */
export type ScorerCell =
  | ScorerValue
  | Date
  | readonly number[]
  | Float64Array
  | Float32Array
  | { readonly [name: string]: ScorerCell };

/**
 * One row: values by feature name, by column name (a struct as an object, a vector as a list), or in the order of the
 * model's features. A model with an offset column reads it too, by name: a number, or one number a class.
 */
export type ScorerRow =
  | Readonly<Record<string, ScorerCell>>
  | readonly ScorerValue[]
  | Float64Array
  | Float32Array;

/** What a model may predict of a row: a number, a class, or several numbers. */
export type Prediction = ClassValue | Float64Array;

/** What a scorer answers. */
export interface Score<P extends Prediction = Prediction> {
  /** The predicted class or number; quantiles ascending, where a model predicts several. */
  readonly prediction: P;
  /** Raw scores, one a class; empty for a regressor. */
  readonly rawPrediction: Float64Array;
  /** Probabilities, one a class; empty for a regressor. */
  readonly probability: Float64Array;
}

/**
 * A row of a type that declares its columns, such as an interface: what each of them may be. What is `unknown`, as in rows of
 * `take`, is looked at when it is scored.
 */
export type NamedCells<R> = {
  readonly [K in keyof R]: R[K] extends ScorerCell
    ? R[K]
    : unknown extends R[K]
      ? unknown
      : R[K] extends (...values: never[]) => unknown
        ? never
        : R[K] extends object
          ? NamedCells<R[K]>
          : ScorerCell;
};

/** Scores one row. */
export type Scorer<S = Score> = <R extends ScorerRow | (object & NamedCells<R>)>(row: R) => S;

type RowValues = readonly ScorerValue[] | Float64Array | Float32Array;
type NamedRow = Readonly<Record<string, ScorerValue>>;

/** A child of a struct, or an element of a vector. */
export interface RowPart {
  readonly column: string;
  readonly part: string;
  /** How many elements the vector has; left out of a struct. */
  readonly width?: number;
}

/** Where a feature lies in a row that has the column which it is a part of; null for a column of its own. */
export function rowPartAt(
  schema: LogicalSchema,
  [column = '', part]: readonly string[],
): RowPart | null {
  if (part === undefined) return null;
  const type = schema.find(({ name }) => name === column)?.type ?? '';
  const width = /^vector\[(\d+)\]$/.exec(type)?.[1];
  return width === undefined ? { column, part } : { column, part, width: Number(width) };
}

/** The part's value in a row. @throws CoppiceError `DATA_INVALID` for a column that has no such parts */
function partOfRow(row: NamedRow, { column, part, width }: RowPart): ScorerValue {
  const whole: unknown = row[column];
  if (whole === null || whole === undefined) return undefined;
  const isList = Array.isArray(whole) || ArrayBuffer.isView(whole);
  const isSound =
    width === undefined
      ? typeof whole === 'object' && !isList
      : isList && (whole as ArrayLike<unknown>).length === width;
  if (isSound) return (whole as Readonly<Record<string, ScorerValue>>)[part];
  const rule = width === undefined ? 'an object of its parts' : `${width} numbers`;
  const message = `column ${column} of a row must be ${rule}; got ${describeValue(whole)}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { column } });
}

/** The reader of a model's rows. */
export class RowReader {
  /** float64[numFeatures]: the row that was read last; NaN is missing, −1 a category that was never seen. */
  readonly values: Float64Array;
  readonly #names: readonly string[];
  /** Of each feature that is a part of a column: where it lies in a row that has the column; null where none is. */
  readonly #parts: readonly (RowPart | null)[] | null;
  /** Positions of categories, for each feature that has such. */
  readonly #positions: readonly (ReadonlyMap<string, number> | null)[];
  /** Features in which a 0 is missing; null for none. */
  readonly #zeroes: readonly boolean[] | null;
  /** Features of columns in float32, which has rounded their values before a table's are read. */
  readonly #singles: readonly number[];
  /** Of each feature that is an instant: from milliseconds to what its column counts; null where none is. */
  readonly #ticks: readonly (((milliseconds: number) => number) | null)[] | null;

  /** @param paths where each feature lies in the columns of the fit */
  constructor(
    features: readonly TrainedFeature[],
    schema: LogicalSchema,
    paths: readonly (readonly string[])[],
  ) {
    const types = paths.map((path) => typeAtPath(schema, path));
    const ticks = types.map(ticksOfType);
    const parts = paths.map((path) => rowPartAt(schema, path));
    this.#parts = parts.every((one) => one === null) ? null : parts;
    this.#ticks = ticks.every((one) => one === null) ? null : ticks;
    this.#singles = singlesOf(schema, paths);
    this.values = new Float64Array(features.length);
    this.#names = features.map(({ name }) => name);
    const zeroes = features.map(({ zeroIsMissing }) => zeroIsMissing === true);
    this.#zeroes = zeroes.includes(true) ? zeroes : null;
    this.#positions = features.map(({ kind, categories }) =>
      kind === 'category' ? new Map(categories.map((value, i) => [value, i])) : null,
    );
  }

  /** How many categories each category feature has. */
  get numCategories(): Map<number, number> {
    const counts = new Map<number, number>();
    this.#positions.forEach((own, f) => {
      if (own !== null) counts.set(f, own.size);
    });
    return counts;
  }

  /**
   * Reads a row into the values.
   *
   * @throws CoppiceError `DATA_INVALID` for an array of another length, an object that names no feature, or a value that
   *   is no number where the model learned from numbers
   */
  read(row: object): void {
    if (Array.isArray(row) || ArrayBuffer.isView(row)) this.#readArray(row as RowValues);
    else if (typeof row === 'object' && row !== null) this.#readObject(row as NamedRow);
    else throw noRow(row, 'features', this.#names);
    for (const f of this.#singles) this.values[f] = Math.fround(this.values[f] as number);
    if (this.#zeroes === null) return;
    for (let f = 0; f < this.values.length; f++) {
      if (this.#zeroes[f] === true && this.values[f] === 0) this.values[f] = Number.NaN;
    }
  }

  #readArray(row: RowValues): void {
    const { values } = this;
    if (row.length !== values.length) {
      const message = `length of a row given as an array must be ${values.length}, one value a feature; got ${row.length}`;
      throw new CoppiceError('DATA_INVALID', message);
    }
    for (let f = 0; f < values.length; f++) this.#set(f, row[f]);
  }

  #readObject(row: NamedRow): void {
    let isNamed = false;
    for (let f = 0; f < this.values.length; f++) {
      const name = this.#names[f] as string;
      const part = this.#parts?.[f] ?? null;
      let value = row[name];
      if (value === undefined && part !== null) value = partOfRow(row, part);
      isNamed ||= value !== undefined || Object.hasOwn(row, name);
      isNamed ||= part !== null && Object.hasOwn(row, part.column);
      this.#set(f, value);
    }
    if (!isNamed) throw noRow(row, 'features', this.#names);
  }

  #set(feature: number, value: ScorerValue): void {
    const positions = this.#positions[feature] as ReadonlyMap<string, number> | null;
    if (typeof value === 'number' && positions === null) {
      this.values[feature] = this.#ticks?.[feature]?.(value) ?? value;
    } else if (value === null || value === undefined || Number.isNaN(value))
      this.values[feature] = Number.NaN;
    else if (positions === null) this.values[feature] = this.#number(feature, value);
    else this.values[feature] = positions.get(String(value)) ?? -1;
  }

  #number(feature: number, value: unknown): number {
    const name = this.#names[feature] as string;
    if (!(value instanceof Date)) {
      const isInstant = this.#ticks !== null && this.#ticks[feature] !== null;
      return numberOf(name, value, isInstant ? instantRule : undefined);
    }
    const milliseconds = value.getTime();
    return this.#ticks?.[feature]?.(milliseconds) ?? milliseconds;
  }
}

/** The error for what has no value of any name that a model reads: a body that was not unpacked, names in another case. */
export function noRow(row: unknown, what: string, names: readonly string[]): CoppiceError {
  const keys = typeof row === 'object' && row !== null ? Object.keys(row) : [];
  const hint = keys.length === 1 ? nameSuggestion(keys[0] as string, names) : '';
  const message =
    `row given to a scorer must have a value or null for at least one of the model's ${what} (${names.slice(0, 12).join(', ')}` +
    `${names.length > 12 ? ', …' : ''}); got ${describeValue(row)}${hint.startsWith('did') ? `; ${hint}` : ''}`;
  return new CoppiceError('DATA_INVALID', message);
}

/** The features, by their places in `paths`, that columns of the fit held in float32. */
export function singlesOf(
  schema: LogicalSchema,
  paths: readonly (readonly string[])[],
): readonly number[] {
  return paths.flatMap((path, f) => (isSingle(typeAtPath(schema, path)) ? [f] : []));
}

/** True for a logical type whose numbers are at most float32. */
export function isSingle(type: string): boolean {
  return type === 'float' || type === 'half';
}

/** What a cell of a column of dates or timestamps must be. */
export const instantRule = 'a Date, milliseconds since 1970 or null (new Date(text) reads a text)';

/** A text is no number, in a row as in a table. @throws CoppiceError `DATA_INVALID` */
export function numberOf(column: string, value: unknown, rule = 'a number or null'): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  const message = `column ${column} of a row given to a scorer must be ${rule}; got ${describeValue(value)}`;
  throw new CoppiceError('DATA_INVALID', message, { context: { column } });
}
