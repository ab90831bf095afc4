/** Prints rows and schemas for people: a grid of cells, and a tree of columns. */
import {
  type Data,
  DataType,
  type Field,
  type RecordBatch,
  type Schema,
  Vector,
} from 'apache-arrow';
import { timeText } from '../columns/cast-column.ts';
import { decimalAt, decimalText } from '../columns/decimal-digits.ts';
import { typeName } from '../columns/type-name.ts';

/** How to print rows. */
export interface FormatOptions {
  /** Cells are cut to so many characters; 0 cuts none. */
  readonly truncate: number;
}

/** The batch as a grid; numbers to the right. */
export function formatRows(batch: RecordBatch, options: FormatOptions): string {
  const columns = batch.schema.fields.map((field, index) => {
    const data = batch.data.children[index] as Data;
    const cells = Array.from({ length: batch.numRows }, (_, row) =>
      cut(cellText(data, row), options.truncate),
    );
    const width = Math.max(field.name.length, 1, ...cells.map(displayWidth));
    const isNumber =
      DataType.isInt(field.type) || DataType.isFloat(field.type) || DataType.isDecimal(field.type);
    return { name: field.name, cells, width, isNumber };
  });
  const rule = `+${columns.map(({ width }) => '-'.repeat(width + 2)).join('+')}+`;
  const line = (texts: readonly string[]): string =>
    `|${columns.map(({ width, isNumber }, i) => ` ${pad(texts[i] ?? '', width, isNumber)} `).join('|')}|`;
  const lines = [rule, line(columns.map(({ name }) => name)), rule];
  for (let row = 0; row < batch.numRows; row++)
    lines.push(line(columns.map(({ cells }) => cells[row] ?? '')));
  return [...lines, rule].join('\n');
}

/** The columns as a tree: name, type, whether nulls may be there. */
export function formatSchema(schema: Schema): string {
  return ['root', ...schema.fields.flatMap((field) => fieldLines(field, ' |--'))].join('\n');
}

function fieldLines(field: Field, prefix: string): string[] {
  const type = field.type as DataType;
  const isStruct = DataType.isStruct(type);
  const name = isStruct ? 'struct' : typeName(type);
  const line = `${prefix} ${field.name}: ${name} (nullable = ${field.nullable})`;
  if (!isStruct) return [line];
  return [
    line,
    ...(type.children as Field[]).flatMap((child) =>
      fieldLines(child, ` |   ${prefix.trimStart()}`),
    ),
  ];
}

/** One cell as text. */
export function cellText(data: Data, row: number): string {
  if (!data.getValid(row)) return 'null';
  const { type } = data;
  if (DataType.isDictionary(type)) {
    const dictionary = data.dictionary?.data[0];
    const code = Number((data.values as Int32Array)[row]);
    return dictionary === undefined ? 'null' : cellText(dictionary, code);
  }
  if (DataType.isTimestamp(type) || DataType.isDate(type)) {
    return timeText((data.values as Int32Array)[row] as number, type);
  }
  if (DataType.isStruct(type)) {
    return `{${data.children.map((child) => cellText(child, row)).join(', ')}}`;
  }
  if (DataType.isFixedSizeList(type)) {
    const child = data.children[0] as Data;
    const items = Array.from({ length: type.listSize }, (_, i) =>
      cellText(child, row * type.listSize + i),
    );
    return `[${items.join(', ')}]`;
  }
  if (DataType.isDecimal(type)) {
    const words = data.values as Uint32Array;
    return decimalText(decimalAt(words, row * data.stride, data.stride), type.scale);
  }
  const value = new Vector([data]).get(row) as unknown;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Vector) return `[${Array.from(value, String).join(', ')}]`;
  return String(value);
}

/** Control characters would break the grid. */
function cut(text: string, truncate: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (mark) =>
    mark === '\n' ? '\\n' : '·',
  );
  const characters = [...plain];
  if (truncate <= 0 || characters.length <= truncate) return plain;
  return `${characters.slice(0, Math.max(1, truncate - 1)).join('')}…`;
}

function displayWidth(text: string): number {
  return [...text].length;
}

function pad(text: string, width: number, toRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return toRight ? space + text : text + space;
}
