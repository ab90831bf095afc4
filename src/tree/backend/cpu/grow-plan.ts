/**
 * Where everything lies that a tree grown by one kernel reads and writes: a plan of 544 bytes, scratch of the split
 * finders, open leaves, free places of the histogram pool, and the nodes. wasm/assembly/grow-plan.ts has the same
 * offsets and says what each is.
 */
import { Arena } from '../../../base/arena.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { candidateBytes, candidateHeadBytes, categoryScratchBytes } from './candidate.ts';

/** Words of the plan, by their place among its int32. */
export const planWord = {
  master: 0,
  firstRow: 1,
  records: 2,
  ids: 4,
  stride: 6,
  isIndexed: 7,
  slotOffset: 8,
  slotBytes: 9,
  numNarrow: 10,
  numExtras: 11,
  extras: 12,
  numEntries: 13,
  narrow: 14,
  builds: 15,
  isPacked: 16,
  flushRows: 17,
  features: 18,
  numPlaces: 19,
  pool: 20,
  poolSlots: 21,
  histogramBytes: 22,
  mask: 23,
  params: 24,
  totals: 25,
  found: 26,
  order: 27,
  wideFeature: 28,
  numbers: 29,
  sides: 30,
  parts: 31,
  nodes: 32,
  bits: 33,
  bitsBytes: 34,
  heap: 35,
  free: 36,
  maxLeaves: 37,
  maxDepth: 38,
  rootSegment: 39,
  mostWork: 42,
  byLevel: 43,
  numNodes: 46,
  fewRows: 53,
  rowScratch: 54,
  meetings: 62,
  rowStarts: 63,
  numRanks: 64,
  rank: 65,
  growSpan: 66,
  ownSpan: 67,
  firstPlace: 68,
  endPlace: 69,
  sliceStart: 70,
  sliceBytes: 71,
  gate: 72,
  foundBytes: 73,
  batch: 74,
  mostPairs: 75,
  numRows: 76,
  madeNodes: 77,
  madeBits: 78,
  treeNodes: 79,
  treeBits: 80,
  seen: 81,
  generation: 91,
  numMade: 92,
  starts: 94,
  spare: 101,
  hasMarks: 102,
  numOthers: 104,
  numAll: 105,
  outgoing: 106,
  numOutgoing: 107,
  incoming: 108,
  elsewhere: 109,
  gathered: 110,
  gatheredBytes: 111,
  far: 112,
  numFound: 113,
  refused: 116,
  refusedBy: 117,
  refusedNode: 118,
  windowRows: 122,
  frontier: 123,
  entryRows: 130,
  leafOf: 132,
} as const;

/** Its float64, by their place among those. */
export const planFloat = {
  minInfoGain: 22,
  histogramRows: 28,
  featuresDecided: 29,
  leastGain: 30,
  expectedGain: 41,
  leastAhead: 57,
  refusedGot: 60,
  splitCost: 63,
  rowCost: 64,
} as const;

/** Of the gate where ranks wait (wasm/assembly/gang-gate.ts), by their places among its int32. */
export const gateWord = { generation: 0, sleepers: 1 } as const;

/** A node: its int32, and its float64 and int64, by their places among those. */
export const nodeWord = {
  parent: 0,
  leftChild: 1,
  place: 2,
  bin: 3,
  flags: 4,
  runnerUp: 5,
  count: 18,
  rows: 26,
} as const;
export const nodeFloat = {
  gain: 3,
  runnerUpGain: 4,
  grad: 5,
  hess: 6,
  cover: 7,
  value: 11,
} as const;
export const nodeBytes = 112;
export const planBytes = 544;
/** Whatever is written at the gate is all zero in the beginning. */
export const gateBytes = 128;

/** Room for the sides of the widest feature. */
const sidesBytes = 65_536 + 64;

/** Nodes of more rows than this have histograms. */
export const mostFewRows = 512;
/** Sums of 256 bins, a byte for each of them, and what each row adds. */
export const rowScratchBytes = 16 * 256 + 256 + 16 * mostFewRows;

