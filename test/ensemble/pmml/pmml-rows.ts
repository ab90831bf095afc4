/** Rows as an engine of PMML takes them, and what it answers beside what transform says. */
import { expect } from 'vitest';
import type { Model } from '../../../src/pipeline/model.ts';
import type { ClassValue } from '../../../src/training/messages.ts';
import type { Cell, SampleData } from '../../tools/sample-data.ts';

/** Columns by name: null is missing, `inf` and `-inf` are numbers. */
export type PmmlRows = Readonly<Record<string, PmmlRowColumn>>;

/** One column. */
export interface PmmlRowColumn {
  readonly type: 'number' | 'flag' | 'text';
  readonly values: readonly (number | string | boolean | null)[];
}

/** The columns that a model reads. */
export function pmmlRows(
  model: Pick<Model, 'inputSchema' | 'offsetColumns'>,
  data: SampleData,
): PmmlRows {
  const names = [...model.inputSchema, ...model.offsetColumns].map(({ name }) => name);
  const columns = data.filter(({ name }) => names.includes(name));
  return Object.fromEntries(
    columns.map(({ name, type, cells }): [string, PmmlRowColumn] => {
      if (type === 'text' || type === 'dictionary')
        return [name, { type: 'text', values: cells.map((cell) => cell as string | null) }];
      if (type === 'bool')
        return [name, { type: 'flag', values: cells.map((cell) => cell as boolean | null) }];
      const isSingle = type === 'float32';
      return [name, { type: 'number', values: cells.map((cell) => numberOf(cell, isSingle)) }];
    }),
  );
}

/** The same of cells by column. */
export function rowsOf(
  cells: Readonly<Record<string, readonly Cell[]>>,
  { inputSchema, offsetColumns }: Pick<Model, 'inputSchema' | 'offsetColumns'>,
): PmmlRows {
  const columns = [...inputSchema, ...offsetColumns].flatMap(({ name, type }) => {
    const own = cells[name];
    const kind = type === 'string' ? 'text' : type === 'boolean' ? 'flag' : 'number';
    const values = kind === 'number' ? own?.map((cell) => numberOf(cell, false)) : own;
    return values === undefined ? [] : [[name, { type: kind, values }] as const];
  });
  return Object.fromEntries(columns as [string, PmmlRowColumn][]);
}

function numberOf(cell: Cell, isSingle: boolean): number | string | null {
  if (cell === null) return null;
  const value = isSingle ? Math.fround(Number(cell)) : Number(cell);
  if (Number.isNaN(value)) return null;
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'inf' : '-inf';
}

/** The outputs that PMML has of what transform says: a vector is a field for each class. */
export function pmmlOutputs(
  classes: readonly ClassValue[],
  wanted: Readonly<Record<string, readonly unknown[]>>,
): Record<string, readonly unknown[]> {
  const found: Record<string, readonly unknown[]> = {};
  for (const [name, values] of Object.entries(wanted)) {
    const isVector = name === 'probability' || name === 'rawPrediction';
    if (!isVector) found[name] = values;
    else
      classes.forEach((value, k) => {
        found[`${name}(${value})`] = values.filter((_, i) => i % classes.length === k);
      });
  }
  return found;
}

/** Compares what was answered; classes are the same, numbers as close as `error` says. */
export function comparePmml(
  document: {
    readonly name: string;
    readonly wanted: Readonly<Record<string, readonly unknown[]>>;
    readonly error: (output: string) => number;
  },
  outputs: Readonly<Record<string, readonly unknown[]>>,
): void {
  // sums of shares are no outputs, nor is the margin of the first of two classes
  const told = Object.keys(document.wanted).filter((name) => !name.startsWith('rawPrediction'));
  expect([document.name, Object.keys(outputs)]).toEqual([
    document.name,
    expect.arrayContaining(told),
  ]);
  for (const [name, values] of Object.entries(outputs)) {
    const own = document.wanted[name];
    // beside the outputs an engine tells the label
    if (own === undefined) continue;
    const most = document.error(name.replace(/\(.*/s, ''));
    expect(values.length).toBe(own.length);
    values.forEach((value, i) => {
      const other = own[i];
      const where = [document.name, name, i];
      if (typeof value !== 'number' || typeof other === 'string') {
        const same = typeof value === 'boolean' ? Boolean(other) : other;
        expect([...where, value]).toEqual([...where, same]);
        return;
      }
      const [a, b] = [value, Number(other)];
      const size = name.startsWith('probability') ? 1 : Math.abs(b);
      const off = a === b ? 0 : Math.abs(a - b) / size;
      expect([...where, off <= most ? 0 : off]).toEqual([...where, 0]);
    });
  }
}
