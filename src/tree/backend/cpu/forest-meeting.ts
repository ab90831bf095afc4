/**
 * Finds the splits of many nodes of a forest at once, on ranks that hold a part of the rows each:
 *
 *   1 every rank sums its rows of each node; the sums are added up
 *   2 every rank builds the histograms of the features that each node looks at, node behind node
 *   3 exchange: a rank receives its slice of all (node, feature) pairs, adds it up and scans it
 *   4 allgather: every rank gets the candidates, and chooses the same one for each node
 *
 * A node whose features bring no split goes round again with further ones. Three meetings serve as many nodes
 * as fit the memory set apart for histograms.
 */
import { type Awaitable, isPromise } from '../../../base/awaitable.ts';
import { entryWords, type ForestSetting } from './forest-plan.ts';
import type { ForestSearch, SearchCounters, SearchParts } from './forest-search.ts';
import type { MemoryViews } from './memory-views.ts';

/** Who adds up a rank's rows: its own thread, or the device of its process. */
export interface MeetingRows {
  /** Sums of the nodes over all ranks, node behind node. */
  totals(batch: readonly number[]): Awaitable<BigInt64Array>;
  /** Adds this rank's rows of a node to a histogram that is clear: of the features that were just drawn. */
  add(node: number, numChosen: number, histogram: number): void;
  /** Returns when all histograms are added up. */
  finish(): Awaitable<void>;
  /** Tells of a split; what is found of it is at hand. */
  tookSplit(node: number, best: number): void;
}

/** What ranks that meet need besides. */
export interface MeetingParts extends SearchParts {
  readonly views: MemoryViews;
  readonly setting: ForestSetting;
  /** Where the plan's kernels list the chosen features. */
  readonly chosen: number;
  /** Bytes of what is found of a node; there is room for `maxNodes` of them, and of histograms. */
  readonly nodeBytes: number;
  readonly histogramBytes: number;
  readonly maxNodes: number;
  /** Left out where each rank adds up its own rows. */
  readonly adder?: MeetingRows;
}

/** A feature that a node looks at. */
interface Pair {
  /** Place of the node in the round, and of the feature among those chosen. */
  readonly at: number;
  readonly chosen: number;
  /** Where its entries begin behind the first histogram. */
  readonly begin: number;
}

/** Nodes in search, with the features that they look at in this round. */
interface Round {
  readonly nodes: readonly number[];
  readonly pairs: readonly Pair[];
  /** Pairs [bounds[r], bounds[r + 1]) are rank r's. */
  readonly bounds: readonly number[];
  readonly numBytes: number;
}

/** See the header. */
export class MeetingSearch implements ForestSearch {
  readonly isTogether = true;
  readonly counters: SearchCounters = { histogramRows: 0, featuresDecided: 0 };
  readonly #p: MeetingParts;
  readonly #adder: MeetingRows;
  readonly #totalsBytes: number;
  /** Bytes that ranks tell each other of a node: all but its totals. */
  readonly #candidateBytes: number;

  constructor(parts: MeetingParts) {
    this.#p = parts;
    this.#adder = parts.adder ?? new OwnRows(parts);
    this.#totalsBytes = 8 * entryWords(parts.setting);
    this.#candidateBytes = parts.nodeBytes - this.#totalsBytes;
  }

  async search(
    found: readonly number[],
    wantsSplits: boolean,
    onSplit: (node: number, best: number) => void,
  ): Promise<void> {
    const { maxNodes } = this.#p;
    for (let from = 0; from < found.length; from += maxNodes) {
      const batch = found.slice(from, from + maxNodes);
      await this.#sumUp(batch);
      if (!wantsSplits) continue;
      let pending = batch.filter(
        (_, i) => this.#p.kernels.maySplit(this.#p.plan, this.#best(i)) === 1,
      );
      const places = new Map(batch.map((node, i) => [node, i]));
      for (let attempt = 0; pending.length > 0; attempt++) {
        this.#p.collective.checkAborted();
        pending = await this.#goRound(pending, places, attempt, onSplit);
      }
    }
  }

