/** What a thread must know to read and write CSV: importing this file registers it. */
import { registerTask } from '../../cluster/task-runner.ts';
import { conformBatch } from '../columns/conform-column.ts';
import { registerSource } from '../files/sources.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { readPartition } from '../plan/read-partition.ts';
import { type SchemaRecord, schemaFromRecord } from '../schema-record.ts';
import { encodeCsvLines, readCsvInfo } from './csv-work.ts';
import type { EncodeCsvOptions } from './encode-csv.ts';
import { readCsvBlock } from './read-csv-block.ts';

registerSource('csv', readCsvBlock);

registerTask('table.csvInfo', readCsvInfo);

/** What the task `table.encodeCsv` is given. */
export interface EncodeCsvPayload {
  readonly partition: PartitionSpec;
  readonly schema: SchemaRecord;
  readonly options: EncodeCsvOptions;
}

registerTask('table.encodeCsv', async (payload: EncodeCsvPayload): Promise<Uint8Array> => {
  const batch = await readPartition(payload.partition);
  return await encodeCsvLines(
    conformBatch(batch, schemaFromRecord(payload.schema)),
    payload.options,
  );
});
