/**
 * What a thread must know to work on partitions: importing this file registers every task, source and
 * operator of tables. The worker's entry file imports it, and so does the table itself.
 */
import { HandedOver, registerTask } from '../../cluster/task-runner.ts';
import '../arrow-ipc/arrow-tasks.ts';
import '../csv/csv-tasks.ts';
import '../files/files-of-runner.ts';
import { wholeBuffers } from '../columns/shared-buffer.ts';
import {
  type EncodedRowGroup,
  type EncodeOptions,
  encodeParquet,
} from '../parquet/encode-parquet.ts';
import { type SchemaRecord, schemaFromRecord } from '../schema-record.ts';
import type { PartitionSpec } from './partition-spec.ts';
import { readPartition } from './read-partition.ts';
import './reading-tasks.ts';
import '../verbs/column-operators.ts';
import '../verbs/describe-node.ts';
import '../verbs/distinct-node.ts';
import '../verbs/row-operators.ts';
import '../verbs/slice-node.ts';
import '../verbs/sort-node.ts';

/** What the task `table.encodeParquet` is given. */
export interface EncodeParquetPayload {
  readonly partition: PartitionSpec;
  readonly schema: SchemaRecord;
  readonly options: EncodeOptions;
}

registerTask(
  'table.encodeParquet',
  async (payload: EncodeParquetPayload): Promise<HandedOver<EncodedRowGroup[]>> => {
    const batch = await readPartition(payload.partition);
    const groups = encodeParquet(batch, schemaFromRecord(payload.schema), payload.options);
    return new HandedOver(groups, wholeBuffers(groups.map(({ bytes }) => bytes)));
  },
);
