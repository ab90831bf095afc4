/**
 * The declarations of a module for TypeScript: what a row may hold, by the types of the columns at fit, and what is
 * answered. Every value may be missing; names are quoted, so that any will do.
 */
import type { ClassValue } from '../../training/messages.ts';

/** A value of a row. */
export interface DeclaredInput {
  /** The column. */
  readonly name: string;
  /** The child of a struct or the element of a vector. */
  readonly part?: string | number;
  /** How many elements a vector has. */
  readonly width?: number;
  /** The column's logical type. */
  readonly type: string;
  /** Its values are categories, whatever its type. */
  readonly isCategory?: boolean;
}

/** What a module is known by. */
export interface Declared {
  /** The class of the model. */
  readonly owner: string;
  readonly inputs: readonly DeclaredInput[];
  /** Columns of margins, which every row must have. */
  readonly margins: readonly string[];
  /** Rows may be lists in the order of the inputs. */
  readonly byPosition: boolean;
  readonly classes: readonly ClassValue[];
  /** What is answered beside the classes' scores, by name: `number`, `boolean`, … */
  readonly answer: readonly (readonly [string, string])[];
}

/** The text of the declarations. */
export function declarationsOf(declared: Declared): string {
  const { owner, inputs, margins, byPosition, classes, answer } = declared;
  const names = [...new Set(inputs.map(({ name }) => name))];
  const rows = byPosition && margins.length === 0 ? ['Row', ...listTypes(inputs)] : ['Row'];
  return [
    `// A ${owner} as a module, written by Coppice: what a row may hold, and what is answered.`,
    '',
    '/** A row: values by column name; null, undefined and what is left out are missing. */',
    'export interface Row {',
    ...names.map((name) => {
      const own = inputs.filter((input) => input.name === name);
      return `  readonly ${quoted(name)}?: ${columnType(own)} | null | undefined;`;
    }),
    ...margins.map((name) => `  readonly ${quoted(name)}: number | readonly number[];`),
    '}',
    '',
    '/** What is answered for a row. */',
    'export interface Prediction {',
    ...answer.map(([name, type]) => `  readonly ${name}: ${type};`),
    '}',
    '',
    '/** Names of the columns that a row may have. */',
    `export declare const columns: readonly [${names.map(quoted).join(', ')}];`,
    '',
    '/** The classes, in the order of rawPrediction and probability; empty for numbers. */',
    `export declare const classes: readonly [${classes.map(literalType).join(', ')}];`,
    '',
    '/** Scores one row. A row that the model refuses is a TypeError. */',
    `export declare function predict(row: ${rows.join(' | ')}): Prediction;`,
    '',
  ].join('\n');
}

/** The type of a class among others, or of a number where there are none. */
export function classesType(classes: readonly ClassValue[]): string {
  return classes.length === 0 ? 'number' : classes.map(literalType).join(' | ');
}

function literalType(value: ClassValue): string {
  return typeof value === 'string' ? quoted(value) : String(value);
}

function columnType(own: readonly DeclaredInput[]): string {
  const [first] = own as [DeclaredInput];
  if (first.width !== undefined) return 'ArrayLike<number>';
  if (first.part === undefined) return valueType(first);
  const parts = own.map(
    (input) => `readonly ${quoted(String(input.part))}?: ${valueType(input)} | null | undefined`,
  );
  return `{ ${parts.join('; ')} }`;
}

function valueType({ type, isCategory = false }: DeclaredInput): string {
  if (type === 'string' || type.startsWith('dictionary')) return 'string';
  if (type === 'boolean') return 'boolean';
  if (/^(date|timestamp)/.test(type)) return 'Date | number | bigint';
  const number = /^u?bigint$/.test(type) ? 'number | bigint' : 'number';
  return isCategory ? `${number} | string` : number;
}

/** Rows as lists: a value a feature, or numbers alone. */
function listTypes(inputs: readonly DeclaredInput[]): string[] {
  const types = inputs.map(valueType);
  const values = types.map((type) => `${type} | null | undefined`).join(', ');
  const isPlain = types.every((type) => type === 'number');
  return [`readonly [${values}]`, ...(isPlain ? ['Float64Array', 'Float32Array'] : [])];
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
