/**
 * The groups of rows that a rank looks after. A group is looked after as a whole by one rank of each process that
 * holds rows of it, whichever ranks hold them: ranks of a process read each other's scores where they lie. Where a
 * group's rows lie in several processes, their scores are sent to all of them in every round, and each process works
 * out the same numbers and keeps those of its own rows.
 *
 * Groups are in the order of their ids, rows of a group in the order of their keys (then of their positions), so
 * that nothing hangs on which rank or process holds what.
 */
import type { ValidationSet } from '../ingest/prepared-rows.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import {
  type EntryTable,
  type GroupedRows,
  groupOf,
  joinEntries,
  newEntries,
  ownEntries,
  pickEntries,
  sortedEntries,
} from './entry-table.ts';

/** A rank's groups of training or of validation rows; entries are rows, group by group. */
export interface GroupLists {
  /** Group g has entries [starts[g], starts[g + 1]). */
  readonly starts: Uint32Array;
  /** The set of validation rows that each group belongs to; of training rows 0. */
  readonly sets: Uint32Array;
  /** The process's row of each entry, or −1 for a row of another process. */
  readonly rowOf: Int32Array;
  /** What random draws of each entry's row hang on. */
  readonly keys: Uint32Array;
  readonly labels: Float64Array;
  readonly weights: Float64Array;
  /** The place that each entry was shown at. */
  readonly shownAt: Uint32Array;
  /** One byte a group: 1 where this rank, and no other, counts it. */
  readonly isCounted: Uint8Array;
  /** What crosses in every round; null where every group lies in one process. */
  readonly shared: SharedRows | null;
}

/** Rows of groups that lie in several processes. */
interface SharedRows {
  /** Rows of this process whose scores this rank sends. */
  readonly sent: Int32Array;
  /** Entries of other processes: which rank sends the score, and where in what it sends. */
  readonly entries: Uint32Array;
  readonly ranks: Uint32Array;
  readonly places: Uint32Array;
}

/**
 * Makes the lists of a part.
 *
 * @param sets that this rank's rows of the part fall into
 * @param firstPosition the position of the process's first row
 */
export async function listGroups(
  environment: RankEnvironment,
  rows: GroupedRows,
  { part, sets }: { readonly part: RankRows; readonly sets: readonly ValidationSet[] },
  firstPosition: number,
): Promise<GroupLists> {
  const { collective } = environment;
  const setOf = sets.length > 1 ? await setsOfProcess(environment, rows, part, sets) : null;
  const own = ownEntries(environment, rows, { part, setOf }, firstPosition);
  const isAlone = collective.localRanks.length === collective.size;
  if (isAlone) return listsOf(own, () => true, null);
  const ranksOf = await ranksByGroup(environment, own);
  const isFirst = (group: bigint): boolean => ranksOf.get(group)?.[0] === collective.rank;
  // known alike by every rank
  const crosses = [...ranksOf.values()].some((ranks) => ranks.length > 1);
  if (!crosses) return listsOf(own, isFirst, null);
  const isShared = (group: bigint): boolean => (ranksOf.get(group)?.length ?? 1) > 1;
  const shared = Uint32Array.from(own.row.keys()).filter((entry) => isShared(groupOf(own, entry)));
  const sent = pickEntries(own, shared);
  const all = joinEntries(own, await entriesOfOthers(environment, sent));
  return listsOf(pickEntries(all, sortedEntries(all)), isFirst, sent.row);
}

function listsOf(
  entries: EntryTable,
  isCounted: (group: bigint) => boolean,
  sent: Int32Array | null,
): GroupLists {
  const { set, low, high, row } = entries;
  const starts: number[] = row.length === 0 ? [] : [0];
  for (let e = 1; e < row.length; e++) {
    const isSameGroup = low[e] === low[e - 1] && high[e] === high[e - 1];
    if (!isSameGroup || set[e] !== set[e - 1]) starts.push(e);
  }
  const counted = Uint8Array.from(starts, (at) => (isCounted(groupOf(entries, at)) ? 1 : 0));
  const foreign = Uint32Array.from(row.keys()).filter((e) => (row[e] as number) < 0);
  return {
    starts: Uint32Array.from([...starts, row.length]),
    sets: Uint32Array.from(starts, (at) => set[at] as number),
    rowOf: row,
    keys: entries.key,
    labels: entries.label,
    weights: entries.weight,
    shownAt: entries.shownAt,
    isCounted: counted,
    shared:
      sent === null
        ? null
        : {
            sent,
            entries: foreign,
            ranks: foreign.map((e) => entries.rank[e] as number),
            places: foreign.map((e) => entries.place[e] as number),
          },
  };
}

