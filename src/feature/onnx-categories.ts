/**
 * How stages for categories become operations of ONNX. A category is a text, or a number or boolean whose text it is;
 * OnnxOptions.missingText and NaN are missing. What `handleInvalid: 'error'` refuses becomes a missing value, of
 * StringIndexer a category that nobody knows.
 */
import type { OnnxClasses, OnnxColumn, OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import type { OnnxTensor } from '../pipeline/onnx/onnx-messages.ts';
import type { ColumnEncodings } from './categories/target-encodings.ts';
import { columnPairs } from './column-pairs.ts';
import { unknownCategory } from './handle-invalid.ts';
import { numberColumn, type PairedStage } from './onnx-columns.ts';

/** Texts; where unknown ones are kept, the category that stands for them. */
export function addIndexedColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  labels: readonly (readonly string[])[],
  { keepsUnknown, missingIsUnknown }: { keepsUnknown: boolean; missingIsUnknown: boolean },
): void {
  columnPairs(stage).forEach(({ input, output }, index) => {
    const known = labels[index] as readonly string[];
    const { missingText } = graph.options;
    const unknown = unknownCategory(known);
    const column = graph.column(input);
    if (column.kind === 'text' && !keepsUnknown) {
      graph.checkCategories(input, known);
      graph.name(output, column);
      return;
    }
    const missing = missingIsUnknown ? unknown : missingText;
    const tensor = encoded(graph, stage, input, {
      ...{ type: 'string', categories: known },
      ...{ values: [...known, missing], other: [unknown] },
    });
    graph.name(output, { kind: 'text', tensor });
  });
}

/** A 0 or 1 for each category. @param categories with the one for unknown values, where there is one */
export function addEncodedColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  categories: readonly (readonly string[])[],
  how: {
    readonly keepsUnknown: boolean;
    readonly missingIsUnknown: boolean;
    readonly dropLast: boolean;
  },
): void {
  const { keepsUnknown, missingIsUnknown, dropLast } = how;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const labels = categories[index] as readonly string[];
    const last = labels.length - 1;
    const places = encoded(graph, stage, input, {
      ...{ type: 'double', categories: labels },
      values: [...labels.keys(), missingIsUnknown ? last : Number.NaN],
      other: [keepsUnknown ? last : Number.NaN],
    });
    const shown = labels.slice(0, dropLast ? -1 : undefined);
    if (shown.length === 0) {
      graph.name(output, { kind: 'struct', children: new Map() });
      return;
    }
    const isIt = graph.add('Equal', [places, graph.doubles([...shown.keys()])]);
    const ones = graph.add('Where', [
      graph.add('IsNaN', [places]),
      graph.doubles([Number.NaN]),
      graph.cast(isIt, 'double'),
    ]);
    const children = shown.map((name, i): [string, OnnxColumn] => {
      const tensor = graph.add('Gather', [ones, graph.integers([i])], { axis: 1 });
      return [name, { kind: 'number', tensor }];
    });
    graph.name(output, { kind: 'struct', children: new Map(children) });
  });
}

/** The numbers that stand for categories. @param classes the names of several numbers; null for one */
export function addTargetColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  encodings: readonly ColumnEncodings[],
  how: { readonly keepsUnknown: boolean; readonly classes: readonly string[] | null },
): void {
  const { keepsUnknown, classes } = how;
  columnPairs(stage).forEach(({ input, output }, index) => {
    const { categories, values } = encodings[index] as ColumnEncodings;
    const count = categories.length;
    const width = classes?.length ?? 1;
    const place = encoded(graph, stage, input, {
      ...{ type: 'double', categories },
      ...{ values: [...categories.keys(), count], other: [count + 1] },
    });
    const code = graph.cast(place, 'int64');
    const numbers = Array.from({ length: width }, (_, k): OnnxColumn => {
      const table = Float64Array.from({ length: count + 2 }, (_, i) =>
        i > count && !keepsUnknown ? Number.NaN : (values[i * width + k] as number),
      );
      return { kind: 'number', tensor: graph.add('Gather', [graph.doubles(table), code]) };
    });
    if (classes === null) graph.name(output, numbers[0] as OnnxColumn);
    else {
      const children = classes.map((name, k) => [name, numbers[k] as OnnxColumn] as const);
      graph.name(output, { kind: 'struct', children: new Map(children) });
    }
  });
}