/** Addresses of a plan and what it points to. */
export interface GrowAddresses {
  /** That of the first rank is everybody's. */
  readonly gate: number;
  readonly plan: number;
  readonly params: number;
  readonly totals: number;
  readonly parts: number;
  /** What leaves are settled with. */
  readonly settling: number;
  readonly mask: number;
  readonly found: number;
  readonly foundBytes: number;
  readonly order: number;
  readonly wideFeature: number;
  readonly numbers: number;
  /** Where rows are added up that get no histogram (wasm/assembly/grow-rows.ts): 0 at first, but for the last part. */
  readonly rowScratch: number;
  readonly sides: number;
  readonly heap: number;
  readonly free: number;
  readonly batch: number;
  readonly seen: number;
  readonly frontier: number;
  /** As they are made. */
  readonly madeNodes: number;
  readonly madeBits: number;
  /** As the finished tree has them; of a rank that is alone, and level by level, these are the same. */
  readonly nodes: number;
  readonly bits: number;
  readonly bitsBytes: number;
  /** Of ranks of several processes: messages that go out and come in, rows there, what all have found, leaves. */
  readonly outgoing: number;
  readonly incoming: number;
  readonly elsewhere: number;
  readonly gathered: number;
  readonly far: number;
  /** Where it ends. */
  readonly end: number;
}

/** What a plan has room for. */
export interface GrowSizes {
  readonly maxLeaves: number;
  readonly poolSlots: number;
  readonly maxPairs: number;
  /** Ranks of this process that grow a tree together, all that do, and other processes among them. */
  readonly numRanks: number;
  readonly numAll: number;
  readonly numOthers: number;
  /** Trees grow level by level. */
  readonly isByLevel: boolean;
  /** Rows of all ranks that a batch of neighbours may have, 0 where leaves are chosen by their gains alone. */
  readonly windowRows: number;
}

/** Lays it out behind an address, a multiple of 64. */
export function placeGrowing(base: number, layout: BinnedLayout, sizes: GrowSizes): GrowAddresses {
  const arena = new Arena(base);
  const { maxLeaves, poolSlots, maxPairs, numRanks, numAll, numOthers, isByLevel, windowRows } =
    sizes;
  const isInOrder = numAll === 1 || isByLevel;
  // as many splits may be ahead in vain as there are leaves
  const numMade = isInOrder ? 2 * maxLeaves : 4 * maxLeaves;
  const foundBytes = candidateBytes(layout) + 8;
  const bitsBytes = candidateBytes(layout) - candidateHeadBytes;
  const mostBins = layout.places.reduce((most, place) => Math.max(most, place.numValueBins), 0);
  const parts = {
    gate: arena.allocate(gateBytes),
    plan: arena.allocate(planBytes),
    params: arena.allocate(128),
    totals: arena.allocate(64),
    parts: arena.allocate(4 * numRanks),
    settling: arena.allocate(64),
    mask: arena.allocate(layout.places.length),
    found: arena.allocate(2 * maxPairs * foundBytes),
    order: arena.allocate(categoryScratchBytes(layout)),
    wideFeature: arena.allocate(16 * (mostBins + 2)),
    numbers: arena.allocate(4 * (mostBins + 2)),
    rowScratch: arena.allocate(numAll === 1 ? rowScratchBytes : 0),
    sides: arena.allocate(sidesBytes),
    heap: arena.allocate(4 * (maxLeaves + 1)),
    free: arena.allocate(4 * poolSlots),
    batch: arena.allocate(16 * 3 * maxPairs),
    seen: arena.allocate(4 * (maxLeaves + 1)),
    frontier: arena.allocate(windowRows > 0 ? 4 * (maxLeaves + 1) : 0),
    madeNodes: arena.allocate(nodeBytes * numMade),
    madeBits: arena.allocate(bitsBytes * numMade),
    outgoing: arena.allocate(numOthers > 0 ? 16 * numAll : 0),
    incoming: arena.allocate(8 * numOthers),
    elsewhere: arena.allocate(4 * numMade * numOthers),
    gathered: arena.allocate(numOthers > 0 ? numAll * (2 * maxPairs * foundBytes + 16) : 0),
    far: arena.allocate(numOthers > 0 ? 4 * numMade : 0),
  };
  const nodes = isInOrder ? parts.madeNodes : arena.allocate(nodeBytes * 2 * maxLeaves);
  const bits = isInOrder ? parts.madeBits : arena.allocate(bitsBytes * 2 * maxLeaves);
  return { ...parts, foundBytes, nodes, bits, bitsBytes, end: arena.top };
}
