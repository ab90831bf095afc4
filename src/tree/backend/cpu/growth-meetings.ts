/**
 * What ranks of several processes tell each other while one kernel grows their tree: the kernel returns where they have
 * to meet (wasm/assembly/grow-elsewhere.ts). The same messages as packed-meeting.ts and split-search.ts send, so it
 * does not matter whether a rank grows its tree by the kernel or split by split.
 */
import { type Awaitable, isPromise } from '../../../base/awaitable.ts';
import { CoppiceError } from '../../../base/errors.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective, IncomingMessage } from '../../../cluster/collective.ts';
import type { LeafKernels } from '../../../kernels/leaf-kernels.ts';
import { checkAgreedSums, withSums } from './agreed-sums.ts';
import type { NodeTotals } from './candidate.ts';
import {
  type GrowAddresses,
  nodeBytes,
  nodeFloat,
  nodeWord,
  planBytes,
  planFloat,
  planWord,
} from './grow-plan.ts';
import { histogramRefusal, sumsRefusal, wrong } from './histogram-refusals.ts';
import type { MessagePlace } from './packed-meeting.ts';

/** What is wrong with a histogram, by the kernel's numbers. */
const refusal = { bytes: 1, feature: 2, rows: 3, count: 4, sums: 5 } as const;

/** What meetings are made of. */
export interface GrowthMeetingsParts {
  readonly kernels: LeafKernels;
  readonly collective: Collective;
  readonly memory: WebAssembly.Memory;
  readonly layout: BinnedLayout;
  readonly at: GrowAddresses;
  /** Those that this rank writes. */
  readonly messages: readonly MessagePlace[];
}

/** See the header. */
export class GrowthMeetings {
  readonly #p: GrowthMeetingsParts;
  #incoming: readonly IncomingMessage[] = [];

  /** Writes into the plan where everything lies; once. */
  constructor(parts: GrowthMeetingsParts) {
    this.#p = parts;
    const { collective, memory, at, messages } = parts;
    const table = new Uint32Array(memory.buffer, at.outgoing, 4 * messages.length);
    table.set(messages.flatMap(({ begin, end, start }) => [begin, end, start, 0]));
    const words = this.#words();
    const numOthers = collective.firstRanks.length - 2;
    words.set([numOthers, collective.size, at.outgoing, messages.length], planWord.numOthers);
    words.set([at.incoming, at.elsewhere, at.gathered], planWord.incoming);
    words[planWord.far] = at.far;
  }

