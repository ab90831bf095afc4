/** The verbs that deal rows out anew without reading them: repartition, limit, union. */
import { type Field, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { checkTable } from '../check-table.ts';
import { emptyBatch } from '../columns/conform-column.ts';
import { columnNames } from '../columns/find-column.ts';
import { concatBatches } from '../concat-rows.ts';
import { memoryPartition, registerSource } from '../files/sources.ts';
import { mergeSchemas } from '../merge-schemas.ts';
import type { PartitionSpec, RowRange, SourceSpec } from '../plan/partition-spec.ts';
import {
  countRows,
  firstRowsOf,
  type LazyPartition,
  lowerForKeeps,
  operatorNode,
  type PlanContext,
  type PlanNode,
  resolve,
} from '../plan/plan-node.ts';
import { readPartition } from '../plan/read-partition.ts';
import { schemaFromRecord, schemaToRecord } from '../schema-record.ts';

interface SlicePart extends RowRange {
  readonly partition: PartitionSpec;
}

/** Rows of other partitions, one after another. */
interface SliceSource extends SourceSpec {
  readonly kind: 'slices';
  readonly numRows: number;
  readonly parts: readonly SlicePart[];
}

registerSource<SliceSource>('slices', async ({ parts }, { columns, rows }) => {
  const wanted = rows ?? { start: 0, end: Number.POSITIVE_INFINITY };
  const batches = [];
  let at = 0;
  for (const part of parts) {
    const length = part.end - part.start;
    const start = Math.max(wanted.start - at, 0);
    const end = Math.min(wanted.end - at, length);
    at += length;
    if (start >= end) continue;
    const range = { start: part.start + start, end: part.start + end };
    batches.push(await readPartition(part.partition, { columns, rows: range }));
  }
  const [first] = batches;
  if (first !== undefined) return concatBatches(first.schema, batches);
  const { schema } = parts[0]?.partition ?? { schema: { fields: [], metadata: [] } };
  const fields = schemaFromRecord(schema).fields.filter((field) => columns.includes(field.name));
  return emptyBatch(new Schema(fields));
});

/** The same rows in order, in so many partitions of nearly equal size. */
export function repartitionNode(input: PlanNode, numPartitions: number): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'repartition', numPartitions });
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const ready = await lowerForKeeps(input, context);
    const firstRows = firstRowsOf(await countRows(ready, context));
    const numRows = firstRows.at(-1) as number;
    return Array.from({ length: numPartitions }, (_, i) => {
      const start = Math.floor((numRows * i) / numPartitions);
      const end = Math.floor((numRows * (i + 1)) / numPartitions);
      return slices(ready, firstRows, { start, end });
    });
  };
  return { schema: input.schema, numPartitions, lower };
}

/** The first rows. */
export function limitNode(input: PlanNode, numRows: number): PlanNode {
  if (input.remote !== undefined) return input.remote.after({ verb: 'limit', numRows });
  const empty = memoryPartition(emptyBatch(input.schema));
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const partitions = await input.lower({ ...context, keep: true });
    const kept: LazyPartition[] = [];
    let left = numRows;
    for (const lazy of partitions) {
      // Only as many partitions are counted as the limit needs.
      if (left === 0) kept.push(empty);
      else {
        const partition = await resolve(lazy);
        const [rows = 0] = await countRows([partition], context);
        const taken = Math.min(rows, left);
        left -= taken;
        kept.push(
          taken === rows ? partition : slices([partition], [0, rows], { start: 0, end: taken }),
        );
      }
    }
    return kept;
  };
  return { schema: input.schema, numPartitions: input.numPartitions, lower };
}

/** The plan of the table that union is given. @throws CoppiceError `PARAM_INVALID` for what is no table */
export function nodeToUnite(table: unknown): PlanNode {
  checkTable('of union', table);
  return (table as { readonly node: PlanNode }).node;
}

/** The rows of the first, then those of the second; columns are matched by name. @throws CoppiceError `SCHEMA_MISMATCH` */
export function unionNode(first: PlanNode, second: PlanNode): PlanNode {
  const merged = mergeSchemas([
    { what: 'the first table', schema: first.schema },
    { what: 'the second table', schema: second.schema },
  ]);
  const { schema } = merged;
  const remote = first.remote ?? second.remote;
  if (remote !== undefined) {
    const other = first.remote === undefined ? first : second;
    return remote.after({ verb: 'union', other, schema });
  }
  const sides = [first, second].map((side, index) => {
    const conforms = merged.conforms[index] as readonly Field[];
    if (conforms.length === 0 && index === 0) return side;
    const names = conforms.map((field) => field.name);
    const spec = {
      kind: 'table.conform',
      reads: columnNames(schema),
      writes: names,
      schema: schemaToRecord(schema),
    };
    return operatorNode(side, spec, schema);
  });
  const lower = async (context: PlanContext): Promise<readonly LazyPartition[]> => {
    const lists: (readonly LazyPartition[])[] = [];
    for (const side of sides) lists.push(await side.lower(context));
    return lists.flat();
  };
  return { schema, numPartitions: first.numPartitions + second.numPartitions, lower };
}

function slices(
  partitions: readonly PartitionSpec[],
  firstRows: readonly number[],
  range: RowRange,
): PartitionSpec {
  const parts: SlicePart[] = [];
  for (const [index, partition] of partitions.entries()) {
    const from = firstRows[index] as number;
    const to = firstRows[index + 1] as number;
    const start = Math.max(range.start, from) - from;
    const end = Math.min(range.end, to) - from;
    if (start < end) parts.push({ partition, start, end });
  }
  const { schema } = partitions[0] as PartitionSpec;
  if (parts.length === 0) return memoryPartition(emptyBatch(schemaFromRecord(schema)), schema);
  const source: SliceSource = { kind: 'slices', numRows: range.end - range.start, parts };
  return { index: 0, source, operators: [], schema };
}

/** The number of rows of a limit. @throws CoppiceError `PARAM_INVALID` */
export function checkLimit(value: number, owner: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new CoppiceError(
    'PARAM_INVALID',
    `number of rows of ${owner} must be an integer ≥ 0; got ${value}`,
  );
}
