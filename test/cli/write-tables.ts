/** Small tables for tests of the command line: flights to learn from and to score, and houses. */
import { Table } from 'apache-arrow';
import { flightDelays } from '../../datasets/flight-delays.ts';
import { housePrices } from '../../datasets/house-prices.ts';
import { toBatch } from '../../datasets/to-batch.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';

/** Writes train.parquet, test.parquet and houses.parquet. @param path gives a name its place */
export async function writeTables(path: (name: string) => string): Promise<void> {
  const runner = new InlineRunner();
  const parts = [
    [path('train.parquet'), flightDelays, 0, 6000],
    [path('test.parquet'), flightDelays, 6000, 1500],
    [path('houses.parquet'), housePrices, 0, 3000],
  ] as const;
  for (const [file, generator, firstRow, numRows] of parts) {
    const batch = toBatch(generator.generate({ seed: 1, firstRow, numRows }));
    await tableFromArrow(runner, new Table([batch])).write.parquet(file);
  }
}