/** Texts of numbers; texts stay as they are. The text of a predicted class is an output too. */
export function addDecodedColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  labels: readonly string[] = [],
): void {
  for (const { input, output } of columnPairs(stage)) {
    const said = graph.predictedClasses(input);
    if (said !== undefined) {
      sayDecoded(graph, output, said, labels);
      continue;
    }
    const column = graph.column(input);
    if (column.kind === 'text') {
      graph.name(output, column);
      continue;
    }
    graph.checkCategories(output, labels);
    const { tensor } = numberColumn(graph, stage, input);
    const decoded = graph.addMl('LabelEncoder', tensor, {
      keys_tensor: tensorOf('double', [...labels.keys()]),
      values_tensor: tensorOf('string', labels),
      default_tensor: tensorOf('string', [graph.options.missingText]),
    });
    graph.name(output, { kind: 'text', tensor: decoded });
  }
}

function sayDecoded(
  graph: OnnxGraph,
  output: string,
  { code, classes }: OnnxClasses,
  labels: readonly string[],
): void {
  const texts = classes.map((value) =>
    typeof value === 'string' ? value : (labels[Number(value)] ?? graph.options.missingText),
  );
  const text = graph.add('Gather', [graph.constant(tensorOf('string', texts)), code]);
  const tensor = graph.add('Unsqueeze', [text, graph.integers([1])]);
  graph.name(output, { kind: 'text', tensor });
  graph.output(text, { name: output, type: 'string', width: null, doc: '' });
}

interface Encoding {
  readonly type: 'string' | 'double';
  readonly categories: readonly string[];
  /** What becomes of each category, and behind them of a missing value. */
  readonly values: readonly string[] | readonly number[];
  /** What becomes of all others. */
  readonly other: readonly string[] | readonly number[];
}

/** A column of categories by a table. */
function encoded(
  graph: OnnxGraph,
  stage: PairedStage,
  input: string,
  { type, categories, values, other }: Encoding,
): string {
  const column = graph.column(input);
  if (column.kind === 'text') {
    graph.checkCategories(input, categories);
    return graph.addMl('LabelEncoder', column.tensor, {
      keys_tensor: tensorOf('string', [...categories, graph.options.missingText]),
      values_tensor: tensorOf(type, values),
      default_tensor: tensorOf(type, other),
    });
  }
  const { tensor, isFlag = false } = numberColumn(graph, stage, input);
  const numbers = categories.map((text) => numberOfText(graph, input, text, isFlag));
  const kept = [...numbers, Number.NaN].flatMap((number, i) => {
    const isUnknown = Number.isNaN(number) && i < numbers.length;
    return isUnknown ? [] : [[number, values[i] as string | number] as const];
  });
  return graph.addMl('LabelEncoder', tensor, {
    keys_tensor: tensorOf(
      'double',
      kept.map(([number]) => number),
    ),
    values_tensor: tensorOf(type, kept.map(([, value]) => value) as typeof values),
    default_tensor: tensorOf(type, other),
  });
}

/** The number that a category is the text of; NaN for the one that stands for unknown ones. */
function numberOfText(graph: OnnxGraph, column: string, text: string, isFlag: boolean): number {
  if (isFlag) return text === 'true' ? 1 : text === 'false' ? 0 : Number.NaN;
  const number = Number(text);
  if (Number.isNaN(number) || String(number) === text) return number;
  throw graph.refusal(
    'numbers as categories that float64 holds',
    `${text} in ${column}`,
    'make texts of them before the fit',
  );
}

function tensorOf(
  type: 'string' | 'double',
  values: readonly string[] | readonly number[],
): OnnxTensor {
  const dims = [values.length];
  return type === 'string'
    ? { type, dims, values: values as readonly string[] }
    : { type, dims, values: Float64Array.from(values as readonly number[]) };
}
