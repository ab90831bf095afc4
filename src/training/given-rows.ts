/** Where a row of a rank stands in the tables that the user gave, for errors. */
import type { IngestedRows } from './ingest/ingest.ts';
import type { RowRuns } from './ingest/shard-rows.ts';
import type { IngestJob } from './messages.ts';

/** Which of a rank's rows are meant. */
export type RowPart = 'train' | 'validation';

/** `row 17 of the training table` for a row of a rank. */
export function describeRow(
  job: IngestJob,
  rows: Pick<IngestedRows, 'trainRuns' | 'validationRuns'>,
  part: RowPart,
  row: number,
): string {
  const runs = part === 'train' ? rows.trainRuns : rows.validationRuns;
  const position = job.rowRange[0] + rowOfProcess(runs, row);
  const numGiven = job.partitions
    .filter((partition) => !partition.isValidation)
    .reduce((sum, partition) => sum + partition.numRows, 0);
  return position < numGiven
    ? `row ${position} of the training table`
    : `row ${position - numGiven} of the validation table`;
}

/** The position among the process's rows as they were read. */
export function rowOfProcess(runs: RowRuns, row: number): number {
  let before = 0;
  for (let r = 0; r < runs.starts.length; r++) {
    const count = runs.counts[r] as number;
    if (row < before + count) return (runs.starts[r] as number) + row - before;
    before += count;
  }
  throw new RangeError(`row ${row} is not one of the ${before} rows of the rank`);
}
