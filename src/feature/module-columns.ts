/** How feature stages become steps of a JavaScript module: cells of a row out of others. */
import type { ModuleOp } from '../pipeline/module/module-code.ts';
import { packed } from '../pipeline/module/module-literals.ts';
import type { ModuleCell, ModuleColumn, ModuleWriter } from '../pipeline/module/module-writer.ts';
import type { ColumnEncodings } from './categories/target-encodings.ts';
import { type ColumnPair, type ColumnPairValues, columnPairs } from './column-pairs.ts';
import { type HandleInvalid, unknownCategory } from './handle-invalid.ts';
import { datePartsOp } from './module-date-ops.ts';
import { hashOp } from './module-hash-ops.ts';
import {
  assembleOp,
  decodeOp,
  encodeOp,
  encodeTargetOp,
  indexOp,
  normalizeOp,
  projectOp,
  scaleOp,
} from './module-ops.ts';
import type { Scales } from './numbers/scaled-columns.ts';
import { bucketName, bucketOf, type HashedColumn } from './operators/hash-features.ts';
import { type FittedProjector, projectionName } from './vectors/projected-features.ts';

interface PairedStage {
  readonly className: string;
  readonly uid: string;
  readonly params: ColumnPairValues;
}

interface Made {
  readonly code: ModuleOp;
  readonly isSingle?: boolean;
  readonly [name: string]: unknown;
}

/** A new number of a number, for each pair. */
export function addMappedCells(
  writer: ModuleWriter,
  stage: PairedStage,
  made: (index: number, cell: ModuleCell) => Made,
  always = false,
): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const cell = writer.cell([input]);
    const { isSingle = false, code, ...step } = made(index, cell);
    const slot = writer.slot();
    writer.step(code, { ...step, from: cell.slot, to: slot, always, column: input });
    writer.name(output, { kind: 'number', slot, isSingle });
  });
}

/** (value − shift) · factor + offset of every number of the columns. */
export function addScaledCells(writer: ModuleWriter, stage: PairedStage, scales: Scales): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    let part = 0;
    const scaled = (column: ModuleColumn): ModuleColumn => {
      if (column.kind === 'parts') {
        const parts = [...column.parts].map(([name, own]) => [name, scaled(own)] as const);
        return { ...column, parts: new Map(parts) };
      }
      if (column.kind === 'text') return column;
      const at = part++;
      const of = (list: readonly Float64Array[]): number => list[index]?.[at] as number;
      const slot = writer.slot();
      const numbers = { shift: of(scales.shifts), factor: of(scales.factors) };
      const step = { from: column.slot, to: slot, ...numbers };
      writer.step(scaleOp, { ...step, offset: of(scales.offsets) });
      return { kind: 'number', slot, isSingle: false };
    };
    writer.name(output, scaled(writer.column(input)));
  });
}

/** Texts that were seen at fit; others as `handleInvalid` has it. */
export function addIndexedCells(
  writer: ModuleWriter,
  stage: PairedStage,
  labels: readonly (readonly string[])[],
  invalid: { readonly handleInvalid: HandleInvalid; readonly missingIsUnknown: boolean },
): void {
  const { handleInvalid: mode, missingIsUnknown } = invalid;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const cell = writer.cell([input]);
    const known = labels[index] as readonly string[];
    refuseWideNames(writer, cell, input, known);
    const slot = writer.slot();
    writer.step(indexOp, {
      ...{ from: cell.slot, to: slot, always: mode === 'skip', column: input, mode },
      ...{ labels: known, unknown: unknownCategory(known), missingIsUnknown },
      isFlag: cell.kind === 'flag',
    });
    writer.name(output, { kind: 'text', slot, isSingle: false });
  });
}

/** Numbers of a module are float64, which cannot tell larger integers apart. @throws CoppiceError `UNSUPPORTED` */
function refuseWideNames(
  writer: ModuleWriter,
  cell: ModuleCell,
  input: string,
  names: readonly string[],
): void {
  if (cell.isWide !== true) return;
  const wide = names.find((name) => /^-?\d+$/.test(name) && !Number.isSafeInteger(Number(name)));
  if (wide === undefined) return;
  const remedy = 'cast the column to string before the fit';
  throw writer.refusal('categories of integers within ±2^53', `${wide} in ${input}`, remedy);
}

