/** What a member does with the rows of one of Spark's partitions on its own: run a task, or make columns. */
import {
  type Data,
  DataType,
  type Field,
  type Int64,
  type RecordBatch,
  Schema,
  Table,
  tableToIPC,
} from 'apache-arrow';
import { makeBatch, withType } from '../../table/columns/column-data.ts';
import { dictionaryValues } from '../../table/columns/conform-column.ts';
import { concatBatches } from '../../table/concat-rows.ts';
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import { streamOfBatch } from '../rows/stream-of-batch.ts';
import type { ColumnsWork, StagedTable, TaskWork } from './member-messages.ts';
import { readStagedBatch, type StagedRows, type StagedSource } from './staged-source.ts';

/** Rows of a partition that a task is given. */
const rowsPerPartition = 131_072;

/** What a task answers for each partition of the staged rows. */
export async function* taskAnswers(
  work: TaskWork,
  staged: StagedRows | null,
  run: (task: string, payload: unknown) => Promise<unknown>,
): AsyncGenerator<unknown, void, undefined> {
  for (const partition of stagedPartitions(work.table, staged, work.positionColumn)) {
    yield await run(work.task, { ...work.payload, partition });
  }
}

/** The staged rows after their operators, as an Arrow stream that Spark reads. */
export async function columnsAnswer(
  work: ColumnsWork,
  staged: StagedRows | null,
): Promise<Uint8Array> {
  const batches: RecordBatch[] = [];
  for (const partition of stagedPartitions(work.table, staged, work.positionColumn)) {
    batches.push(plainBatch(await readPartition(partition, { columns: work.columns })));
  }
  const [first] = batches;
  if (first === undefined) return tableToIPC(new Table(new Schema([])), 'stream');
  return streamOfBatch(concatBatches(first.schema, batches));
}

/** Categories as their texts. */
function plainBatch(batch: RecordBatch): RecordBatch {
  const columns = batch.data.children.map((data) =>
    DataType.isDictionary(data.type) ? dictionaryValues(data) : data,
  );
  const fields = batch.schema.fields.map((field, i) => withType(field, columns[i] as never));
  return makeBatch(new Schema(fields as Field[]), columns, batch.numRows);
}

/** The staged rows as partitions of a good size, in order. */
export function* stagedPartitions(
  table: StagedTable,
  staged: StagedRows | null,
  positionColumn: string | null,
): Generator<PartitionSpec> {
  if (staged === null) return;
  const { fd, schema, places } = staged;
  let index = 0;
  for (let at = 0; at < places.length; ) {
    let numRows = 0;
    const parts: StagedSource['parts'][number][] = [];
    while (at < places.length && (parts.length === 0 || numRows < rowsPerPartition)) {
      const place = places[at++] as StagedRows['places'][number];
      parts.push({ place, start: 0, end: place.numRows });
      numRows += place.numRows;
    }
    const firstRow =
      positionColumn === null ? -1 : positionOf(staged, parts[0] as never, positionColumn);
    const source: StagedSource = {
      kind: 'staged',
      fd,
      schema,
      fields: table.fields,
      parts,
      numRows,
    };
    const operators = table.operators.map(({ spec }) => ({
      spec,
      firstRow: spec.usesPosition === true ? firstRow : -1,
    }));
    yield { index: index++, source, operators, schema: table.schema };
  }
}

function positionOf(
  staged: StagedRows,
  part: StagedSource['parts'][number],
  column: string,
): number {
  const field = { name: column, nullable: true, metadata: [], type: longType };
  const batch = readStagedBatch(staged, part.place, [field]);
  const [positions] = batch.data.children;
  return Number((positions as Data<Int64>).values[part.start]);
}

/** A signed integer of 64 bits. */
export const longType = { typeId: 2, bitWidth: 64, isSigned: true } as const;
