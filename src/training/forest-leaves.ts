/**
 * The values of a forest tree's leaves, from exact sums over the rows as they were given: the weighted mean
 * of the target, or the share of each class.
 */
import type { Collective } from '../cluster/collective.ts';
import type { OpenNode } from '../tree/backend/backend.ts';
import { classWeights } from '../tree/backend/cpu/class-criterion.ts';
import type { ForestTotals } from '../tree/backend/cpu/forest-criterion.ts';
import type { RowStore, Segment } from '../tree/backend/cpu/row-store.ts';
import type { GrowthResult } from '../tree/grow-tree.ts';
import type { GrownNode } from '../tree/tree.ts';
import { maxDraws } from './draw-thresholds.ts';
import type { ForestMemory } from './forest-memory.ts';
import type { ForestStart } from './forest-start.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import { fixedScale, fromFixed } from './leaf-values.ts';
import type { ForestJob } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** What settles the leaves of one tree. */
export interface ForestSettlement {
  readonly environment: RankEnvironment;
  readonly collective: Collective;
  readonly job: ForestJob;
  readonly rows: IngestedRows;
  readonly start: ForestStart;
  readonly memory: ForestMemory;
  readonly grown: GrowthResult;
  readonly store: RowStore;
  segmentOf(leaf: OpenNode): Segment;
  totalsOf(leaf: OpenNode): ForestTotals;
}

/** Writes values and covers into the tree's nodes. */
export async function settleForestLeaves(s: ForestSettlement): Promise<void> {
  const { grown, job, rows } = s;
  const nodes = grown.tree.nodes as GrownNode[];
  const numOutputs = job.task === 'regression' ? 1 : Math.max(1, rows.classes.length);
  for (const node of nodes) node.value = new Float64Array(numOutputs);
  if (job.task === 'regression') await settleMeans(s, nodes);
  else if (rows.weights === 0 && rows.layout.places.length > 0) settleCounts(s, nodes);
  else await settleShares(s, nodes);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as GrownNode;
    if (node.leftChild === 0) continue;
    node.cover = (nodes[node.leftChild]?.cover ?? 0) + (nodes[node.leftChild + 1]?.cover ?? 0);
  }
}

async function settleMeans(s: ForestSettlement, nodes: GrownNode[]): Promise<void> {
  const { environment, rows, start, memory, grown, store } = s;
  const numAll = rows.train.numAll;
  const labelScale = fixedScale(start.largestLabel * start.largestWeight * maxDraws, numAll);
  const weightScale = fixedScale(start.largestWeight * maxDraws, numAll);
  const words = new BigInt64Array(4 * grown.leaves.length);
  grown.leaves.forEach((leaf, i) => {
    const segment = s.segmentOf(leaf);
    environment.u8(memory.sums, 32).fill(0);
    environment.kernels.leafTotals(
      store.view(segment).ids,
      segment.count,
      memory.counts,
      rows.labels,
      rows.weights,
      labelScale,
      weightScale,
      memory.sums,
    );
    words.set(new BigInt64Array(environment.memory.buffer, memory.sums, 4), 4 * i);
  });
  await environment.wait(s.collective.allreduce(words, 'sum'));
  grown.leaves.forEach((leaf, i) => {
    const sum = fromFixed(words[4 * i] as bigint, words[4 * i + 1] as bigint, labelScale);
    const weight = fromFixed(words[4 * i + 2] as bigint, words[4 * i + 3] as bigint, weightScale);
    const node = nodes[leaf.index] as GrownNode;
    node.cover = weight;
    node.value[0] = start.mean + (weight > 0 ? sum / weight : 0);
  });
}

/** Without weights a node's counts are whole already. */
function settleCounts(s: ForestSettlement, nodes: GrownNode[]): void {
  for (const leaf of s.grown.leaves) {
    const counts = classWeights(s.totalsOf(leaf), s.rows.classes.length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const node = nodes[leaf.index] as GrownNode;
    node.cover = total;
    counts.forEach((count, k) => {
      node.value[k] = total > 0 ? count / total : 1 / counts.length;
    });
  }
}

async function settleShares(s: ForestSettlement, nodes: GrownNode[]): Promise<void> {
  const { environment, rows, start, memory, grown, store } = s;
  const numClasses = Math.max(1, rows.classes.length);
  const scale = fixedScale(start.largestWeight * maxDraws, rows.train.numAll);
  const numProcess = rows.train.numProcess;
  const labels = environment.f64(rows.labels, numProcess);
  const weights = rows.weights === 0 ? null : environment.f64(rows.weights, numProcess);
  const counts = environment.u8(memory.counts, numProcess);
  const words = new BigInt64Array(2 * numClasses * grown.leaves.length);
  const whole = new Float64Array(numClasses);
  const fraction = new Float64Array(numClasses);
  grown.leaves.forEach((leaf, i) => {
    const segment = s.segmentOf(leaf);
    const ids = environment.u32(store.view(segment).ids, segment.count);
    whole.fill(0);
    fraction.fill(0);
    for (const id of ids) {
      const k = labels[id] as number;
      const value =
        (weights === null ? 1 : (weights[id] as number)) * (counts[id] as number) * scale;
      const floor = Math.floor(value);
      whole[k] = (whole[k] as number) + floor;
      // 2^-20 units: sums of 2^32 rows stay exact in a double
      fraction[k] = (fraction[k] as number) + Math.floor((value - floor) * 1048576);
    }
    for (let k = 0; k < numClasses; k++) {
      words[2 * (i * numClasses + k)] = BigInt(whole[k] as number);
      words[2 * (i * numClasses + k) + 1] = BigInt(fraction[k] as number) * 4096n;
    }
  });
  await environment.wait(s.collective.allreduce(words, 'sum'));
  grown.leaves.forEach((leaf, i) => {
    const node = nodes[leaf.index] as GrownNode;
    let total = 0;
    for (let k = 0; k < numClasses; k++) {
      const at = 2 * (i * numClasses + k);
      const weight = fromFixed(words[at] as bigint, words[at + 1] as bigint, scale);
      node.value[k] = weight;
      total += weight;
    }
    node.cover = total;
    for (let k = 0; k < numClasses; k++) {
      node.value[k] = total > 0 ? (node.value[k] as number) / total : 1 / numClasses;
    }
  });
}
