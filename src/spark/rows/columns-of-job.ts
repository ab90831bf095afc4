/** Which columns of its tables a job reads: no others are sent to the members. */
import { otherColumns } from '../../training/ingest/other-numbers.ts';
import type { IngestJob } from '../../training/messages.ts';

/** The names of the columns, each once. */
export function columnsOfJob(job: IngestJob): string[] {
  const names = [
    job.labelCol,
    job.weightCol,
    job.idCol,
    job.groupCol,
    job.validationCol,
    job.survival?.censorCol,
    ...otherColumns(job),
    ...job.features.map(({ path }) => path[0]),
    ...job.offsets.map(([name]) => name),
    ...job.initialScores.map(([name]) => name),
  ];
  return [
    ...new Set(names.filter((name): name is string => typeof name === 'string' && name !== '')),
  ];
}
