/**
 * All rows of a gang in every process, for work that would meet over and over if each had only its own: a forest's
 * trees are grown apart then. Binned rows are small (some forty bytes for 28 features), and travel once.
 *
 *   before  process 0 | r0 r1 r2 |   process 1 | r3 r4 |
 *   after   both      | r0 r1 r2 r3 r4 |                   behind `free`, in the order of the processes
 *
 * Each array is sent in pieces, a meeting each; the first rank of a process sends them and lays down what comes.
 */
import { Arena } from '../../base/arena.ts';
import type { OutgoingMessage } from '../../cluster/collective.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankEnvironment } from '../rank-environment.ts';

/** Most bytes that a process receives in a meeting. */
const mostReceived = 64 << 20;

/** How many rows each process has, and those before this one. */
export interface ProcessRows {
  readonly counts: readonly number[];
  readonly before: number;
}

/** Every process's training rows. */
export async function rowsOfProcesses(
  environment: RankEnvironment,
  { train }: IngestedRows,
): Promise<ProcessRows> {
  const { collective } = environment;
  const { firstRanks } = collective;
  const own = new Uint8Array(Float64Array.of(train.numProcess).buffer);
  const all = await environment.wait(collective.allgather(own));
  const counts = firstRanks
    .slice(0, -1)
    .map((first) => new DataView((all[first] as Uint8Array).slice().buffer).getFloat64(0, true));
  return {
    counts,
    before: counts.slice(0, environment.process).reduce((sum, count) => sum + count, 0),
  };
}

/** The rows as they will be, with room for those of all processes behind `rows.free`. */
export function planGathered(rows: IngestedRows, { before }: ProcessRows): IngestedRows {
  const { train, layout } = rows;
  const arena = new Arena(rows.free);
  return {
    ...rows,
    train: { ...train, start: before + train.start, numProcess: train.numAll },
    labels: arena.allocate(8 * train.numAll),
    otherLabels: rows.otherLabels.map(() => arena.allocate(8 * train.numAll)),
    weights: rows.weights === 0 ? 0 : arena.allocate(8 * train.numAll),
    keys: arena.allocate(4 * train.numAll),
    records: arena.allocate(layout.stride * train.numAll),
    free: arena.top,
  };
}

/** Fills what was planned; its memory is reserved, and all ranks of all processes call it. */
export async function gatherRows(
  environment: RankEnvironment,
  own: IngestedRows,
  gathered: IngestedRows,
  sizes: ProcessRows,
): Promise<void> {
  const { stride } = own.layout;
  const arrays = [
    { from: own.labels, to: gathered.labels, rowBytes: 8 },
    ...own.otherLabels.map((from, k) => {
      return { from, to: gathered.otherLabels[k] as number, rowBytes: 8 };
    }),
    { from: own.weights, to: gathered.weights, rowBytes: own.weights === 0 ? 0 : 8 },
    { from: own.keys, to: gathered.keys, rowBytes: 4 },
    { from: own.records, to: gathered.records, rowBytes: stride },
  ].filter(({ rowBytes }) => rowBytes > 0);
  // every rank has written its rows' slots
  await environment.wait(environment.collective.barrier());
  for (const array of arrays) await gatherArray(environment, array, sizes);
  await environment.wait(environment.collective.barrier());
}

/** A column of rows: where this process's are, and where all will be. */
interface RowArray {
  readonly from: number;
  readonly to: number;
  readonly rowBytes: number;
}

async function gatherArray(
  environment: RankEnvironment,
  { from, to, rowBytes }: RowArray,
  { counts, before }: ProcessRows,
): Promise<void> {
  const { collective, localIndex, memory } = environment;
  const { firstRanks } = collective;
  const numProcesses = counts.length;
  const count = counts[environment.process] as number;
  const pieceRows = Math.max(1, Math.floor(mostReceived / (numProcesses - 1) / rowBytes));
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const starts = counts.map((_, p) => counts.slice(0, p).reduce((sum, each) => sum + each, 0));
  if (localIndex === 0) {
    const bytes = new Uint8Array(memory.buffer);
    bytes.copyWithin(to + before * rowBytes, from, from + count * rowBytes);
  }
  for (let piece = 0; piece < most; piece += pieceRows) {
    const sent = Math.max(0, Math.min(pieceRows, count - piece));
    const messages: OutgoingMessage[] = [];
    for (let rank = 0; rank < collective.size && localIndex === 0; rank++) {
      if (collective.localRanks.includes(rank)) continue;
      const bytes = firstRanks.includes(rank) ? sent * rowBytes : 0;
      messages.push({ to: rank, address: from + piece * rowBytes, bytes });
    }
    const received = await environment.wait(collective.scatter(messages));
    if (localIndex > 0) continue;
    const all = new Uint8Array(memory.buffer);
    for (const { process: sender, address, bytes } of received) {
      const row = (starts[sender] as number) + piece;
      all.copyWithin(to + row * rowBytes, address, address + bytes);
    }
  }
}
