/**
 * Fills in a job for one member of a Spark gang: which rows it has, and where they stand among all rows. Spark dealt
 * the rows out in ranges of their order, so member after member, table after table they lie one behind another.
 */
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import type { RowOrigin } from '../rows/spark-rows.ts';
import { longType } from './do-staged-work.ts';
import type { GangWork, StagedTable } from './member-messages.ts';
import {
  readStagedBatch,
  type StagedPart,
  type StagedRows,
  type StagedSource,
} from './staged-source.ts';

/** Rows of one table in one batch. */
interface Segment extends StagedPart {
  readonly table: number;
}

/** Where a member listens, and how many rows of each table it has. */
export interface PeerHello {
  readonly host: string;
  readonly port: number;
  readonly counts: readonly number[];
}

/** How many rows of each table are staged here, and where. */
export function countTables(
  work: GangWork,
  staged: StagedRows | null,
): { readonly counts: number[]; readonly segments: readonly Segment[] } {
  const counts = work.tables.map(() => 0);
  const segments: Segment[] = [];
  for (const place of staged?.places ?? []) {
    const tables = tablesOf(work, staged as StagedRows, place);
    let start = 0;
    while (start < place.numRows) {
      const table = Number(tables?.[start] ?? 0);
      let end = start + 1;
      if (tables === null) end = place.numRows;
      else while (end < place.numRows && Number(tables[end]) === table) end += 1;
      segments.push({ table, place, start, end });
      counts[table] = (counts[table] as number) + end - start;
      start = end;
    }
  }
  return { counts, segments };
}

function tablesOf(
  { tableColumn }: GangWork,
  staged: StagedRows,
  place: StagedPart['place'],
): BigInt64Array | null {
  if (tableColumn === null) return null;
  const field = { name: tableColumn, nullable: true, metadata: [], type: longType };
  return readStagedBatch(staged, place, [field]).data.children[0]?.values as BigInt64Array;
}

interface JobPartition {
  readonly spec: PartitionSpec;
  readonly numRows: number;
}

/** The job with its partitions and this member's range of their rows. */
export function gangPayload(
  work: GangWork,
  staged: StagedRows | null,
  here: {
    readonly process: number;
    readonly peers: readonly PeerHello[];
    readonly segments: readonly Segment[];
  },
): unknown {
  const ingest = work.payload['ingest'] as { readonly partitions: readonly JobPartition[] };
  const partitions: JobPartition[] = [];
  let from = -1;
  let to = 0;
  let before = 0;
  work.tables.forEach((table, index) => {
    const given = ingest.partitions[index] as JobPartition;
    let firstRow = 0;
    here.peers.forEach(({ counts }, process) => {
      const numRows = counts[index] as number;
      if (numRows === 0) return;
      if (process === here.process) {
        if (from < 0) from = before;
        to = before + numRows;
        partitions.push(
          ...ownPartitions(table, staged as StagedRows, {
            given,
            index,
            firstRow,
            segments: here.segments,
            origin: work.origins[index] ?? null,
          }),
        );
      } else {
        const source = { kind: 'elsewhere', numRows };
        const spec = { index: 0, source, operators: [], schema: table.schema };
        partitions.push({ ...given, spec, numRows });
      }
      before += numRows;
      firstRow += numRows;
    });
  });
  const numbered = partitions.map((partition, i) => ({
    ...partition,
    spec: { ...partition.spec, index: i },
  }));
  // a member without rows stands anywhere
  const rowRange = from < 0 ? [0, 0] : [from, to];
  return { ...work.payload, ingest: { ...ingest, partitions: numbered, rowRange } };
}

/** One partition a batch. */
function ownPartitions(
  table: StagedTable,
  staged: StagedRows,
  given: {
    readonly given: JobPartition;
    readonly index: number;
    readonly firstRow: number;
    readonly segments: readonly Segment[];
    readonly origin: RowOrigin | null;
  },
): JobPartition[] {
  let at = given.firstRow;
  return given.segments
    .filter((segment) => segment.table === given.index)
    .map(({ place, start, end }) => {
      const numRows = end - start;
      const source: StagedSource = {
        kind: 'staged',
        fd: staged.fd,
        schema: staged.schema,
        fields: table.fields,
        parts: [{ place, start, end }],
        numRows,
        origin: given.origin,
      };
      const firstRow = at;
      at += numRows;
      const operators = table.operators.map(({ spec }) => ({
        spec,
        firstRow: spec.usesPosition === true ? firstRow : -1,
      }));
      return {
        ...given.given,
        numRows,
        spec: { index: 0, source, operators, schema: table.schema },
      };
    });
}