  #best(place: number): number {
    return this.#p.best + place * this.#p.nodeBytes;
  }

  async #sumUp(batch: readonly number[]): Promise<void> {
    const { kernels, findings, plan, setting, views } = this.#p;
    const words = entryWords(setting);
    const sums = await this.#adder.totals(batch);
    batch.forEach((node, i) => {
      const best = this.#best(i);
      views.i64.set(sums.subarray(words * i, words * (i + 1)), best / 8 + 8);
      kernels.weighNode(plan, best);
      findings.takeTotals(node, best);
    });
  }

  /** Returns the nodes that have found no split and have features left. */
  async #goRound(
    pending: readonly number[],
    places: ReadonlyMap<number, number>,
    attempt: number,
    onSplit: (node: number, best: number) => void,
  ): Promise<number[]> {
    const { collective, kernels, plan, findings } = this.#p;
    const round = await this.#build(pending, attempt);
    if (round.nodes.length === 0) return [];
    await this.#exchange(round);
    const own = this.#scan(round, places, attempt);
    this.#combine(round, places, await collective.allgather(own));
    const open: number[] = [];
    for (const node of round.nodes) {
      const best = this.#best(places.get(node) as number);
      if (kernels.isEnough(plan, best) === 0) {
        open.push(node);
        continue;
      }
      findings.takeSplit(node, best);
      this.#adder.tookSplit(node, best);
      onSplit(node, best);
    }
    return open;
  }

  /** Draws features and adds this rank's rows; nodes without features left drop out. */
  async #build(pending: readonly number[], attempt: number): Promise<Round> {
    const { kernels, collective, nodes, plan, histogram, histogramBytes, views } = this.#p;
    const kept: number[] = [];
    const pairs: Pair[] = [];
    for (const node of pending) {
      const numChosen = kernels.drawFeatures(plan, nodes.key[node] as number, attempt);
      if (numChosen === 0) continue;
      const offset = kept.length * histogramBytes;
      kernels.clearBytes(histogram + offset, histogramBytes);
      this.#adder.add(node, numChosen, histogram + offset);
      this.counters.histogramRows += nodes.count[node] as number;
      for (let c = 0; c < numChosen; c++) {
        const firstEntry = views.u32[this.#p.chosen / 4 + 8 * c + 3] as number;
        const begin = offset + firstEntry * 8 * entryWords(this.#p.setting);
        pairs.push({ at: kept.length, chosen: c, begin });
      }
      kept.push(node);
    }
    const finished = this.#adder.finish();
    if (isPromise(finished)) await finished;
    const { size } = collective;
    const bounds = Array.from({ length: size + 1 }, (_, r) =>
      Math.floor((pairs.length * r) / size),
    );
    return { nodes: kept, pairs, bounds, numBytes: kept.length * histogramBytes };
  }

  /** Adds every rank's entries of this rank's pairs into its own histograms. */
  async #exchange({ pairs, bounds, numBytes }: Round): Promise<void> {
    const { collective, kernels, histogram, views } = this.#p;
    const bytes = Float64Array.from(bounds, (pair) => pairs[pair]?.begin ?? numBytes);
    const parts = await collective.exchange([{ address: histogram, bounds: bytes }]);
    views.refresh();
    const from = bytes[collective.rank] as number;
    const length = (bytes[collective.rank + 1] as number) - from;
    parts[0]?.forEach((part, rank) => {
      if (rank !== collective.rank && length > 0) {
        kernels.addInt64(histogram + from, part, length);
      }
    });
  }

  /** Scans this rank's pairs; returns what it found of each node that it has pairs of. */
  #scan(round: Round, places: ReadonlyMap<number, number>, attempt: number): Uint8Array {
    const { kernels, collective, nodes, plan, histogram, histogramBytes, views } = this.#p;
    const mine = runsOf(round, collective.rank);
    const out = new Uint8Array(mine.length * this.#candidateBytes);
    mine.forEach(({ at, from, to }, i) => {
      const node = round.nodes[at] as number;
      const key = nodes.key[node] as number;
      const best = this.#best(places.get(node) as number);
      kernels.drawFeatures(plan, key, attempt);
      nodes.bounds?.place(node);
      kernels.scanNode(plan, key, from, to, histogram + at * histogramBytes, 0, best);
      this.counters.featuresDecided += to - from;
      const rest = best + 64 + this.#totalsBytes;
      out.set(views.u8.subarray(best, best + 64), i * this.#candidateBytes);
      out.set(
        views.u8.subarray(rest, rest + this.#candidateBytes - 64),
        i * this.#candidateBytes + 64,
      );
    });
    return out;
  }

  /** The best candidate of each node, written where a rank alone would have left it. */
  #combine(
    round: Round,
    places: ReadonlyMap<number, number>,
    gathered: readonly Uint8Array[],
  ): void {
    const candidates: { at: number; view: DataView }[] = gathered.flatMap((bytes, rank) =>
      runsOf(round, rank).map(({ at }, i) => {
        const from = bytes.byteOffset + i * this.#candidateBytes;
        return { at, view: new DataView(bytes.buffer, from, this.#candidateBytes) };
      }),
    );
    const { u8, f64, i32 } = this.#p.views;
    round.nodes.forEach((node, at) => {
      const views = candidates.filter((found) => found.at === at).map(({ view }) => view);
      const { winner, runnerUpGain, runnerUpPlace } = chooseCandidate(views);
      const best = this.#best(places.get(node) as number);
      const bytes = new Uint8Array(winner.buffer, winner.byteOffset, this.#candidateBytes);
      u8.set(bytes.subarray(0, 64), best);
      u8.set(bytes.subarray(64), best + 64 + this.#totalsBytes);
      f64[best / 8 + 4] = runnerUpGain;
      i32[best / 4 + 10] = runnerUpPlace;
    });
  }
}

/** Each rank adds up the rows in its buffers. */
class OwnRows implements MeetingRows {
  readonly #p: MeetingParts;

  constructor(parts: MeetingParts) {
    this.#p = parts;
  }

  async totals(batch: readonly number[]): Promise<BigInt64Array> {
    const { kernels, collective, nodes, rows, plan, setting, views, best, nodeBytes } = this.#p;
    const words = entryWords(setting);
    const sums = new BigInt64Array(words * batch.length);
    batch.forEach((node, i) => {
      const at = best + i * nodeBytes;
      kernels.nodeTotals(plan, rows.address(nodes, node), nodes.count[node] as number, at);
      sums.set(views.i64.subarray(at / 8 + 8, at / 8 + 8 + words), words * i);
    });
    await collective.allreduce(sums, 'sum');
    return sums;
  }

  add(node: number, numChosen: number, histogram: number): void {
    const { kernels, nodes, rows, plan } = this.#p;
    const count = nodes.count[node] as number;
    kernels.addForestRows(plan, rows.address(nodes, node), count, numChosen, histogram, 0);
  }

  finish(): void {
    // nothing is under way
  }

  tookSplit(): void {
    // sums are taken from the rows
  }
}

/** A rank's pairs as runs of chosen features of one node. */
function runsOf(
  { pairs, bounds }: Round,
  rank: number,
): { at: number; from: number; to: number }[] {
  const runs: { at: number; from: number; to: number }[] = [];
  for (const { at, chosen } of pairs.slice(bounds[rank], bounds[rank + 1])) {
    const last = runs.at(-1);
    if (last?.at === at) last.to = chosen + 1;
    else runs.push({ at, from: chosen, to: chosen + 1 });
  }
  return runs;
}

/** Candidates of one node, in the order of the features drawn: the first of equals wins, and the next runs up. */
function chooseCandidate(views: readonly DataView[]): {
  winner: DataView;
  runnerUpGain: number;
  runnerUpPlace: number;
} {
  let winner = views[0] as DataView;
  for (const view of views) {
    if (view.getFloat64(0, true) > winner.getFloat64(0, true)) winner = view;
  }
  let runnerUpGain = Number.NEGATIVE_INFINITY;
  let runnerUpPlace = -1;
  const consider = (gain: number, place: number): void => {
    if (!(gain > runnerUpGain)) return;
    runnerUpGain = gain;
    runnerUpPlace = place;
  };
  for (const view of views) {
    if (view !== winner) consider(view.getFloat64(0, true), view.getInt32(12, true));
    consider(view.getFloat64(32, true), view.getInt32(40, true));
  }
  return { winner, runnerUpGain, runnerUpPlace };
}