/** The set of each of the process's rows of a part: every rank knows its own. */
async function setsOfProcess(
  environment: RankEnvironment,
  rows: GroupedRows,
  part: RankRows,
  sets: readonly ValidationSet[],
): Promise<Uint8Array> {
  const { collective } = environment;
  const own = Float64Array.from(sets.flatMap(({ start, count }) => [start, count]));
  const all = await environment.wait(collective.allgather(new Uint8Array(own.buffer)));
  const first = part === rows.train ? 0 : rows.train.numProcess;
  const setOf = new Uint8Array(part.numProcess);
  for (const rank of collective.localRanks) {
    const runs = new Float64Array((all[rank] as Uint8Array).slice().buffer);
    for (let set = 0; set < sets.length; set++) {
      const start = (runs[2 * set] as number) - first;
      setOf.fill(set, start, start + (runs[2 * set + 1] as number));
    }
  }
  return setOf;
}

/** Which ranks look after each group, ascending. */
async function ranksByGroup(
  environment: RankEnvironment,
  own: EntryTable,
): Promise<Map<bigint, number[]>> {
  const groups = new Set<bigint>();
  for (let e = 0; e < own.row.length; e++) groups.add(groupOf(own, e));
  const bytes = new Uint8Array(BigUint64Array.from(groups).buffer);
  const all = await environment.wait(environment.collective.allgather(bytes));
  const found = new Map<bigint, number[]>();
  all.forEach((theirs, rank) => {
    for (const group of new BigUint64Array(theirs.slice().buffer)) {
      const ranks = found.get(group);
      if (ranks === undefined) found.set(group, [rank]);
      else ranks.push(rank);
    }
  });
  return found;
}

const sentColumns = [
  ...(['set', 'low', 'high', 'key', 'position', 'label', 'weight', 'shownAt'] as const),
];

/** What ranks of other processes tell of rows in this rank's groups. */
async function entriesOfOthers(
  environment: RankEnvironment,
  sent: EntryTable,
): Promise<EntryTable> {
  const { collective } = environment;
  const width = sentColumns.length;
  const numSent = sent.row.length;
  const values = new Float64Array(width * numSent);
  sentColumns.forEach((name, c) => {
    for (let e = 0; e < numSent; e++) values[width * e + c] = sent[name][e] as number;
  });
  const own = new Set(Array.from({ length: numSent }, (_, e) => groupOf(sent, e)));
  const all = await environment.wait(collective.allgather(new Uint8Array(values.buffer)));
  let found = newEntries(0);
  all.forEach((bytes, rank) => {
    if (collective.localRanks.includes(rank)) return;
    const theirs = new Float64Array(bytes.slice().buffer);
    const table = newEntries(theirs.length / width);
    sentColumns.forEach((name, c) => {
      for (let e = 0; e < table.row.length; e++) table[name][e] = theirs[width * e + c] as number;
    });
    table.row.fill(-1);
    table.rank.fill(rank);
    table.place.forEach((_, e) => {
      table.place[e] = e;
    });
    const wanted = Uint32Array.from(table.row.keys()).filter((e) => own.has(groupOf(table, e)));
    found = joinEntries(found, pickEntries(table, wanted));
  });
  return found;
}

/** The scores of all entries as they are now; every rank calls it, when all scores are written. */
export async function gatherScores(
  environment: RankEnvironment,
  { rowOf, shared }: GroupLists,
  scores: Float64Array,
  out: Float64Array,
): Promise<void> {
  for (let e = 0; e < rowOf.length; e++) {
    const row = rowOf[e] as number;
    if (row >= 0) out[e] = scores[row] as number;
  }
  if (shared === null) return;
  const sent = Float64Array.from(shared.sent, (row) => scores[row] as number);
  const all = await environment.wait(environment.collective.allgather(new Uint8Array(sent.buffer)));
  const received = all.map((bytes) => new Float64Array(bytes.slice().buffer));
  for (let i = 0; i < shared.entries.length; i++) {
    const theirs = received[shared.ranks[i] as number] as Float64Array;
    out[shared.entries[i] as number] = theirs[shared.places[i] as number] as number;
  }
}
