// Where everything lies that a tree grown in one go reads and writes (grow-leaves.ts). src/tree/backend/cpu/grow-plan.ts
// writes the plan and reads the nodes; offsets here and there are the same, in bytes.
//
//   plan   what JavaScript wrote for the rank, then for the tree, then what the growing tree keeps of itself
//   nodes  112 bytes each, in the order in which they were made; of ranks that meet a copy in the tree's order follows
//   bits   for each node the left bins of its split by category, `bitsBytes` each
//   batch  16 bytes for each pair that is being split, then 16 for each histogram that is built for them
//   found  what this rank found best for the pairs' children, left and right: candidates, their last 8 bytes rows here
//
// Ranks of a process have plans of their own, `growSpan` bytes apart, and everything else of theirs as far apart.

// of the rank's rows: see row-store.ts
export const atMaster: usize = 0;
export const atFirstRow: usize = 4;
export const atRecords: usize = 8;
export const atIds: usize = 16;
export const atStride: usize = 24;
export const atIsIndexed: usize = 28;
export const atSlotOffset: usize = 32;
export const atSlotBytes: usize = 36;
export const atNumNarrow: usize = 40;
export const atNumExtras: usize = 44;
export const atExtras: usize = 48;
// the rank's own histograms: packed entries from which wide ones are filled, and those of a batch
export const atNumEntries: usize = 52;
export const atNarrow: usize = 56;
export const atBuilds: usize = 60;
/** All histograms are packed. */
export const atIsPacked: usize = 64;
export const atFlushRows: usize = 68;
export const atFeatures: usize = 72;
export const atNumPlaces: usize = 76;
// histograms that are kept
export const atPool: usize = 80;
export const atPoolSlots: usize = 84;
export const atHistogramBytes: usize = 88;
// what split finders are given: see find-packed-split.ts
export const atMask: usize = 92;
export const atParams: usize = 96;
export const atTotals: usize = 100;
/** What this rank found, and the bytes of a candidate. */
export const atFound: usize = 104;
export const atOrder: usize = 108;
export const atWideFeature: usize = 112;
export const atNumbers: usize = 116;
export const atSides: usize = 120;
export const atParts: usize = 124;
export const atNodes: usize = 128;
export const atBits: usize = 132;
export const atBitsBytes: usize = 136;
/** int32 for each leaf, twice: open nodes, a heap; and those that were taken out of it for a while. */
export const atHeap: usize = 140;
/** int32 for each histogram that is kept: those that are free. */
export const atFree: usize = 144;
// of the tree
export const atMaxLeaves: usize = 148;
export const atMaxDepth: usize = 152;
/** Buffer, start and count of the root's rows. */
export const atRootSegment: usize = 156;
/** Additions of one call. */
export const atMostWork: usize = 168;
/** All nodes of a level are split, in place of those of the highest gains. */
export const atByLevel: usize = 172;
export const atMinInfoGain: usize = 176;
// of the growing tree
export const atNumNodes: usize = 184;
export const atNumLeaves: usize = 188;
export const atHeapSize: usize = 192;
export const atNumFree: usize = 196;
/** The node whose histogram is being built, or −1; how many of its rows are in it; whether it is packed. */
export const atBuilding: usize = 200;
export const atFrom: usize = 204;
export const atBuildsPacked: usize = 208;
/** A node of so many rows, or whose parent has, gets no histogram; where its rows are added up: see grow-rows.ts. */
export const atFewRows: usize = 212;
export const atRowScratch: usize = 216;
export const atHistogramRows: usize = 224;
export const atFeaturesDecided: usize = 232;
export const atLeastGain: usize = 240;
/** Meetings of the ranks. */
export const atMeetings: usize = 248;
// of the ranks that grow the tree
export const atNumRanks: usize = 256;
export const atRank: usize = 260;
/** Bytes from a rank's plan, and from its own histograms, to the next rank's. */
export const atGrowSpan: usize = 264;
export const atOwnSpan: usize = 268;
/** Places that this rank looks at, and where they begin in a kept histogram, in bytes, and how many these are. */
export const atFirstPlace: usize = 272;
export const atEndPlace: usize = 276;
export const atSliceStart: usize = 280;
export const atSliceBytes: usize = 284;
/** Where they wait for each other: see gang-gate.ts. */
export const atGate: usize = 288;
export const atFoundBytes: usize = 292;
/** Where the batch is listed, and how many pairs it may have. */
export const atBatch: usize = 296;
export const atMostPairs: usize = 300;
/** Nodes and bits as they are made, and as the finished tree has them. */
export const atMadeNodes: usize = 308;
export const atMadeBits: usize = 312;
export const atTreeNodes: usize = 316;
export const atTreeBits: usize = 320;
/** Leaves that were open when the batch was chosen. */
export const atSeen: usize = 324;
/** The gain that the last split will probably have, or NaN. */
export const atExpectedGain: usize = 328;
// of the batch
export const atPhase: usize = 336;
export const atNumPairs: usize = 340;
export const atNextPair: usize = 344;
export const atNumBuilds: usize = 348;
export const atNextBuild: usize = 352;
/** Where the next histogram is built, and the one that is being built. */
export const atNextTarget: usize = 356;
export const atTarget: usize = 360;
/** What the gate's word was when this rank came. */
export const atGeneration: usize = 364;
/** Nodes that were made; `numNodes` are those of the tree. */
export const atNumMade: usize = 368;
/** Level by level, the first node that was not looked at yet, to be split or not. */
export const atNextOpen: usize = 372;
// of ranks in other processes: see grow-elsewhere.ts
/** Other processes, and ranks in all. */
export const atNumOthers: usize = 416;
export const atNumAll: usize = 420;
/** Messages that this rank packs, 16 bytes each: uint32 first place, last place + 1, where it begins, its bytes. */
export const atOutgoing: usize = 424;
export const atNumOutgoing: usize = 428;
/** What each other process sent, 8 bytes each: uint32 where what is not read yet begins, its bytes. */
export const atIncoming: usize = 432;
/** uint32[node][other process]: rows of a node there. */
export const atElsewhere: usize = 436;
/** What all ranks have found for a batch, by rank, and the bytes of one rank. */
export const atGathered: usize = 440;
export const atGatheredBytes: usize = 444;
/** int32 for each node that was made: leaves, and children of those that are split ahead. */
export const atFar: usize = 448;
/** Candidates of the batch. */
export const atNumFound: usize = 452;
/** So many of the best leaves are always split ahead. */
export const atLeastAhead: usize = 456;
/** Rows of a window, on all ranks, or 0; leaves that will be split, int32 in the tree's order, and how many, or −1 when all
 *  that is left is split by gain. See grow-window.ts. */
