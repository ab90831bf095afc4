/**
 * The folder in which the code of the docs runs, with the data that it may read.
 *
 * - `train.parquet`, `test.parquet`, `train.csv`: flight-delays, label `delayed`
 * - `credit-train.parquet`, `credit-test.parquet`: credit-risk, labels `defaulted` and `grade`
 * - `houses-train.parquet`, `houses-test.parquet`: house-prices, label `price`
 * - `flights-lightgbm.txt`, `flights-xgboost.ubj`: small models of LightGBM 4.7.0 and XGBoost 3.2.0, fitted on five columns of
 *   `train.parquet`
 * - `colours-spark`: a small pipeline that Spark 4.3.0 saved, of the columns `colour`, `size`, `x` and `y`
 * - `node_modules` with coppice itself, and `coppice` as a command
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Table, tableToIPC } from 'apache-arrow';
import Papa from 'papaparse';
import { Table as ParquetTable, writeParquet } from 'parquet-wasm/node';
import { creditRisk } from '../../datasets/credit-risk.ts';
import { flightDelays } from '../../datasets/flight-delays.ts';
import type { DatasetGenerator } from '../../datasets/generator.ts';
import { housePrices } from '../../datasets/house-prices.ts';
import { toBatch } from '../../datasets/to-batch.ts';
import { root } from '../../scripts/source-stamp.mjs';
import { type SavedFolder, sparkCases, writeSparkFolder } from './spark-folders.ts';

const numTrainRows = 2000;
const numTestRows = 500;

/** Makes the folder; the caller removes it. */
export function makeDocsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-docs-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  linkPackages(join(folder, 'node_modules'));
  writeSet(folder, '', flightDelays);
  writeSet(folder, 'credit-', creditRisk);
  writeSet(folder, 'houses-', housePrices);
  for (const name of ['flights-lightgbm.txt', 'flights-xgboost.ubj'])
    copyFileSync(join(root, 'test', 'tools', name), join(folder, name));
  const pipeline = sparkCases('4.3.0').find(({ name }) => name === 'words-tree');
  writeSparkFolder(pipeline as SavedFolder, join(folder, 'colours-spark'));
  const flights = rows(flightDelays, 0, numTrainRows);
  writeFileSync(join(folder, 'train.csv'), `${Papa.unparse(flights.toArray().map(toRecord))}\n`);
  return folder;
}

function toRecord(row: { toJSON(): Record<string, unknown> }): Record<string, unknown> {
  return row.toJSON();
}

function linkPackages(folder: string): void {
  mkdirSync(join(folder, '.bin'), { recursive: true });
  symlinkSync(root, join(folder, 'coppice'), 'junction');
  for (const name of ['apache-arrow', '@types', '@duckdb']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, name), 'junction');
  }
  const command = join(root, 'dist', 'bundle', 'node', 'cli.js');
  const shim = join(folder, '.bin', 'coppice');
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`);
  chmodSync(shim, 0o755);
}

function rows(generator: DatasetGenerator, firstRow: number, numRows: number): Table {
  return new Table([toBatch(generator.generate({ firstRow, numRows, seed: 1 }))]);
}

function writeSet(folder: string, prefix: string, generator: DatasetGenerator): void {
  const parts = [
    ['train', rows(generator, 0, numTrainRows)],
    ['test', rows(generator, numTrainRows, numTestRows)],
  ] as const;
  for (const [part, table] of parts) {
    const bytes = writeParquet(ParquetTable.fromIPCStream(tableToIPC(table, 'stream')));
    writeFileSync(join(folder, `${prefix}${part}.parquet`), bytes);
  }
}
