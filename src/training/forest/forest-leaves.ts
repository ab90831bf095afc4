/**
 * The values of a forest tree's nodes: the weighted mean of the target, or the share of each class. Leaves take
 * them from exact sums over the rows as they were given; a node above has the mean of its children.
 */
import type { Collective } from '../../cluster/collective.ts';
import type { ForestNodes } from '../../tree/backend/cpu/forest-nodes.ts';
import type { ForestRows } from '../../tree/backend/cpu/forest-rows.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { fixedScale, fromFixed } from '../leaves/leaf-values.ts';
import type { ForestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { DrawnBalance } from '../sampling/balance-draws.ts';
import { maxDraws } from '../sampling/draw-thresholds.ts';
import { type ForestMemory, leavesAtOnce } from './forest-memory.ts';
import { settledLeaves } from './forest-setting.ts';
import type { ForestStart } from './forest-start.ts';

/** What settles the leaves of one tree. */
export interface ForestSettlement {
  readonly environment: RankEnvironment;
  readonly collective: Collective;
  readonly job: ForestJob;
  readonly rows: IngestedRows;
  readonly start: ForestStart;
  readonly memory: ForestMemory;
  readonly nodes: ForestNodes;
  readonly moved: Pick<ForestRows, 'ids'>;
  /** What weights of the classes are multiplied by in this tree. */
  readonly balance: DrawnBalance | null;
}

/** Writes values and covers into the tree's nodes. */
export async function settleForestLeaves(s: ForestSettlement): Promise<void> {
  const how = settledLeaves(s.job, s.rows);
  // without weights a node's counts are whole already
  if (how === 'means') await settleMeans(s);
  else if (how === 'shares') await settleShares(s);
}

async function settleMeans(s: ForestSettlement): Promise<void> {
  const { rows, nodes } = s;
  const leaves = nodes.leaves();
  const means = await settleLabel(s, leaves, { column: rows.labels, k: 0 });
  for (const [i, column] of rows.otherLabels.entries()) {
    await settleLabel(s, leaves, { column, k: i + 1 });
  }
  if (s.job.keepsVariances) await settleVariances(s, leaves, means);
}

/** Covers, and values of the k-th label; returns the nodes' means of the label as it was centred. */
async function settleLabel(
  s: ForestSettlement,
  leaves: Uint32Array,
  { column, k }: { readonly column: number; readonly k: number },
): Promise<Float64Array> {
  const { rows, start, nodes } = s;
  const largest = (start.largestLabels[k] as number) * start.largestWeight;
  const labelScale = fixedScale(largest * maxDraws, rows.train.numAll);
  const weightScale = weightScaleOf(s);
  const all = sumsOfNodes(nodes, leaves, await totalsOf(s, leaves, column, labelScale));
  const means = new Float64Array(nodes.size);
  for (let node = 0; node < nodes.size; node++) {
    const at = 4 * node;
    const sum = fromFixed(all[at] as bigint, all[at + 1] as bigint, labelScale);
    const weight = fromFixed(all[at + 2] as bigint, all[at + 3] as bigint, weightScale);
    means[node] = weight > 0 ? sum / weight : 0;
    nodes.cover[node] = weight;
    nodes.value[node * nodes.numOutputs + k] = (start.means[k] as number) + (means[node] as number);
  }
  return means;
}

/** A second pass, so that a leaf far from the mean of all labels loses no digits: labels are taken from its own. */
async function settleVariances(
  s: ForestSettlement,
  leaves: Uint32Array,
  means: Float64Array,
): Promise<void> {
  const { environment, rows, start, memory, nodes, moved } = s;
  const { numProcess, numAll } = rows.train;
  const labels = environment.f64(rows.labels, numProcess);
  const squares = environment.f64(memory.squares, numProcess);
  const ids = new Uint32Array(environment.memory.buffer);
  for (const leaf of leaves) {
    const { address, step } = moved.ids(nodes, leaf);
    for (let r = 0; r < (nodes.count[leaf] as number); r++) {
      const id = ids[(address + r * step) >>> 2] as number;
      const distance = (labels[id] as number) - (means[leaf] as number);
      squares[id] = distance * distance;
    }
  }
  const largest = start.largestLabels[0] as number;
  const widest = 4 * largest * largest;
  const scale = fixedScale(widest * start.largestWeight * maxDraws, numAll);
  const words = await totalsOf(s, leaves, memory.squares, scale);
  leaves.forEach((leaf, i) => {
    const sum = fromFixed(words[4 * i] as bigint, words[4 * i + 1] as bigint, scale);
    const weight = nodes.cover[leaf] as number;
    nodes.variance[leaf] = weight > 0 ? sum / weight : 0;
  });
  for (let node = nodes.size - 1; node >= 0; node--) {
    const left = nodes.leftChild[node] as number;
    if (left === 0) continue;
    let sum = 0;
    for (let child = left; child <= left + 1; child++) {
      const distance = (means[child] as number) - (means[node] as number);
      const spread = (nodes.variance[child] as number) + distance * distance;
      sum += (nodes.cover[child] as number) * spread;
    }
    nodes.variance[node] = sum / (nodes.cover[node] as number);
  }
}

function weightScaleOf({ start, rows }: ForestSettlement): number {
  return fixedScale(start.largestWeight * maxDraws, rows.train.numAll);
}

/** Exact sums over the rows of each leaf, of all ranks: a column times weight and draws, and these alone. */
async function totalsOf(
  s: ForestSettlement,
  leaves: Uint32Array,
  column: number,
  scale: number,
): Promise<BigInt64Array> {
  const { environment, rows, memory, nodes, moved } = s;
  const words = new BigInt64Array(4 * leaves.length);
  for (let from = 0; from < leaves.length; from += leavesAtOnce) {
    const batch = leaves.subarray(from, from + leavesAtOnce);
    environment.u8(memory.sums, 32 * batch.length).fill(0);
    for (let i = 0; i < batch.length; i++) {
      const leaf = batch[i] as number;
      const { address, step } = moved.ids(nodes, leaf);
      environment.kernels.leafTotals(
        address,
        step,
        nodes.count[leaf] as number,
        memory.counts,
        column,
        rows.weights,
        scale,
        weightScaleOf(s),
        memory.sums + 32 * i,
      );
    }
    const sums = new BigInt64Array(environment.memory.buffer, memory.sums, 4 * batch.length);
    words.set(sums, 4 * from);
  }
  await environment.wait(s.collective.allreduce(words, 'sum'));
  return words;
}

async function settleShares(s: ForestSettlement): Promise<void> {
  const { environment, rows, start, memory, nodes, moved, balance } = s;
  const { numOutputs } = nodes;
  const scale = fixedScale(start.largestWeight * maxDraws, rows.train.numAll);
  const numProcess = rows.train.numProcess;
  const labels = environment.f64(rows.labels, numProcess);
  const weights = environment.f64(rows.weights, numProcess);
  const counts = environment.u8(memory.counts, numProcess);
  const ids = new Uint32Array(environment.memory.buffer);
  const leaves = nodes.leaves();
  const words = new BigInt64Array(2 * numOutputs * leaves.length);
  const whole = new Float64Array(numOutputs);
  const fraction = new Float64Array(numOutputs);
  leaves.forEach((leaf, i) => {
    const { address, step } = moved.ids(nodes, leaf);
    whole.fill(0);
    fraction.fill(0);
    for (let r = 0; r < (nodes.count[leaf] as number); r++) {
      const id = ids[(address + r * step) >>> 2] as number;
      const k = labels[id] as number;
      const factor = balance === null ? 1 : (balance.factors[k] as number);
      const value = (weights[id] as number) * (counts[id] as number) * factor * scale;
      const floor = Math.floor(value);
      whole[k] = (whole[k] as number) + floor;
      // 2^-20 units: sums of 2^32 rows stay exact in a double
      fraction[k] = (fraction[k] as number) + Math.floor((value - floor) * 1048576);
    }
    for (let k = 0; k < numOutputs; k++) {
      words[2 * (i * numOutputs + k)] = BigInt(whole[k] as number);
      words[2 * (i * numOutputs + k) + 1] = BigInt(fraction[k] as number) * 4096n;
    }
  });
  await environment.wait(s.collective.allreduce(words, 'sum'));
  const all = sumsOfNodes(nodes, leaves, words);
  for (let node = 0; node < nodes.size; node++) {
    let total = 0;
    const to = node * numOutputs;
    for (let k = to; k < to + numOutputs; k++) {
      const weight = fromFixed(all[2 * k] as bigint, all[2 * k + 1] as bigint, scale);
      nodes.value[k] = weight;
      total += weight;
    }
    nodes.cover[node] = total;
    if (balance !== null) inWeights(nodes, node, balance.largest);
    for (let k = to; k < to + numOutputs; k++) {
      nodes.value[k] = total > 0 ? (nodes.value[k] as number) / total : 1 / numOutputs;
    }
  }
}

/** Brings a node back to weights whose factors were not divided. */
function inWeights(nodes: ForestNodes, node: number, largest: number): void {
  nodes.cover[node] = (nodes.cover[node] as number) * largest;
  nodes.gain[node] = (nodes.gain[node] as number) * largest;
  nodes.runnerUpGain[node] = (nodes.runnerUpGain[node] as number) * largest;
}

/** Sums of every node from those of the leaves; children come after their parents. */
export function sumsOfNodes(
  nodes: ForestNodes,
  leaves: Uint32Array,
  words: BigInt64Array,
): BigInt64Array {
  const width = words.length / leaves.length;
  const all = new BigInt64Array(width * nodes.size);
  leaves.forEach((leaf, i) => {
    all.set(words.subarray(width * i, width * (i + 1)), width * leaf);
  });
  for (let node = nodes.size - 1; node >= 0; node--) {
    const left = nodes.leftChild[node] as number;
    if (left === 0) continue;
    for (let w = 0; w < width; w++) {
      all[width * node + w] =
        (all[width * left + w] as bigint) + (all[width * (left + 1) + w] as bigint);
    }
  }
  return all;
}
