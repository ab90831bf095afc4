// A tree that ranks of several processes grow: what is packed for the others and taken in from them. Between the two
// JavaScript meets them (src/tree/backend/cpu/leaf-grower.ts). The same messages, steps and checks as in
// src/tree/backend/cpu/packed-meeting.ts.
//
// Refused is what comes and is not
//   1 a histogram                                        got: the bytes that were left
//   2 adding up alike in every feature                   got: the feature's place
//   3 of at most the rows that the parent has there      got: its rows, the parent's
//   4 counting as many rows as it says it has            got: its rows, those counted
//   5 adding up, with all others, to the node's sums     got: these of g and h

import { builtBy, keptHistogram, setTotals } from './grow-node';
import {
  atBatch, atElsewhere, atEndPlace, atFeatures, atFirstPlace, atGrowSpan, atIncoming, atMostPairs, atNumBuilds, atNumOthers, atNumOutgoing,
  atNumRanks, atOutgoing, atParams, atParts, atRank, atRefused, atRefusedBy, atRefusedGot, atRefusedNode, atTotals, nodeAt, ofCount,
  ofGrad, ofHess, ofParent,
} from './grow-plan';
import { addPackedHistogram, featureSums, packHistogram } from './packed-histogram';

/** Packs all histograms of the batch, which the ranks of this process have built. */
export function packBuilds(plan: usize): void {
  const numBuilds = load<i32>(plan, atNumBuilds);
  for (let build: i32 = 0; build < numBuilds; build++) packBuild(plan, build);
}

/** Writes the parts of a histogram behind what each message holds. */
export function packBuild(plan: usize, build: i32): void {
  const entry = <usize>load<u32>(plan, atBatch) + (<usize>(load<i32>(plan, atMostPairs) + build) << 4);
  const index = load<i32>(entry);
  const isPacked = load<i32>(entry, 8);
  const target = <usize>load<u32>(entry, 12);
  const features = <usize>load<u32>(plan, atFeatures);
  const parts = <usize>load<u32>(plan, atParts);
  const numRanks = load<i32>(plan, atNumRanks);
  const rows = rowsHere(plan, index);
  const outgoing = <usize>load<u32>(plan, atOutgoing);
  const numOutgoing = load<i32>(plan, atNumOutgoing);
  for (let i: i32 = 0; i < numOutgoing; i++) {
    const message = outgoing + (<usize>i << 4);
    const begin = load<i32>(message);
    const first = load<i32>(features + (<usize>begin << 5));
    const offset = <usize>first << (isPacked ? 3 : 4);
    for (let r: i32 = 0; r < numRanks; r++) {
      store<u32>(parts + (<usize>r << 2), <u32>(builtBy(plan, r, target) + offset));
    }
    const bytes = load<i32>(message, 12);
    const out = <usize>load<u32>(message, 8) + <usize>bytes;
    const written = packHistogram(parts, numRanks, isPacked, first, features, begin, load<i32>(message, 4), rows, out);
    store<i32>(message, bytes + written, 12);
  }
}

function rowsHere(plan: usize, index: i32): u32 {
  const node = nodeAt(plan, index);
  const numRanks = load<i32>(plan, atNumRanks);
  let rows: u32 = 0;
  for (let r: i32 = 0; r < numRanks; r++) {
    const own = node + <usize>((r - load<i32>(plan, atRank)) * load<i32>(plan, atGrowSpan));
    rows += load<u32>(own, ofCount);
  }
  return rows;
}

function rowsThere(plan: usize, index: i32): usize {
  return <usize>load<u32>(plan, atElsewhere) + <usize>(index * load<i32>(plan, atNumOthers)) * 4;
}

/** Adds what other processes have of a node to what is kept of it; false where that is refused. */
export function takeElsewhere(plan: usize, index: i32): bool {
  const node = nodeAt(plan, index);
  const hist = keptHistogram(plan, node);
  const features = <usize>load<u32>(plan, atFeatures);
  const first = load<i32>(plan, atFirstPlace);
  const end = load<i32>(plan, atEndPlace);
  const incoming = <usize>load<u32>(plan, atIncoming);
  const numOthers = load<i32>(plan, atNumOthers);
  const countShift = <i64>load<i32>(<usize>load<u32>(plan, atParams), 64);
  const rowsOf = rowsThere(plan, index);
  for (let i: i32 = 0; i < numOthers; i++) {
    const message = incoming + (<usize>i << 3);
    const address = <usize>load<u32>(message);
    const bytes = load<i32>(message, 4);
    const taken = addPackedHistogram(address, bytes, features, first, end, hist);
    if (taken == 0) return refuse(plan, 1, i, index, bytes, 0);
    if (taken < 0) return refuse(plan, 2, i, index, -1 - taken, 0);
    store<u32>(message, <u32>address + <u32>taken);
    store<i32>(message, bytes - taken, 4);
    const rows = load<u32>(address, 16);
    store<u32>(rowsOf + (<usize>i << 2), rows);
    if (index > 0) {
      const most = load<u32>(rowsThere(plan, load<i32>(node, ofParent)) + (<usize>i << 2));
      if (rows > most) return refuse(plan, 3, i, index, <i64>rows, <i64>most);
    }
    const counted = load<i64>(address, 8) >> min<i64>(countShift, 63);
    if (countShift < 63 && counted != <i64>rows) return refuse(plan, 4, i, index, <i64>rows, counted);
  }
  const sums = <usize>load<u32>(plan, atTotals);
  featureSums(hist, features, first, sums);
  const grad = load<i64>(sums);
  const hess = load<i64>(sums, 8);
  // nothing told the root's sums before
  if (index == 0) setTotals(plan, node, grad, hess);
  else if (grad != load<i64>(node, ofGrad) || hess != load<i64>(node, ofHess)) return refuse(plan, 5, 0, index, grad, hess);
  return true;
}

/** The other child's rows in each other process are the parent's less one child's. */
export function inferElsewhere(plan: usize, index: i32, other: i32): void {
  const numOthers = <usize>load<i32>(plan, atNumOthers);
  const all = rowsThere(plan, load<i32>(nodeAt(plan, index), ofParent));
  const some = rowsThere(plan, index);
  const rest = rowsThere(plan, other);
  for (let at: usize = 0; at < numOthers << 2; at += 4) {
    store<u32>(rest + at, load<u32>(all + at) - load<u32>(some + at));
  }
}

function refuse(plan: usize, what: i32, by: i32, index: i32, got: i64, other: i64): bool {
  store<i32>(plan, what, atRefused);
  store<i32>(plan, by, atRefusedBy);
  store<i32>(plan, index, atRefusedNode);
  store<i64>(plan, got, atRefusedGot);
  store<i64>(plan, other, atRefusedGot + 8);
  return false;
}
