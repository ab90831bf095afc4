/** How feature stages become operations of ONNX: columns of a graph out of others. */
import type { OnnxColumn, OnnxGraph, OnnxNumber } from '../pipeline/onnx/onnx-graph.ts';
import { type ColumnPairValues, columnPairs } from './column-pairs.ts';
import type { HandleInvalid } from './handle-invalid.ts';
import type { Scales } from './numbers/scaled-columns.ts';

/** What the stages' operations need to know of one. */
export interface PairedStage {
  readonly className: string;
  readonly uid: string;
  readonly params: ColumnPairValues;
}

/** (value − shift) · factor + offset of every number of the columns. */
export function addScaledColumns(graph: OnnxGraph, stage: PairedStage, scales: Scales): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const scaled = (tensor: string, from: number, width: number): string => {
      const numbers = (list: readonly Float64Array[]): string =>
        graph.doubles((list[index] as Float64Array).subarray(from, from + width));
      const centred = graph.add('Sub', [tensor, numbers(scales.shifts)]);
      const product = graph.add('Mul', [centred, numbers(scales.factors)]);
      return graph.add('Add', [product, numbers(scales.offsets)]);
    };
    const column = graph.column(input);
    if (column.kind === 'struct') {
      let part = 0;
      const children = [...column.children].map(([name, child]): [string, OnnxColumn] => {
        if (child.kind !== 'number') return [name, child];
        return [name, { kind: 'number', tensor: scaled(child.tensor, part++, 1) }];
      });
      graph.name(output, { kind: 'struct', children: new Map(children) });
    } else if (column.kind === 'vector') {
      graph.name(output, { ...column, tensor: scaled(column.tensor, 0, column.width) });
    } else {
      const { tensor } = numberColumn(graph, stage, input);
      graph.name(output, { kind: 'number', tensor: scaled(tensor, 0, 1) });
    }
  });
}

/** Numbers with what replaces the missing ones. */
export function addImputedColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  surrogates: readonly number[],
  missingValue: number,
): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const column = numberColumn(graph, stage, input);
    const { tensor, isFloat32 = false } = column;
    const isMissing = graph.add('IsNaN', [tensor]);
    const test = Number.isNaN(missingValue)
      ? isMissing
      : graph.add('Or', [isMissing, graph.add('Equal', [tensor, graph.doubles([missingValue])])]);
    const surrogate = surrogates[index] as number;
    const filled = graph.doubles([isFloat32 ? Math.fround(surrogate) : surrogate]);
    const imputed = graph.add('Where', [test, filled, tensor]);
    graph.name(output, { kind: 'number', tensor: imputed, isFloat32 });
  });
}

/** Refuses a stage that leaves rows out: what other programs compute has as many rows as it is given. */
export function refuseSkipping(
  graph: Pick<OnnxGraph, 'refusal'>,
  { className, params }: { className: string; params: { handleInvalid: HandleInvalid } },
): void {
  if (params.handleInvalid !== 'skip') return;
  const remedy = "give the stage handleInvalid 'keep' or 'error', or score with coppice";
  throw graph.refusal(
    'stages that keep every row',
    `${className} with handleInvalid 'skip'`,
    remedy,
  );
}

/** One struct of columns, with the names that an assembler gives to their parts. */
export function addAssembledColumn(
  graph: OnnxGraph,
  inputs: readonly string[],
  output: string,
): void {
  const children = inputs.flatMap((name): [string, OnnxColumn][] => {
    const column = graph.column(name);
    if (column.kind === 'struct')
      return [...column.children].map(([child, part]) => [`${name}.${child}`, part]);
    if (column.kind !== 'vector') return [[name, column]];
    return Array.from({ length: column.width }, (_, i) => {
      const element = graph.add('Gather', [column.tensor, graph.integers([i])], { axis: 1 });
      return [`${name}_${i}`, { kind: 'number', tensor: element }];
    });
  });
  graph.name(output, { kind: 'struct', children: new Map(children) });
}

/** Some parts of a struct or a vector. @param chosen the places of the parts, from the names of all */
export function addSlicedColumn(
  graph: OnnxGraph,
  { input, output }: { readonly input: string; readonly output: string },
  chosen: (names: readonly string[]) => readonly number[],
): void {
  const column = graph.column(input);
  if (column.kind === 'vector') {
    const { tensor, width } = column;
    const places = chosen(Array.from({ length: width }, (_, i) => `${i}`));
    const sliced = graph.add('Gather', [tensor, graph.integers(places)], { axis: 1 });
    graph.name(output, { kind: 'vector', tensor: sliced, width: places.length });
    return;
  }
  if (column.kind !== 'struct') {
    const got = `${input}, a ${column.kind}`;
    throw graph.refusal('columns of parts to slice', got, 'save it, and score it with coppice');
  }
  const all = [...column.children];
  const places = chosen(all.map(([name]) => name));
  const children = places.map((place) => all[place] as [string, OnnxColumn]);
  graph.name(output, { kind: 'struct', children: new Map(children) });
}

/** A column of numbers. @throws CoppiceError `UNSUPPORTED` */
export function numberColumn(
  graph: OnnxGraph,
  { className }: PairedStage,
  name: string,
): OnnxNumber {
  const column = graph.column(name);
  if (column.kind === 'number') return column;
  const remedy = 'save it, and score it with coppice';
  throw graph.refusal(`a number column for ${className}`, `${name}, a ${column.kind}`, remedy);
}
