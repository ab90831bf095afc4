/**
 * How feature stages become derived fields of PMML. A category that nobody knows is one where the stage keeps it, else it
 * stays what it is; a missing value stays missing.
 */
import {
  apply,
  content,
  element,
  fieldRef,
  numberConstant,
  numberText,
  textConstant,
  whereThere,
} from '../pipeline/pmml/pmml-text.ts';
import type { PmmlCell, PmmlColumn, PmmlWriter } from '../pipeline/pmml/pmml-writer.ts';
import type { ColumnEncodings } from './categories/target-encodings.ts';
import { columnPairs } from './column-pairs.ts';
import { unknownCategory } from './handle-invalid.ts';
import type { Scales } from './numbers/scaled-columns.ts';
import { type PairedStage, refuseSkipping } from './onnx-columns.ts';
import { type FittedProjector, projectionName } from './vectors/projected-features.ts';

/** Texts; where unknown ones are kept, the category that stands for them. */
export async function addIndexedFields(
  writer: PmmlWriter,
  stage: PairedStage & Parameters<typeof refuseSkipping>[1],
  labels: readonly (readonly string[])[],
  missingIsUnknown: boolean,
): Promise<void> {
  refuseSkipping(writer, stage);
  columnPairs(stage).forEach(({ input, output }, index) => {
    const known = labels[index] as readonly string[];
    const { field } = textCell(writer, stage, input);
    const kept = { known, unknown: unknownCategory(known), missingIsUnknown };
    const isKept = stage.params.handleInvalid === 'keep';
    writer.name(output, { kind: 'text', field, ...(isKept ? { kept } : {}) });
  });
}

/** A 0 or 1 for each category. @param categories with the one for unknown values, where there is one */
export async function addEncodedFields(
  writer: PmmlWriter,
  stage: PairedStage,
  categories: readonly (readonly string[])[],
  how: {
    readonly keepsUnknown: boolean;
    readonly missingIsUnknown: boolean;
    readonly dropLast: boolean;
  },
): Promise<void> {
  const { keepsUnknown, missingIsUnknown, dropLast } = how;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const all = categories[index] as readonly string[];
    const known = keepsUnknown ? all.slice(0, -1) : all;
    const cell = textCell(writer, stage, input);
    const field = writer.text(cell, all);
    const parts = all.slice(0, dropLast ? -1 : undefined).map((value, k): [string, PmmlCell] => {
      const isUnknown = k === known.length;
      const missing = missingIsUnknown ? (isUnknown ? 1 : 0) : undefined;
      const text = isUnknown
        ? isNone(field, known, missing)
        : element('NormDiscrete', { field, value, mapMissingTo: missing });
      const own = writer.derive(`${output}.${value}`, { text, from: [field] });
      return [value, { kind: 'number', field: own }];
    });
    writer.name(output, { kind: 'parts', parts: new Map(parts), isVector: false });
  });
}

/** 1 where a text is none of a list. @param missing what a missing one is; left out, it is missing */
function isNone(field: string, known: readonly string[], missing: number | undefined): string {
  const ref = fieldRef(field);
  const one = numberConstant(1);
  const isIn = apply('isIn', ref, ...known.map((value) => textConstant(value)));
  const found = known.length === 0 ? one : apply('if', isIn, numberConstant(0), one);
  if (missing === undefined) return whereThere(field, found);
  return apply('if', apply('isMissing', ref), numberConstant(missing), found);
}

/** Numbers with what replaces the missing ones. */
export async function addImputedFields(
  writer: PmmlWriter,
  stage: PairedStage,
  surrogates: readonly number[],
  missingValue: number,
): Promise<void> {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const cell = writer.cell([input]);
    const field = writer.number(cell);
    const isFloat32 = cell.kind === 'number' && cell.isFloat32 === true;
    const surrogate = surrogates[index] as number;
    const ref = fieldRef(field);
    const filled = numberConstant(isFloat32 ? Math.fround(surrogate) : surrogate);
    const found = Number.isNaN(missingValue)
      ? ref
      : apply('if', isNumber(ref, missingValue), filled, ref);
    const text = apply('if', apply('isMissing', ref), filled, found);
    const own = writer.derive(output, { text, from: [field] });
    writer.name(output, { kind: 'number', field: own, isFloat32 });
  });
}

