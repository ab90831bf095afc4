/**
 * Where in the shared memory of a process do the numbers of its rows lie? Every rank computes the same addresses.
 *
 *   4096                                                    | as they were read        |
 *   | labels … keys | tables of binners | records | numbers | labels … states … groups | raw columns
 *   `--------- kept, rows in the order of the ranks -------´ `-- until rows are binned, in the order of the data
 */
import { Arena } from '../../base/arena.ts';
import { maxCategoryValues } from '../../binning/category-dictionary.ts';
import type { IngestJob } from '../messages.ts';
import { binTableBytes } from './bin-rows.ts';
import { numbersOfRow } from './keep-numbers.ts';
import { otherColumns } from './other-numbers.ts';
import { marginPaths } from './read-offsets.ts';
import type { RoleAddresses } from './row-roles.ts';

/** Addresses of what is kept of rows; 0 for what a job has not. */
export interface RowPlaces {
  readonly labels: number;
  readonly otherLabels: readonly number[];
  readonly weights: number;
  /** Offsets, then what an initial model's trees give. */
  readonly margins: readonly number[];
  readonly groups: number;
  readonly positions: number;
  readonly keys: number;
  readonly tables: number;
  readonly records: number;
  readonly numbers: number;
  /** The same columns as they are read. */
  readonly roles: RoleAddresses;
  /** Raw columns begin here. */
  readonly raw: number;
}

/** Plans the memory of a process's rows. */
export function placeRows(job: IngestJob, numRows: number, numLocal: number): RowPlaces {
  const arena = new Arena(4096);
  const labels = arena.allocate(8 * numRows);
  const otherCols = otherColumns(job);
  const otherLabels = otherCols.map(() => arena.allocate(8 * numRows));
  const hasWeights = job.weightCol !== null || job.classWeighting !== null;
  const weights = hasWeights ? arena.allocate(8 * numRows) : 0;
  const margins = marginPaths(job).map(() => arena.allocate(8 * numRows));
  const groups = job.groupCol === null ? 0 : arena.allocate(8 * numRows);
  const positions = job.groupCol === null ? 0 : arena.allocate(4 * numRows);
  const keys = arena.allocate(4 * numRows);
  const tables = arena.allocate(numLocal * tableBytes(job));
  const records = arena.allocate(strideBound(job) * numRows);
  const numbers =
    job.keepsNumbers === true ? arena.allocate(8 * numRows * numbersOfRow(job.features)) : 0;
  const roles: RoleAddresses = {
    labels: arena.allocate(8 * numRows),
    otherLabels: otherCols.map(() => arena.allocate(8 * numRows)),
    weights: job.weightCol === null ? 0 : arena.allocate(8 * numRows),
    keys: arena.allocate(4 * numRows),
    states: arena.allocate(numRows),
    offsets: margins.map(() => arena.allocate(8 * numRows)),
    groups: job.groupCol === null ? 0 : arena.allocate(8 * numRows),
  };
  return {
    ...{ labels, otherLabels, weights, margins, groups, positions, keys },
    ...{ tables, records, numbers, roles, raw: arena.top },
  };
}

/** Bytes of the binner's tables of one rank. */
export function tableBytes(job: IngestJob): number {
  const hasCategories = job.features.some((source) => source.kind === 'category');
  const bytes = binTableBytes(job.features.length, hasCategories ? 4 * maxCategoryValues : 0);
  return Math.ceil(bytes / 64) * 64;
}

/** No record is longer than this: two bytes a category, one a number, the slot and padding. */
function strideBound(job: IngestJob): number {
  const bytes = job.features.reduce((sum, source) => sum + (source.kind === 'category' ? 2 : 1), 0);
  const slot = Math.max(8, 4 * (2 + (job.otherLabels ?? []).length));
  return Math.ceil((bytes + 1 + slot) / 8) * 8;
}
