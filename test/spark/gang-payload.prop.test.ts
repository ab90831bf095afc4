/** Does each member of a Spark gang know where its rows stand among all rows, however Spark dealt them out? */
import { mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Float64, Int64, Schema, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { columnsAnswer, longType } from '../../src/spark/gang/do-staged-work.ts';
import { countTables, gangPayload, type PeerHello } from '../../src/spark/gang/gang-payload.ts';
import type { GangWork } from '../../src/spark/gang/member-messages.ts';
import { stagedRows } from '../../src/spark/gang/staged-source.ts';
import type { PartitionSpec } from '../../src/table/plan/partition-spec.ts';
import { readPartition } from '../../src/table/plan/read-partition.ts';
import { fieldToRecord, schemaToRecord } from '../../src/table/schema-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-staged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let numFiles = 0;

/** Rows as the shim stages them: their number in the value, their table in the hidden column. */
function staged(batches: readonly { readonly value: number; readonly table: number }[][]) {
  const tables = batches.map(
    (rows) =>
      new Table({
        value: vectorFromArray(
          rows.map(({ value }) => value),
          new Float64(),
        ),
        __coppice_0: vectorFromArray(
          rows.map(({ table }) => BigInt(table)),
          new Int64(),
        ),
      }),
  );
  if (tables.length === 0) return null;
  const path = join(folder, `${numFiles++}`);
  const whole = (tables[0] as Table).concat(...tables.slice(1));
  writeFileSync(path, tableToIPC(whole, 'stream'));
  return stagedRows(openSync(path, 'r'), statSync(path).size);
}

function workOf(numTables: number): GangWork {
  const schema = new Table({ value: vectorFromArray([0], new Float64()) }).schema;
  const operator = { kind: 'none', reads: [], writes: [], usesPosition: true };
  const table = {
    fields: schema.fields.map(fieldToRecord),
    operators: [{ spec: operator, firstRow: 0 }],
    schema: schemaToRecord(new Schema(schema.fields)),
  };
  return {
    kind: 'gang',
    program: 'boosting',
    payload: { ingest: { partitions: Array.from({ length: numTables }, () => ({})) } },
    tables: Array.from({ length: numTables }, () => table),
    origins: [],
    tableColumn: '__coppice_0',
    firstRanks: [0],
    timeoutMs: 1,
  } as unknown as GangWork;
}

interface Filled {
  readonly ingest: {
    readonly rowRange: readonly [number, number];
    readonly partitions: readonly { readonly spec: PartitionSpec; readonly numRows: number }[];
  };
}

it('ranges of members lie one behind another, and steps count rows of their own table', async () => {
  const sizes = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 3 }), async (dealt, numTables) => {
      // all rows in order: table by table; member m gets the next so many of them
      const numRows = dealt.flat().reduce((sum, size) => sum + size, 0);
      const all = Array.from({ length: numRows }, (_, i) => ({
        value: i,
        table: Math.floor((i * numTables) / Math.max(1, numRows)),
      }));
      const firstOf = (table: number): number => all.findIndex((row) => row.table === table);
      let at = 0;
      const work = workOf(numTables);
      const take = (size: number): typeof all => {
        at += size;
        return all.slice(at - size, at);
      };
      const members = dealt.map((batches) => {
        const rows = staged(batches.filter((size) => size > 0).map(take));
        return { rows, ...countTables(work, rows) };
      });
      const peers: PeerHello[] = members.map(({ counts }) => ({ host: '', port: 0, counts }));
      let before = 0;
      for (const [process, { rows, segments, counts }] of members.entries()) {
        const { ingest } = gangPayload(work, rows, { process, peers, segments }) as Filled;
        const own = counts.reduce((sum, count) => sum + count, 0);
        expect(ingest.rowRange).toEqual(own === 0 ? [0, 0] : [before, before + own]);
        expect(ingest.partitions.map(({ spec }) => spec.index)).toEqual(
          ingest.partitions.map((_, i) => i),
        );
        let row = 0;
        for (const { spec, numRows: size } of ingest.partitions) {
          if (spec.source.kind === 'staged') {
            expect(row).toBeGreaterThanOrEqual(before);
            const bare = { ...spec, operators: [] };
            const values = (await readPartition(bare)).getChild('value')?.toArray();
            expect([...(values as Float64Array)]).toEqual(
              Array.from({ length: size }, (_, i) => row + i),
            );
            const table = (all[row] as { table: number }).table;
            expect(spec.operators[0]?.firstRow).toBe(row - firstOf(table));
          }
          row += size;
        }
        expect(row).toBe(numRows);
        before += own;
      }
    }),
    { numRuns: 40 },
  );
});

it('the rows of a member without rows are columns without rows', async () => {
  const work = { kind: 'columns', table: {}, positionColumn: null, columns: [] } as never;
  expect((await columnsAnswer(work, null)).length).toBeGreaterThan(0);
  expect(longType.bitWidth).toBe(64);
});
