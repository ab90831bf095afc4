/** Rows of groups while a rank's lists are made: one column a property, and the order that lists have. */
import { mix32 } from '../../base/rng.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** The rows that lists are made of. */
export type GroupedRows = Pick<
  IngestedRows,
  'labels' | 'otherLabels' | 'weights' | 'groups' | 'keys' | 'positions' | 'train'
>;

/** Columns of equal length. */
export interface EntryTable {
  /** Which of several sets of rows it belongs to; groups of two sets are two, whatever they are called. */
  readonly set: Uint32Array;
  /** The group's 64 bits. */
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly key: Uint32Array;
  /** Where the row stands in the table. */
  readonly position: Float64Array;
  readonly label: Float64Array;
  readonly weight: Float64Array;
  /** The place that the row was shown at; 0 where places add nothing. */
  readonly shownAt: Uint32Array;
  /** The process's row, or −1 for a row of another process. */
  readonly row: Int32Array;
  /** The rank that told of a row of another process, and where in what it told. */
  readonly rank: Uint32Array;
  readonly place: Uint32Array;
}

/** A table of zeros. */
export function newEntries(length: number): EntryTable {
  return {
    set: new Uint32Array(length),
    low: new Uint32Array(length),
    high: new Uint32Array(length),
    key: new Uint32Array(length),
    position: new Float64Array(length),
    label: new Float64Array(length),
    weight: new Float64Array(length),
    shownAt: new Uint32Array(length),
    row: new Int32Array(length),
    rank: new Uint32Array(length),
    place: new Uint32Array(length),
  };
}

/** The group of an entry as one value. */
export function groupOf(table: Pick<EntryTable, 'low' | 'high'>, entry: number): bigint {
  return (BigInt(table.high[entry] as number) << 32n) | BigInt(table.low[entry] as number);
}

/** Entries by set and group, then by the row's key, then by its position. */
export function sortedEntries(table: EntryTable): Uint32Array {
  const { set, low, high, key, position } = table;
  const order = Uint32Array.from(low, (_, i) => i);
  return order.sort((a, b) => {
    const bySet = (set[a] as number) - (set[b] as number);
    if (bySet !== 0) return bySet;
    const byHigh = (high[a] as number) - (high[b] as number);
    if (byHigh !== 0) return byHigh;
    const byLow = (low[a] as number) - (low[b] as number);
    if (byLow !== 0) return byLow;
    const byKey = (key[a] as number) - (key[b] as number);
    return byKey !== 0 ? byKey : (position[a] as number) - (position[b] as number);
  });
}

/** These entries, in this order. */
export function pickEntries(table: EntryTable, entries: Uint32Array): EntryTable {
  const picked = newEntries(entries.length);
  for (const name of Object.keys(picked) as (keyof EntryTable)[]) {
    const from = table[name];
    const to = picked[name];
    for (let i = 0; i < entries.length; i++) to[i] = from[entries[i] as number] as number;
  }
  return picked;
}

/** One table behind another. */
export function joinEntries(first: EntryTable, second: EntryTable): EntryTable {
  const joined = newEntries(first.row.length + second.row.length);
  for (const name of Object.keys(joined) as (keyof EntryTable)[]) {
    joined[name].set(first[name]);
    joined[name].set(second[name], first.row.length);
  }
  return joined;
}

/** The rows of this process whose groups this rank looks after, sorted. @param setOf the set of each row of the part */
export function ownEntries(
  environment: RankEnvironment,
  rows: GroupedRows,
  { part, setOf }: { readonly part: RankRows; readonly setOf: Uint8Array | null },
  firstPosition: number,
): EntryTable {
  const { numLocal, localIndex } = environment;
  // the process's training rows come first, its validation rows behind them
  const first = part === rows.train ? 0 : rows.train.numProcess;
  const numRows = part.numProcess;
  const groups = environment.u32(rows.groups + 8 * first, 2 * numRows);
  const keys = environment.u32(rows.keys + 4 * first, numRows);
  const positions = environment.u32(rows.positions + 4 * first, numRows);
  const labels = environment.f64(rows.labels + 8 * first, numRows);
  const weights = rows.weights === 0 ? null : environment.f64(rows.weights + 8 * first, numRows);
  const [places] = rows.otherLabels;
  const shownAt = places === undefined ? null : environment.f64(places + 8 * first, numRows);
  const isOwn = (i: number): boolean =>
    mix32((groups[2 * i] as number) ^ mix32(groups[2 * i + 1] as number)) % numLocal === localIndex;
  let count = 0;
  for (let i = 0; i < numRows; i++) if (isOwn(i)) count += 1;
  const table = newEntries(count);
  let at = 0;
  for (let i = 0; i < numRows; i++) {
    if (!isOwn(i)) continue;
    table.set[at] = setOf === null ? 0 : (setOf[i] as number);
    table.low[at] = groups[2 * i] as number;
    table.high[at] = groups[2 * i + 1] as number;
    table.key[at] = keys[i] as number;
    table.position[at] = firstPosition + (positions[i] as number);
    table.label[at] = labels[i] as number;
    table.weight[at] = weights === null ? 1 : (weights[i] as number);
    table.shownAt[at] = shownAt === null ? 0 : (shownAt[i] as number);
    table.row[at] = first + i;
    at += 1;
  }
  return pickEntries(table, sortedEntries(table));
}