/** Whether a value is a number: zero of either sign, and infinite ones, which PMML has no constant of. */
function isNumber(ref: string, value: number): string {
  if (value === Number.POSITIVE_INFINITY)
    return apply('greaterThan', ref, numberConstant(Number.MAX_VALUE));
  if (value === Number.NEGATIVE_INFINITY)
    return apply('lessThan', ref, numberConstant(-Number.MAX_VALUE));
  return apply('equal', value === 0 ? apply('abs', ref) : ref, numberConstant(value));
}

/** (value − shift) · factor + offset of every number of the columns. */
export async function addScaledFields(
  writer: PmmlWriter,
  stage: PairedStage,
  scales: Scales,
): Promise<void> {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const scaled = (cell: PmmlCell, part: number, name: string): PmmlCell => {
      const field = writer.number(cell);
      const [shift, factor, offset] = [scales.shifts, scales.factors, scales.offsets].map((list) =>
        numberConstant((list[index] as Float64Array)[part] as number),
      ) as [string, string, string];
      const product = apply('*', apply('-', fieldRef(field), shift), factor);
      const text = whereThere(field, apply('+', product, offset));
      return { kind: 'number', field: writer.derive(name, { text, from: [field] }) };
    };
    const column = writer.column(input);
    if (column.kind !== 'parts') {
      writer.name(output, scaled(column, 0, output));
      return;
    }
    let part = 0;
    const parts = [...column.parts].map(([name, cell]): [string, PmmlCell] => {
      if (cell.kind === 'text') return [name, cell];
      return [name, scaled(cell, part++, partName(output, name, column.isVector))];
    });
    writer.name(output, { ...column, parts: new Map(parts) });
  });
}

/** Vectors divided by their length, which is that of the largest part times the length of what is at most 1. */
export async function addNormalizedFields(
  writer: PmmlWriter,
  stage: PairedStage,
  p: number,
): Promise<void> {
  if (p !== 1 && p !== 2 && p !== Number.POSITIVE_INFINITY)
    throw writer.refusal('a Normalizer of p 1, 2 or Infinity', `one of p ${p}`);
  columnPairs(stage).forEach(({ input, output }) => {
    const column = writer.column(input);
    if (column.kind !== 'parts') throw writer.refusal('columns of parts to normalize', input);
    const zero = numberConstant(0);
    const derived = (name: string, text: string, from: readonly string[]): string =>
      writer.derive(name, { text, from });
    const cells = [...column.parts].filter(([, { kind }]) => kind !== 'text');
    const fields = cells.map(([, cell]) => writer.number(cell));
    const sizes = fields.map((field) => {
      const size = apply('abs', fieldRef(field));
      return derived(
        `size(${field})`,
        apply('if', apply('isNotMissing', fieldRef(field)), size, zero),
        [field],
      );
    });
    const largest = derived(`largest(${output})`, apply('max', ...sizes.map(fieldRef)), fields);
    const isAny = apply('greaterThan', fieldRef(largest), zero);
    const shares = sizes.map((size, i) => {
      const share = apply('if', isAny, apply('/', fieldRef(size), fieldRef(largest)), zero);
      return derived(`share(${fields[i]})`, share, fields);
    });
    const powers = shares
      .map(fieldRef)
      .map((share) => (p === 2 ? apply('*', share, share) : share));
    const sum = powers.reduce((total, power) => apply('+', total, power));
    const length = apply('*', fieldRef(largest), p === 2 ? apply('sqrt', sum) : sum);
    const norm =
      p === Number.POSITIVE_INFINITY ? largest : derived(`norm(${output})`, length, fields);
    const parts = [...column.parts].map(([name, cell]): [string, PmmlCell] => {
      if (cell.kind === 'text') return [name, cell];
      const field = writer.number(cell);
      const ref = fieldRef(field);
      const made = apply('if', isAny, apply('/', ref, fieldRef(norm)), ref);
      const own = partName(output, name, column.isVector);
      return [name, { kind: 'number', field: derived(own, whereThere(field, made), fields) }];
    });
    writer.name(output, { ...column, parts: new Map(parts) });
  });
}

