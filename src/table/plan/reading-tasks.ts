/** Tasks that read partitions of Parquet files and of memory: what a thread needs first. */
import { DataType } from 'apache-arrow';
import { runsUserCode } from '../../base/user-function.ts';
import { HandedOver, registerTask } from '../../cluster/task-runner.ts';
import { forms } from '../files/sources.ts';
import '../parquet/fill-numbers.ts';
import { type ParquetInfo, parquetInfo, startDecoder } from '../parquet/parquet-source.ts';
import type { PartitionSpec, RowRange } from './partition-spec.ts';
import {
  countPartition,
  fillPartition,
  knownRows,
  type PartitionRequest,
  readPartition,
} from './read-partition.ts';
import { batchToMessage, batchToShared, buffersOfRows, type SharedBatch } from './shared-batch.ts';

/** What the task `table.readPartition` is given. */
export interface ReadPartitionPayload extends PartitionRequest {
  readonly partition: PartitionSpec;
  /** The batch will stay: put it into shared memory. By default it is copied by the answer. */
  readonly keep?: boolean | undefined;
}

registerTask('table.countRows', (partition: PartitionSpec) => countPartition(partition));

registerTask(
  'table.readPartition',
  async (payload: ReadPartitionPayload): Promise<SharedBatch | HandedOver<SharedBatch>> => {
    const { partition, columns, rows, keep = false } = payload;
    const batch = await readPartition(partition, { columns, rows });
    if (keep) return batchToShared(batch);
    const message = batchToMessage(batch);
    return runsUserCode() ? message : new HandedOver(message, buffersOfRows(message));
  },
);

/** What the task `table.countValues` is given. */
export interface CountValuesPayload {
  readonly partition: PartitionSpec;
  readonly column: string;
  readonly rows: RowRange;
}

/** How many different values these rows of a column have. */
registerTask(
  'table.countValues',
  async ({ partition, column, rows }: CountValuesPayload): Promise<number> => {
    const end = Math.min(rows.end, knownRows(partition) ?? rows.end);
    const out = new Float64Array(end - rows.start);
    const wanted = [{ name: column, out, mayBeSparse: false }];
    const [form] = await fillPartition(partition, wanted, { start: rows.start, end });
    if (form === forms.dense) return new Set(out).size;
    const request = { columns: [column], rows, textMayBeDictionary: true };
    const vector = (await readPartition(partition, request)).getChildAt(0);
    const isCoded = vector !== null && DataType.isDictionary(vector.type);
    // equal codes are equal values, so no text is made
    return new Set(isCoded ? vector.data[0]?.values : vector?.toArray()).size;
  },
);

registerTask(
  'table.parquetInfo',
  (file: { path: string; asksDecoder?: boolean }): Promise<ParquetInfo | null> =>
    parquetInfo(file.path, file.asksDecoder),
);

registerTask('table.startDecoder', (path: string) => startDecoder(path));