  /** Brings the batch's histograms to those who own their features. */
  bring(): Awaitable<void> {
    const { collective, kernels, memory, at, messages } = this.#p;
    if (collective.localRanks.length > 1) {
      collective.meetLocally();
      kernels.packBuilds(at.plan);
    }
    const table = new Uint32Array(memory.buffer, at.outgoing, 4 * messages.length);
    const outgoing = messages.map(({ to, start }, i) => {
      const bytes = table[4 * i + 3] as number;
      table[4 * i + 3] = 0;
      return { to, address: start, bytes };
    });
    const scattered = collective.scatter(outgoing);
    if (isPromise(scattered)) return scattered.then((incoming) => this.#layIncoming(incoming));
    this.#layIncoming(scattered);
    return undefined;
  }

  /** Tells all ranks what this one has found for the batch. */
  tell(): Awaitable<void> {
    const { collective, memory, at } = this.#p;
    const words = this.#words();
    const bytes = (words[planWord.numFound] as number) * at.foundBytes;
    const found = new Uint8Array(memory.buffer, at.found, bytes).slice();
    const isRoot = words[planWord.numMade] === 1;
    const told = collective.allgather(isRoot ? withSums(found, this.#totalsOf(0)) : found);
    const take = (all: readonly Uint8Array[]): void => {
      if (isRoot) checkAgreedSums(collective, all, bytes);
      this.#layFound(all, isRoot ? bytes + 16 : bytes);
    };
    if (isPromise(told)) return told.then(take);
    take(told);
    return undefined;
  }

  /** Why the kernel refused what came. */
  refusal(): CoppiceError {
    const { collective, layout, memory, at } = this.#p;
    const words = this.#words();
    const what = words[planWord.refused] as number;
    const index = words[planWord.refusedNode] as number;
    const got = new BigInt64Array(memory.buffer, at.plan, planBytes / 8);
    const [first, second] = got.subarray(planFloat.refusedGot) as unknown as [bigint, bigint];
    const node = this.#pathOf(index);
    if (what === refusal.sums) {
      const processes = this.#incoming.map(({ process }) => process);
      const sums = { grad: first, hess: second };
      return sumsRefusal(collective, { node, processes, totals: this.#totalsOf(index), got: sums });
    }
    const { process } = this.#incoming[words[planWord.refusedBy] as number] as IncomingMessage;
    const texts: Readonly<Record<number, () => string>> = {
      [refusal.bytes]: () => wrong.bytes(Number(first)),
      [refusal.feature]: () => wrong.feature(layout.places[Number(first)]?.feature.name ?? ''),
      [refusal.rows]: () => wrong.rows(Number(second), Number(first)),
      [refusal.count]: () => wrong.count(Number(first), second),
    };
    return histogramRefusal(collective, { process, node, what: texts[what]?.() ?? '' });
  }

  #layIncoming(incoming: readonly IncomingMessage[]): void {
    const { memory, at } = this.#p;
    this.#incoming = incoming;
    const table = new Uint32Array(memory.buffer, at.incoming, 2 * incoming.length);
    incoming.forEach(({ address, bytes }, i) => {
      table[2 * i] = address;
      table[2 * i + 1] = bytes;
    });
  }

  #layFound(all: readonly Uint8Array[], bytes: number): void {
    const { memory, at } = this.#p;
    all.forEach((found, rank) => {
      this.#checkFound(found, bytes, rank);
      new Uint8Array(memory.buffer, at.gathered + rank * bytes, bytes).set(found);
    });
    this.#words()[planWord.gatheredBytes] = bytes;
  }

  /** The kernel looks up what is named here. */
  #checkFound(found: Uint8Array, bytes: number, rank: number): void {
    const { collective, layout, at } = this.#p;
    const { byteOffset, length } = found;
    let isSound = length === bytes;
    if (isSound) {
      const view = new DataView(found.buffer, byteOffset, length);
      for (let from = 0; from + at.foundBytes <= length; from += at.foundBytes) {
        isSound &&= view.getInt32(from + 8, true) < layout.places.length;
      }
    }
    if (isSound) return;
    const process = collective.firstRanks.findLastIndex((first) => first <= rank);
    throw new CoppiceError(
      'PROTOCOL',
      `what rank ${rank} of ${collective.nameOf(process)} tells of the best splits must be ${bytes} bytes that name features of the fit; got ${length}; its memory or the connection is at fault`,
      { context: { process } },
    );
  }

  #totalsOf(index: number): NodeTotals {
    const { memory, at } = this.#p;
    const sums = new BigInt64Array(memory.buffer, at.madeNodes + nodeBytes * index, nodeBytes / 8);
    return { grad: sums[nodeFloat.grad] as bigint, hess: sums[nodeFloat.hess] as bigint };
  }

  #pathOf(index: number): string {
    const { memory, at } = this.#p;
    const words = new Int32Array(memory.buffer, at.madeNodes, (nodeBytes / 4) * (index + 1));
    const wordOf = (node: number, word: number): number =>
      words[(nodeBytes / 4) * node + word] as number;
    let path = '';
    for (let node = index; node > 0; ) {
      const parent = wordOf(node, nodeWord.parent);
      path = (wordOf(parent, nodeWord.leftChild) === node ? '0' : '1') + path;
      node = parent;
    }
    return path;
  }

  #words(): Int32Array {
    const { memory, at } = this.#p;
    return new Int32Array(memory.buffer, at.plan, planBytes / 4);
  }
}
