/** What a thread must know to read and write Arrow IPC: importing this file registers it. */
import { registerTask } from '../../cluster/task-runner.ts';
import { registerSource } from '../files/sources.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { readPartition } from '../plan/read-partition.ts';
import { batchFromShared, type SharedBatch } from '../plan/shared-batch.ts';
import { type SchemaRecord, schemaFromRecord } from '../schema-record.ts';
import { encodeArrowMessages, gatherDictionaries } from './arrow-work.ts';
import { arrowInfo, readArrowBatches } from './read-arrow-batches.ts';

registerSource('arrow', readArrowBatches);

registerTask('table.arrowInfo', (file: { path: string }) => arrowInfo(file.path));

/** What the task `table.arrowDictionaries` is given. */
export interface ArrowDictionariesPayload {
  readonly partition: PartitionSpec;
  readonly schema: SchemaRecord;
  readonly columns: readonly string[];
}

registerTask(
  'table.arrowDictionaries',
  async ({ partition, schema, columns }: ArrowDictionariesPayload): Promise<SharedBatch> =>
    await gatherDictionaries(await readPartition(partition, { columns }), schemaFromRecord(schema)),
);

/** What the task `table.encodeArrow` is given. */
export interface EncodeArrowPayload {
  readonly partition: PartitionSpec;
  readonly schema: SchemaRecord;
  readonly dictionaries: SharedBatch | undefined;
}

registerTask('table.encodeArrow', async (payload: EncodeArrowPayload): Promise<Uint8Array> => {
  const batch = await readPartition(payload.partition);
  const { dictionaries } = payload;
  const united = dictionaries === undefined ? undefined : batchFromShared(dictionaries);
  return await encodeArrowMessages(batch, schemaFromRecord(payload.schema), united);
});