/** 1 above a threshold, else 0. */
export async function addBinarizedFields(
  writer: PmmlWriter,
  stage: PairedStage,
  thresholdOf: (index: number) => number,
): Promise<void> {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const field = writer.number(writer.cell([input]));
    const ref = fieldRef(field);
    const isAbove = apply('greaterThan', ref, numberConstant(thresholdOf(index)));
    const number = apply('if', isAbove, numberConstant(1), numberConstant(0));
    const text = whereThere(field, number);
    writer.name(output, { kind: 'number', field: writer.derive(output, { text, from: [field] }) });
  });
}

/** The number of each bucket. @param keeps whether numbers outside have one more; else they are missing */
export async function addBucketFields(
  writer: PmmlWriter,
  stage: PairedStage,
  splitsOf: (index: number) => readonly number[],
  keeps: boolean,
): Promise<void> {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const given = writer.number(writer.cell([input]));
    const splits = splitsOf(index);
    // engines put −0 before 0; behind a sum it is 0
    const sum = apply('+', fieldRef(given), numberConstant(0));
    const field = splits.includes(0)
      ? writer.derive(`sum(${given})`, { text: whereThere(given, sum), from: [given] })
      : given;
    const last = splits.length - 2;
    const bins = splits.slice(0, -1).map((edge, bucket) => {
      const closure = bucket === last ? 'closedClosed' : 'closedOpen';
      const margins = { leftMargin: margin(edge), rightMargin: margin(splits[bucket + 1]) };
      const isAll = margins.leftMargin === undefined && margins.rightMargin === undefined;
      const interval = element('Interval', { closure, ...margins });
      return { isAll, text: element('DiscretizeBin', { binValue: bucket }, interval) };
    });
    const defaultValue = keeps ? last + 1 : undefined;
    const attributes = { field, defaultValue, dataType: 'double' };
    const text = bins.some(({ isAll }) => isAll)
      ? whereThere(field, numberConstant(0))
      : element('Discretize', attributes, ...bins.map((bin) => bin.text));
    writer.name(output, { kind: 'number', field: writer.derive(output, { text, from: [field] }) });
  });
}

/** An edge; an infinite one is none. */
function margin(edge: number | undefined): string | undefined {
  return edge === undefined || !Number.isFinite(edge) ? undefined : numberText(edge);
}

/** The numbers that stand for categories. @param classes the names of several numbers; null for one */
export async function addTargetFields(
  writer: PmmlWriter,
  stage: PairedStage & Parameters<typeof refuseSkipping>[1],
  encodings: readonly ColumnEncodings[],
  how: { readonly keepsUnknown: boolean; readonly classes: readonly string[] | null },
): Promise<void> {
  refuseSkipping(writer, stage);
  const { keepsUnknown, classes } = how;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const { categories, values } = encodings[index] as ColumnEncodings;
    const field = writer.text(textCell(writer, stage, input), categories);
    const width = classes?.length ?? 1;
    const cells = Array.from({ length: width }, (_, k): PmmlCell => {
      const of = (place: number): number => values[place * width + k] as number;
      const [missing, unknown] = [of(categories.length), of(categories.length + 1)];
      const text = mapped(
        field,
        categories.map((category, i) => [category, of(i)]),
        {
          mapMissingTo: Number.isNaN(missing) ? undefined : numberText(missing),
          defaultValue: keepsUnknown && !Number.isNaN(unknown) ? numberText(unknown) : undefined,
        },
      );
      const name = classes === null ? output : `${output}.${classes[k]}`;
      return { kind: 'number', field: writer.derive(name, { text, from: [field] }) };
    });
    const parts = new Map(classes?.map((name, k) => [name, cells[k] as PmmlCell]));
    writer.name(
      output,
      classes === null ? (cells[0] as PmmlCell) : { kind: 'parts', parts, isVector: false },
    );
  });
}