export const atWindowRows: usize = 488;
export const atFrontier: usize = 492;
export const atNumFrontier: usize = 496;
/** What was wrong with what came, whose it is, of which node, and what it was: see grow-elsewhere.ts. */
export const atRefused: usize = 464;
export const atRefusedBy: usize = 468;
export const atRefusedNode: usize = 472;
export const atRefusedGot: usize = 480;
/** What a split costs, in units of gains, and what it costs for each row of the node. */
export const atSplitCost: usize = 504;
export const atRowCost: usize = 512;

// of rows with entries (row-entries.ts), 0 where they have none; sums of the rows that were added, and entries a row
export const atStarts: usize = 376;
export const atEntries: usize = 380;
export const atUsual: usize = 384;
export const atSlots: usize = 388;
export const atEntrySums: usize = 392;
export const atEntriesOfRow: usize = 396;
/** The node that is to be looked at next, or −1, where nodes wait for that (grow-lazily.ts). */
export const atWanted: usize = 400;
/** Room for rows that are set aside while others change places: see partition-rows.ts. */
export const atSpare: usize = 404;
/** Only blocks of histograms that hold something are looked at; slots of the pool, and places of a batch's histograms, that
 *  were in use before: see marked-blocks.ts. */
export const atHasMarks: usize = 408;
export const atSlotsUsed: usize = 412;
export const atBuildsUsed: usize = 500;
/** This rank's rows by entry, and a byte a row of the process: see listEntryRows. */
export const atRowStarts: usize = 252;
export const atEntryRows: usize = 520;
export const atSideOfRow: usize = 524;
/** Rows of this rank. */
export const atNumRows: usize = 304;
/** Where rows are told their leaves as the last level is split, or 0; and what makes a node of that level its leaf's number. */
export const atLeafOf: usize = 528;
export const atLeafOffset: usize = 532;

export const nodeBytes: usize = 112;
export const ofParent: usize = 0;
/** 0 at a leaf, and at a node that is not split yet. */
export const ofLeftChild: usize = 4;
export const ofPlace: usize = 8;
export const ofBin: usize = 12;
/** 1 missing goes left, 2 left is the heavier side. */
export const ofFlags: usize = 16;
export const ofRunnerUp: usize = 20;
export const ofGain: usize = 24;
export const ofRunnerUpGain: usize = 32;
export const ofGrad: usize = 40;
export const ofHess: usize = 48;
export const ofCover: usize = 56;
export const ofBuffer: usize = 64;
export const ofStart: usize = 68;
/** Rows on this rank. */
export const ofCount: usize = 72;
/** Its histogram's place in the pool, or −1. */
export const ofSlot: usize = 76;
export const ofDepth: usize = 80;
export const ofMaySplit: usize = 84;
export const ofLeftGrad: usize = 88;
export const ofLeftHess: usize = 96;
/** Of a tree that is settled, in place of the left side's sums. */
export const ofValue: usize = 88;
/** Rows on all ranks, or −1 where only those of this rank are known. */
export const ofRows: usize = 104;
/** Number in the tree, or −1 while the parent's split is not the tree's. */
export const ofNumber: usize = 108;

/** What the split of a node of so many rows costs. */
export function splitCost(plan: usize, rows: i32): f64 {
  return load<f64>(plan, atSplitCost) + load<f64>(plan, atRowCost) * <f64>rows;
}

/** Address of a node. */
export function nodeAt(plan: usize, index: i32): usize {
  return <usize>load<u32>(plan, atNodes) + <usize>index * nodeBytes;
}

/** The bits of a word that hold the sum of h; rows may be counted above them. */
export function hessMask(plan: usize): i64 {
  const countShift = <i64>load<i32>(<usize>load<u32>(plan, atParams), 64);
  return countShift < 63 ? (<i64>1 << countShift) - 1 : -1;
}
