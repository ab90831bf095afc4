/**
 * Holds rows out of the training rows, to stop on them: rows whose hash falls into one of several folds become
 * validation rows, the others stay. Whole groups are held out where rows have groups. A row's fold hangs on the
 * seed and its key (or its group), never on the rank that holds it.
 *
 * Labels, further numbers, weights, offsets, initial scores, groups, positions, keys, records and numbers are copied behind one another, so that
 * what trains on the result sees rows like any others:
 *
 *   | … | labels weights offsets scores groups positions keys records | free
 *         ↑ base; in each array training rows first, as ingest lays them out
 */
import { Arena } from '../../base/arena.ts';
import { mix32 } from '../../base/rng.ts';
import { dealRows } from '../ingest/deal-rows.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { numbersOfRow } from '../ingest/keep-numbers.ts';
import type { RowRuns } from '../ingest/shard-rows.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** One of several folds of the rows. */
export interface Fold {
  readonly index: number;
  readonly numFolds: number;
  /** Rows fall into folds by the hash of this key and their own. */
  readonly key: number;
}

/** Bytes that the copies take, at most. */
export function holdOutBytes(rows: IngestedRows): number {
  return planCopies(rows, 0).free;
}

/** The rows with those of a fold held out. @param base the copies begin here; memory is reserved */
export async function holdOut(
  environment: RankEnvironment,
  rows: IngestedRows,
  fold: Fold,
  base: number,
): Promise<IngestedRows> {
  const order = sortByFold(environment, rows, fold);
  const dealt = await dealRows(environment, order.numTrain, order.rows.length - order.numTrain);
  const copies = planCopies(rows, base);
  const parts = [
    { from: order.rows.subarray(0, order.numTrain), to: dealt.train.start },
    { from: order.rows.subarray(order.numTrain), to: dealt.validation.start },
  ];
  const first = rows.train.start;
  for (const { from, to } of parts) {
    const copy = (source: number, target: number, words: number): void =>
      copyWords(environment, from, {
        source: source + 4 * words * first,
        target: target + 4 * words * to,
        words,
      });
    copy(rows.labels, copies.labels, 2);
    copy(rows.keys, copies.keys, 1);
    copy(rows.records, copies.records, rows.layout.stride / 4);
    if (rows.numbers !== 0) {
      copy(rows.numbers, copies.numbers, 2 * numbersOfRow(rows.features));
    }
    if (rows.weights !== 0) copy(rows.weights, copies.weights, 2);
    if (rows.groups !== 0) {
      copy(rows.groups, copies.groups, 2);
      copy(rows.positions, copies.positions, 1);
    }
    rows.otherLabels.forEach((source, k) => {
      copy(source, copies.otherLabels[k] as number, 2);
    });
    rows.offsets.forEach((source, k) => {
      copy(source, copies.offsets[k] as number, 2);
    });
    rows.initialScores.forEach((source, k) => {
      copy(source, copies.initialScores[k] as number, 2);
    });
  }
  const runs = { trainRuns: noRuns, validationRuns: noRuns };
  const { start, count } = dealt.validation;
  const validationSets = [{ name: `heldOut${fold.index + 1}`, start, count }];
  return { ...rows, ...dealt, ...copies, ...runs, validationSets };
}

/** All rows of the process as one rank's: for a rank that works alone. */
export function rowsOfProcess(rows: IngestedRows): IngestedRows {
  const { train, validation } = rows;
  return {
    ...rows,
    train: { ...train, start: 0, count: train.numProcess },
    validation: { ...validation, start: train.numProcess, count: validation.numProcess },
  };
}

/** Copies stand nowhere in the user's tables. */
const noRuns: RowRuns = { starts: new Uint32Array(0), counts: new Uint32Array(0), numRows: 0 };

/** This rank's rows, counted from its first: those that stay, ascending, then those held out. */
function sortByFold(
  environment: RankEnvironment,
  { train, keys, groups }: IngestedRows,
  fold: Fold,
): { rows: Uint32Array; numTrain: number } {
  const { start, count } = train;
  const own = environment.u32(keys + 4 * start, count);
  const words = groups === 0 ? null : environment.u32(groups + 8 * start, 2 * count);
  const order = new Uint32Array(count);
  let numTrain = 0;
  let numHeld = 0;
  for (let i = 0; i < count; i++) {
    const key =
      words === null
        ? (own[i] as number)
        : mix32((words[2 * i] as number) ^ mix32((words[2 * i + 1] as number) ^ 0x51ed270b));
    const place = Math.floor((mix32(key ^ fold.key) / 4294967296) * fold.numFolds);
    if (place === fold.index) {
      numHeld += 1;
      order[count - numHeld] = i;
    } else {
      order[numTrain] = i;
      numTrain += 1;
    }
  }
  order.subarray(numTrain).reverse();
  return { rows: order, numTrain };
}

function planCopies(rows: IngestedRows, base: number) {
  const numRows = rows.train.numProcess;
  const arena = new Arena(base);
  const labels = arena.allocate(8 * numRows);
  const otherLabels = rows.otherLabels.map(() => arena.allocate(8 * numRows));
  const weights = rows.weights === 0 ? 0 : arena.allocate(8 * numRows);
  const offsets = rows.offsets.map(() => arena.allocate(8 * numRows));
  const initialScores = rows.initialScores.map(() => arena.allocate(8 * numRows));
  const groups = rows.groups === 0 ? 0 : arena.allocate(8 * numRows);
  const positions = rows.groups === 0 ? 0 : arena.allocate(4 * numRows);
  const keys = arena.allocate(4 * numRows);
  const records = arena.allocate(rows.layout.stride * numRows);
  const width = rows.numbers === 0 ? 0 : numbersOfRow(rows.features);
  const numbers = width === 0 ? 0 : arena.allocate(8 * numRows * width);
  const margins = { offsets, initialScores };
  const columns = { labels, otherLabels, weights, groups, positions, keys, records, numbers };
  return { ...margins, ...columns, free: arena.top };
}

/** Copies the chosen rows of so many words each behind one another. */
function copyWords(
  environment: RankEnvironment,
  rows: Uint32Array,
  { source, target, words }: { source: number; target: number; words: number },
): void {
  const { memory } = environment;
  // words of 32 bits: a float64 read and written may lose the bits of a NaN
  const all = new Uint32Array(memory.buffer);
  const from = source / 4;
  let to = target / 4;
  for (const row of rows) {
    const at = from + row * words;
    for (let w = 0; w < words; w++) all[to + w] = all[at + w] as number;
    to += words;
  }
}