/** A table of texts and numbers. */
function mapped(
  field: string,
  rows: readonly (readonly [string, number])[],
  other: { readonly mapMissingTo: string | undefined; readonly defaultValue: string | undefined },
): string {
  const lines = rows.map(([category, value]) =>
    element('row', {}, `<data>${content(category)}</data>`, `<out>${numberText(value)}</out>`),
  );
  const pair = element('FieldColumnPair', { field, column: 'data' });
  const attributes = { ...other, outputColumn: 'out', dataType: 'double' };
  return element('MapValues', attributes, pair, element('InlineTable', {}, ...lines));
}

/** Columns put together: only names change. */
export async function addAssembledFields(
  writer: PmmlWriter,
  stage: Parameters<typeof refuseSkipping>[1],
  inputs: readonly string[],
  output: string,
): Promise<void> {
  refuseSkipping(writer, stage);
  writer.name(output, { kind: 'parts', parts: assembled(writer, inputs), isVector: false });
}

function assembled(writer: PmmlWriter, inputs: readonly string[]): Map<string, PmmlCell> {
  const parts = inputs.flatMap((name): [string, PmmlCell][] => {
    const column = writer.column(name);
    if (column.kind !== 'parts') return [[name, column]];
    return [...column.parts].map(([part, cell]) => [partName(name, part, column.isVector), cell]);
  });
  return new Map(parts);
}

/** Columns put together, with sums of some of them behind. */
export async function addProjectedFields(
  writer: PmmlWriter,
  { params, projections }: FittedProjector,
): Promise<void> {
  const { inputCols, outputCol, keepInputs } = params;
  const inputs = assembled(writer, inputCols);
  const sums = projections.map(({ features, weights }, index): [string, PmmlCell] => {
    const from = features.map((name) => writer.number(inputs.get(name) as PmmlCell));
    const products = from.map((field, at) =>
      apply('*', fieldRef(field), numberConstant(weights[at] as number)),
    );
    const sum = products.reduce((total, product) => apply('+', total, product));
    const text = [...from].reverse().reduce((made, field) => whereThere(field, made), sum);
    const name = projectionName(index);
    const field = writer.derive(`${outputCol}.${name}`, { text, from });
    return [name, { kind: 'number', field }];
  });
  const parts = new Map([...(keepInputs ? inputs : []), ...sums]);
  writer.name(outputCol, { kind: 'parts', parts, isVector: false });
}

/** Some parts of a struct or a vector. @param chosen the places of the parts, from the names of all */
export async function addSlicedFields(
  writer: PmmlWriter,
  { input, output }: { readonly input: string; readonly output: string },
  chosen: (names: readonly string[]) => readonly number[],
): Promise<void> {
  const column: PmmlColumn = writer.column(input);
  if (column.kind !== 'parts') throw writer.refusal('columns of parts to slice', input);
  const all = [...column.parts];
  const parts = chosen(all.map(([name]) => name)).map((place, i): [string, PmmlCell] => {
    const [name, cell] = all[place] as [string, PmmlCell];
    return [column.isVector ? `${i}` : name, cell];
  });
  writer.name(output, { ...column, parts: new Map(parts) });
}

function partName(column: string, part: string, isVector: boolean): string {
  return isVector ? `${column}_${part}` : `${column}.${part}`;
}

/** A column of texts; booleans are texts too. @throws CoppiceError `UNSUPPORTED` for numbers */
function textCell(
  writer: PmmlWriter,
  { className }: PairedStage,
  input: string,
): Extract<PmmlCell, { kind: 'text' }> {
  const cell = writer.cell([input]);
  if (cell.kind === 'text') return cell;
  if (cell.kind === 'number') {
    const rule = `texts or booleans where ${className} reads categories`;
    throw writer.refusal(rule, `numbers in ${input}`, 'make texts of them before the fit');
  }
  const { field } = cell;
  const made = apply('if', fieldRef(field), textConstant('true'), textConstant('false'));
  const text = whereThere(field, made);
  const own = writer.derive(`text(${field})`, { isText: true, text, from: [field] });
  return { kind: 'text', field: own };
}