/** A 0 or 1 for each category. @param categories with the one for unknown values, where there is one */
export function addEncodedCells(
  writer: ModuleWriter,
  stage: PairedStage,
  categories: readonly (readonly string[])[],
  how: {
    readonly handleInvalid: HandleInvalid;
    readonly missingIsUnknown: boolean;
    readonly dropLast: boolean;
  },
): void {
  const { handleInvalid: mode, missingIsUnknown, dropLast } = how;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const cell = writer.cell([input]);
    const labels = categories[index] as readonly string[];
    refuseWideNames(writer, cell, input, labels);
    const shown = labels.slice(0, dropLast ? -1 : undefined);
    const to = shown.map(() => writer.slot());
    writer.step(encodeOp, {
      ...{ from: cell.slot, to, column: input, mode, labels, missingIsUnknown },
      isFlag: cell.kind === 'flag',
    });
    const parts = shown.map((name, i): [string, ModuleColumn] => [
      name,
      { kind: 'number', slot: to[i] as number, isSingle: false },
    ]);
    writer.name(output, { kind: 'parts', parts: new Map(parts) });
  });
}

/** The numbers that stand for categories. @param classes the names of several numbers; null for one */
export function addTargetCells(
  writer: ModuleWriter,
  stage: PairedStage,
  encodings: readonly ColumnEncodings[],
  how: { readonly handleInvalid: HandleInvalid; readonly classes: readonly string[] | null },
): void {
  const { handleInvalid: mode, classes } = how;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const cell = writer.cell([input]);
    const { categories, values } = encodings[index] as ColumnEncodings;
    refuseWideNames(writer, cell, input, categories);
    const numbers = numberCells(writer, classes?.length ?? 1);
    writer.step(encodeTargetOp, {
      ...{ from: cell.slot, to: numbers.map(({ slot }) => slot), column: input, mode },
      ...{ labels: categories, values: packed(values, true), isFlag: cell.kind === 'flag' },
    });
    if (classes === null) writer.name(output, numbers[0] as ModuleCell);
    else writer.name(output, { kind: 'parts', parts: namedCells(classes, numbers) });
  });
}

/** Texts of numbers; texts stay as they are. */
export function addDecodedCells(
  writer: ModuleWriter,
  stage: PairedStage,
  labels: readonly string[] | undefined,
): void {
  for (const { input, output } of columnPairs(stage)) {
    const { kind, slot: from } = writer.cell([input]);
    const to = kind === 'text' ? from : writer.slot();
    if (kind !== 'text') writer.step(decodeOp, { from, to, labels, column: input });
    writer.name(output, { kind: 'text', slot: to, isSingle: false });
  }
}

/** The parts of instants. */
export function addDatePartCells(
  writer: ModuleWriter,
  stage: PairedStage,
  parts: readonly string[],
  offsetSeconds: number,
): void {
  for (const { input, output } of columnPairs(stage)) {
    const numbers = numberCells(writer, parts.length);
    const to = numbers.map(({ slot }) => slot);
    writer.step(datePartsOp, { from: writer.seconds(input), to, parts, offsetSeconds });
    writer.name(output, { kind: 'parts', parts: namedCells(parts, numbers) });
  }
}

/** The numbers of columns of parts, each divided by the norm of all. */
export function addNormalizedCells(writer: ModuleWriter, stage: PairedStage, p: number): void {
  for (const { input, output } of columnPairs(stage)) {
    const column = writer.column(input);
    if (column.kind !== 'parts') throw writer.refusal('columns of parts to normalize', input);
    const own = [...column.parts].filter(
      ([, part]) => part.kind === 'number' || part.kind === 'flag',
    );
    const numbers = numberCells(writer, own.length);
    const from = own.map(([, part]) => (part as ModuleCell).slot);
    writer.step(normalizeOp, { from, to: numbers.map(({ slot }) => slot), p });
    const made = namedCells(
      own.map(([name]) => name),
      numbers,
    );
    const parts = [...column.parts].map(([name, part]) => [name, made.get(name) ?? part] as const);
    writer.name(output, { kind: 'parts', parts: new Map(parts), isVector: writer.isVector(input) });
  }
}

