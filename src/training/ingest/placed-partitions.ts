/** Which partitions a process reads, and where their rows lie among the process's rows. */
import type { IngestJob, TrainingPartition } from '../messages.ts';

/** A partition, or the part of it that this process holds. */
export interface PlacedPartition {
  readonly partition: TrainingPartition;
  readonly index: number;
  /** Position of the partition's first row in its table. */
  readonly firstRow: number;
  /** Rows of the partition before and in this process's range. */
  readonly skip: number;
  readonly count: number;
  /** Where these rows begin among the rows of the process. */
  readonly firstLocal: number;
}

/** What errors call it: its number, and its file where it comes out of one. */
export function nameOfPartition({ index, partition }: PlacedPartition): string {
  const file = partition.spec.source['file'] as { readonly path?: unknown } | undefined;
  return `partition ${index}${typeof file?.path === 'string' ? ` (${file.path})` : ''}`;
}

/** The partitions that overlap the job's row range. */
export function placePartitions(job: IngestJob): PlacedPartition[] {
  const [from, to] = job.rowRange;
  const placed: PlacedPartition[] = [];
  let first = 0;
  let firstInTable = 0;
  let wasValidation = false;
  job.partitions.forEach((partition, index) => {
    if (partition.isValidation && !wasValidation) {
      firstInTable = 0;
      wasValidation = true;
    }
    const begin = Math.max(from, first);
    const end = Math.min(to, first + partition.numRows);
    if (begin < end) {
      placed.push({
        partition,
        index,
        firstRow: firstInTable,
        skip: begin - first,
        count: end - begin,
        firstLocal: begin - from,
      });
    }
    first += partition.numRows;
    firstInTable += partition.numRows;
  });
  return placed;
}

/** The partitions as a process of another machine gets them: those that it does not read are without their data. */
export function partitionsWithin(
  partitions: readonly TrainingPartition[],
  [from, to]: readonly [number, number],
): TrainingPartition[] {
  let first = 0;
  return partitions.map((partition) => {
    const isRead = first < to && first + partition.numRows > from;
    first += partition.numRows;
    if (isRead) return partition;
    const source = { kind: 'elsewhere', numRows: partition.numRows };
    return { ...partition, spec: { ...partition.spec, source, operators: [] } };
  });
}
