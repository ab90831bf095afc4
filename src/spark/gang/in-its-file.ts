/**
 * Where does a row lie that a fit refuses? A member is given batches, of which its user knows nothing; but the rows bring
 * their file and their number there along, to be put into an order, and so an error can name these.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import { longType } from './do-staged-work.ts';
import { readStagedBatch, type StagedPart, type StagedSource } from './staged-source.ts';

const textType = { typeId: 5 } as const;

/** The error with the file of the row that it is about, where there is one. */
export function inItsFile(error: unknown, payload: unknown): unknown {
  if (!(error instanceof CoppiceError)) return error;
  const { partition, ...context } = error.context;
  const { row } = context;
  const { partitions } = (payload as { ingest: { partitions: { spec: PartitionSpec }[] } }).ingest;
  const source = partitions[Number(partition)]?.spec.source as StagedSource | undefined;
  const { origin, parts } = source ?? {};
  if (source === undefined || origin === undefined || origin === null || typeof row !== 'number')
    return error;
  const { place, start } = (parts as StagedSource['parts'])[0] as StagedPart;
  const column = (name: string, type: object) => ({ name, nullable: true, metadata: [], type });
  const fields = [column(origin.path, textType), column(origin.row, longType)];
  const batch = readStagedBatch(source, place, fields as StagedSource['fields']);
  const [file, rowOfFile] = batch.data.children.map((_, i) =>
    batch.getChildAt(i)?.get(start + row),
  );
  const message = error.message.replace(
    `row ${row} of partition ${partition}`,
    () => `row ${rowOfFile} of ${file}`,
  );
  const placed = { ...context, row: Number(rowOfFile), file: String(file) };
  return new CoppiceError(error.code, message, { context: placed });
}