/** What falls into each bucket. */
export function addHashedCells(
  writer: ModuleWriter,
  { output }: Pick<ColumnPair, 'output'>,
  hashed: readonly HashedColumn[],
  numFeatures: number,
): void {
  const numbers = numberCells(writer, numFeatures);
  const columns = hashed.map(({ name, kind }) => {
    const cell = writer.cell([name]);
    const own = { from: cell.slot, kind, isFlag: cell.kind === 'flag' };
    return kind === 'number'
      ? { ...own, bucket: bucketOf(name, numFeatures) }
      : { ...own, prefix: `${name}=` };
  });
  const from = columns.map((column) => column.from);
  writer.step(hashOp, { from, to: numbers.map(({ slot }) => slot), columns });
  const names = numbers.map((_, bucket) => bucketName(bucket));
  writer.name(output, { kind: 'parts', parts: namedCells(names, numbers) });
}

function numberCells(writer: ModuleWriter, count: number): ModuleCell[] {
  return Array.from({ length: count }, () => {
    return { kind: 'number', slot: writer.slot(), isSingle: false };
  });
}

function namedCells(
  names: readonly string[],
  cells: readonly ModuleCell[],
): Map<string, ModuleColumn> {
  return new Map(names.map((name, i) => [name, cells[i] as ModuleCell]));
}

/** One column of parts, with the names that an assembler gives to them. */
export function addAssembledCells(
  writer: ModuleWriter,
  inputs: readonly string[],
  output: string,
  mode: HandleInvalid,
): void {
  const cells = inputs.flatMap((name): [string, ModuleColumn][] => {
    const column = writer.column(name);
    if (column.kind !== 'parts') return [[name, column]];
    const between = writer.isVector(name) ? '_' : '.';
    return [...column.parts].map(([part, cell]) => [`${name}${between}${part}`, cell]);
  });
  if (mode === 'keep') {
    writer.name(output, { kind: 'parts', parts: new Map(cells) });
    return;
  }
  const from = cells.map(([, cell]) => (cell as ModuleCell).slot);
  const to = from.map(() => writer.slot());
  const columns = cells.map(([name]) => name);
  writer.step(assembleOp, { from, to, columns, mode, always: mode === 'skip' });
  const made = cells.map(([name, cell], i): [string, ModuleColumn] => [
    name,
    { ...(cell as ModuleCell), slot: to[i] as number },
  ]);
  writer.name(output, { kind: 'parts', parts: new Map(made) });
}

/** Columns put together, with sums of some of them behind. */
export function addProjectedCells(
  writer: ModuleWriter,
  { params, projections }: FittedProjector,
): void {
  const { inputCols, outputCol, keepInputs } = params;
  addAssembledCells(writer, inputCols, outputCol, 'keep');
  const inputs = partsOf(writer, outputCol);
  const sums = projections.map(({ features, weights }, index): [string, ModuleColumn] => {
    const from = features.map((name) => (inputs.get(name) as ModuleCell).slot);
    const slot = writer.slot();
    writer.step(projectOp, { from, to: slot, weights });
    return [projectionName(index), { kind: 'number', slot, isSingle: false }];
  });
  const parts = new Map([...(keepInputs ? inputs : []), ...sums]);
  writer.name(outputCol, { kind: 'parts', parts });
}

function partsOf(writer: ModuleWriter, name: string): ReadonlyMap<string, ModuleColumn> {
  const column = writer.column(name);
  return column.kind === 'parts' ? column.parts : new Map();
}

/** Some parts of a column of parts. @param chosen the places of the parts, from the names of all */
export function addSlicedCells(
  writer: ModuleWriter,
  { input, output }: { readonly input: string; readonly output: string },
  chosen: (names: readonly string[]) => readonly number[],
): void {
  const column = writer.column(input);
  if (column.kind !== 'parts') throw writer.refusal('columns of parts to slice', input);
  const all = [...column.parts];
  const isVector = writer.isVector(input);
  const parts = chosen(all.map(([name]) => name)).map((place, i) => {
    const [name, part] = all[place] as [string, ModuleColumn];
    return [isVector ? `${i}` : name, part] as const;
  });
  writer.name(output, { kind: 'parts', parts: new Map(parts), isVector });
}
