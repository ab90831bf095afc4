/** What a model adds to a table, as text that shows every bit: floats as the 16 digits of their bits. */
import { DataType, type Vector } from 'apache-arrow';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';

/** The cells of each added column. */
export async function answersOf(
  model: Pick<Transformer, 'transform'>,
  table: PartitionedTable,
): Promise<Record<string, unknown[]>> {
  const scored = await model.transform(table);
  const added = scored.columns.filter((name) => !table.columns.includes(name));
  const collected = await scored.collect();
  return Object.fromEntries(
    added.map((name) => [name, cellsOf(collected.getChild(name) as Vector)] as const),
  );
}

function cellsOf(vector: Vector): unknown[] {
  return Array.from({ length: vector.length }, (_, row) => textOf(vector.get(row), vector.type));
}

function textOf(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null;
  if (DataType.isFloat(type)) return bitsOf(value as number);
  if (DataType.isFixedSizeList(type) || DataType.isStruct(type)) {
    const parts = value as Vector | { toArray(): unknown[] };
    const children = type.children.map((child) => child.type as DataType);
    return Array.from(parts.toArray() as Iterable<unknown>, (part, i) =>
      textOf(part, (children[i] ?? children[0]) as DataType),
    );
  }
  return typeof value === 'bigint' ? String(value) : value;
}

function bitsOf(value: number): string {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;
  return bits.toString(16).padStart(16, '0');
}
