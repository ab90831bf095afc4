/**
 * A small table of flights as Parquet bytes, for the tests of the packed library.
 *
 * It is made with arrow and parquet-wasm alone, as another program would make it: strings,
 * numbers, a boolean label that depends on all of them, and some nulls.
 */
import { Bool, Float64, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { Table as ParquetTable, writeParquet } from 'parquet-wasm/node';

const carriers = ['AA', 'BB', 'CC', 'DD', 'EE'] as const;
const origins = ['east', 'west', 'north'] as const;

/** A repeatable number in [0, 1): the top bits of a multiplied row number. */
function noise(row: number, purpose: number): number {
  return ((Math.imul(row * 7 + purpose, 0x9e3779b1) >>> 8) & 0xffff) / 0x10000;
}

/** Parquet bytes of `numRows` flights that begin at row `firstRow` of one endless sequence. */
export function sampleFlights(firstRow: number, numRows: number): Uint8Array {
  const rows = Array.from({ length: numRows }, (_, index) => firstRow + index);
  const carrierOf = (row: number) => Math.floor(noise(row, 1) * carriers.length);
  const distanceOf = (row: number) => (row % 17 === 0 ? null : Math.round(noise(row, 3) * 2000));
  const delayed = (row: number) =>
    noise(row, 4) < 0.1 + 0.15 * carrierOf(row) + (distanceOf(row) ?? 0) / 10_000;
  const table = new Table({
    carrier: vectorFromArray(
      rows.map((row) => carriers[carrierOf(row)] ?? null),
      new Utf8(),
    ),
    origin: vectorFromArray(
      rows.map((row) => origins[Math.floor(noise(row, 2) * 3)] ?? null),
      new Utf8(),
    ),
    distance: vectorFromArray(rows.map(distanceOf), new Float64()),
    delayed: vectorFromArray(rows.map(delayed), new Bool()),
  });
  return writeParquet(ParquetTable.fromIPCStream(tableToIPC(table, 'stream')));
}
