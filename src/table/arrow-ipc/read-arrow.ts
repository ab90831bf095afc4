/**
 * Plans a table over Arrow IPC files (Feather 2, .arrow) and streams: the pool finds where their messages
 * lie, and neighbouring batches become a partition until it has enough rows.
 */
import { Schema } from 'apache-arrow';
import type { TaskRunner } from '../../cluster/task-runner.ts';
import { findFilesOf, refuseUrls, sharedIdentity } from '../files/files-of-runner.ts';
import type { FoundFile } from '../files/find-files.ts';
import { folderColumns } from '../files/folder-columns.ts';
import { mergeSchemas } from '../merge-schemas.ts';
import { PartitionedTable, type TableOptions } from '../partitioned-table.ts';
import { mapInOrder } from '../plan/map-in-order.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { sourceNode } from '../plan/plan-node.ts';
import { fieldToRecord, schemaFromRecord, schemaToRecord } from '../schema-record.ts';
import type { MessagePlace } from './ipc-messages.ts';
import type { ArrowInfo, ArrowSource } from './read-arrow-batches.ts';

const rowsPerPartition = 262_144;
const bytesPerPartition = 64 << 20;

/**
 * A table over Arrow IPC, in the file or the stream format.
 *
 * @param paths a file, a list of files, a glob, or a folder (all its files, `key=value` folders as columns)
 * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`, `UNSUPPORTED`, `ABORTED`
 */
export async function readArrow(
  runner: TaskRunner,
  paths: string | readonly string[],
  options: TableOptions = {},
): Promise<PartitionedTable> {
  refuseUrls(paths, 'read.arrow');
  const files = await findFilesOf(
    runner,
    paths,
    ['.arrow', '.feather', '.ipc', '.arrows'],
    options.signal,
  );
  const { signal } = options;
  const inspect = ({ path }: FoundFile): Promise<ArrowInfo> =>
    runner.run<ArrowInfo>('table.arrowInfo', { path }, { signal });
  const infos: ArrowInfo[] = [];
  for await (const info of mapInOrder(files, runner.numThreads * 2, inspect)) infos.push(info);
  const folders = folderColumns(files);
  const folderNames = new Set(folders.fields.map((field) => field.name));
  const merged = mergeSchemas(
    infos.map(({ file, schema }) => {
      const own = schemaFromRecord(schema);
      const fields = own.fields.filter((field) => !folderNames.has(field.name));
      return { what: `file ${file.path}`, schema: new Schema(fields, own.metadata) };
    }),
    { widens: true },
  );
  const schema = new Schema([...merged.schema.fields, ...folders.fields], merged.schema.metadata);
  const record = schemaToRecord(schema);
  const partitions: PartitionSpec[] = [];
  for (const [fileIndex, info] of infos.entries()) {
    const conforms = (merged.conforms[fileIndex] ?? []).map(fieldToRecord);
    const constants = folders.constants[fileIndex] ?? [];
    for (const messages of groups(info.messages)) {
      const source: ArrowSource = {
        kind: 'arrow',
        file: sharedIdentity(runner, info.file),
        schema: info.schemaMessage,
        messages,
        numRows: messages.reduce((sum, message) => sum + message.numRows, 0),
        constants,
        conforms,
      };
      partitions.push({ index: partitions.length, source, operators: [], schema: record });
    }
  }
  return new PartitionedTable(runner, sourceNode(schema, partitions));
}

/** Batches in groups, each after the dictionaries that hold at its place in the file. */
function groups(messages: readonly MessagePlace[]): MessagePlace[][] {
  const found: MessagePlace[][] = [];
  let dictionaries: MessagePlace[] = [];
  let batches: MessagePlace[] = [];
  let rows = 0;
  let bytes = 0;
  const close = (): void => {
    if (batches.length > 0) found.push([...dictionaries, ...batches]);
    batches = [];
    rows = 0;
    bytes = 0;
  };
  for (const message of messages) {
    if (message.kind === 'dictionary') {
      close();
      const { dictionaryId, isDelta } = message;
      const kept = dictionaries.filter((other) => isDelta || other.dictionaryId !== dictionaryId);
      dictionaries = [...kept, message];
      continue;
    }
    const isFull = rows + message.numRows > rowsPerPartition;
    if (isFull || bytes + message.bodyBytes > bytesPerPartition) close();
    batches.push(message);
    rows += message.numRows;
    bytes += message.bodyBytes;
  }
  close();
  return found;
}
