/** What was measured so far, in a file that is not in git: one record a row, replaced when the row is run again. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultsFolder } from './bench-home.ts';
import type { RunRecord } from './row.ts';

/** One row's measurements. */
export interface RowResult {
  readonly machine: string;
  readonly node: string;
  readonly threads: number;
  /** The commit of ours, with a mark where files differed from it. */
  readonly revision: string;
  readonly date: string;
  /** The variant that represents each contestant. */
  readonly picks: Record<string, string>;
  readonly runs: RunRecord[];
  /** Contestants that could not run, and why. */
  readonly failures: Record<string, string>;
  isComplete: boolean;
}

const path = join(resultsFolder, 'results.json');

/** All rows' results by name. */
export function readResults(): Record<string, RowResult> {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/** Replaces one row's result. */
export function writeResult(row: string, result: RowResult): void {
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ...readResults(), [row]: result }, null, 1)}\n`);
}
