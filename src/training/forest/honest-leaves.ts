/**
 * Leaf values of a tree from rows that have not chosen its splits (S. Athey and G. Imbens, "Recursive partitioning for
 * heterogeneous causal effects", 2016; honest trees of YDF). Each row that a tree draws either grows it or is set apart,
 * by a draw that hangs on seed, tree and row. When the tree stands, those set apart walk it, and each leaf takes their
 * mean. A leaf that none of them reaches takes that of the nearest node above it that some reach.
 *
 * Covers and counts of rows stay those of the rows that grew the tree. The sums are exact, as those of other leaves are.
 */
import { ceilLog2, powerOfTwo } from '../../base/portable-math.ts';
import { hash32, mix32, purposes } from '../../base/rng.ts';
import type { FeaturePlace } from '../../binning/binned-layout.ts';
import type { ForestNodes } from '../../tree/backend/cpu/forest-nodes.ts';
import { nodeFlag } from '../../tree/tree.ts';
import { fromFixed } from '../leaves/leaf-values.ts';
import { bitsOf } from '../quantise.ts';
import { maxDraws } from '../sampling/draw-thresholds.ts';
import { type ForestSettlement, sumsOfNodes } from './forest-leaves.ts';
import type { RowShare } from './grow-forest-on-rig.ts';

/** The rows that one tree sets apart. */
export class HonestRows {
  readonly #share: number;
  /** How often each row of the share that is set apart was drawn. */
  #counts = new Uint8Array(0);
  #firstRow = 0;

  /** @param share of the rows of a tree that its leaf values are learned from */
  constructor(share: number) {
    this.#share = share;
  }

  /** Takes rows out of the draws of a tree; the others grow it. */
  setApart(
    s: Pick<ForestSettlement, 'environment' | 'rows' | 'memory' | 'job'>,
    tree: number,
    share: RowShare,
  ): void {
    const { environment, rows, memory, job } = s;
    const { firstRow, numRows } = share;
    const key = hash32(job.seed, purposes.honest, tree);
    const limit = this.#share * 4294967296;
    const keys = environment.u32(rows.keys + 4 * firstRow, numRows);
    const drawn = environment.u8(memory.counts + firstRow, numRows);
    this.#firstRow = firstRow;
    this.#counts = new Uint8Array(numRows);
    for (let i = 0; i < numRows; i++) {
      if (mix32((keys[i] as number) ^ key) >= limit) continue;
      this.#counts[i] = drawn[i] as number;
      drawn[i] = 0;
    }
  }

  /** Gives the grown tree its values. */
  async settle(s: ForestSettlement): Promise<void> {
    const { environment, rows, start, nodes, job } = s;
    const isNumber = job.task === 'regression';
    const { numOutputs } = nodes;
    const largest = start.largestWeight * maxDraws;
    const labelScale = scaleOf(
      isNumber ? (start.largestLabels[0] as number) * largest : largest,
      rows.train.numAll,
    );
    const weightScale = scaleOf(largest, rows.train.numAll);
    const leaves = nodes.leaves();
    const numberOf = new Uint32Array(nodes.size);
    leaves.forEach((leaf, i) => {
      numberOf[leaf] = i;
    });
    // of a number the sum of labels and that of weights, of classes the sum of each one's weights
    const width = isNumber ? 2 : numOutputs;
    const whole = new Float64Array(width * leaves.length);
    const fraction = new Float64Array(width * leaves.length);
    const labels = environment.f64(rows.labels, rows.train.numProcess);
    const weights =
      rows.weights === 0 ? null : environment.f64(rows.weights, rows.train.numProcess);
    const add = (at: number, value: number): void => {
      const floor = Math.floor(value);
      whole[at] = (whole[at] as number) + floor;
      // 2^-20 units: sums of 2^32 rows stay exact in a double
      fraction[at] = (fraction[at] as number) + Math.floor((value - floor) * 1048576);
    };
    const walk = walker(s);
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i] as number;
      if (count === 0) continue;
      const row = this.#firstRow + i;
      const at = width * (numberOf[walk(row)] as number);
      const weight = (weights?.[row] ?? 1) * count;
      const label = labels[row] as number;
      if (isNumber) {
        add(at, label * weight * labelScale);
        add(at + 1, weight * weightScale);
      } else add(at + label, weight * weightScale);
    }
    const words = new BigInt64Array(2 * width * leaves.length);
    for (let at = 0; at < width * leaves.length; at++) {
      words[2 * at] = BigInt(whole[at] as number);
      words[2 * at + 1] = BigInt(fraction[at] as number) * 4096n;
    }
    await environment.wait(s.collective.allreduce(words, 'sum'));
    const sums = sumsOfNodes(nodes, leaves, words);
    const numberAt = (at: number, scale: number): number =>
      fromFixed(sums[2 * at] as bigint, sums[2 * at + 1] as bigint, scale);
    // children come after their parents
    for (let node = 0; node < nodes.size; node++) {
      const to = node * numOutputs;
      const from = node * width;
      if (isNumber) {
        const weight = numberAt(from + 1, weightScale);
        if (weight > 0)
          nodes.value[to] = (start.means[0] as number) + numberAt(from, labelScale) / weight;
        else takeFromAbove(nodes, node, start.means);
        continue;
      }
      let total = 0;
      for (let k = 0; k < numOutputs; k++) total += numberAt(from + k, weightScale);
      if (total > 0)
        for (let k = 0; k < numOutputs; k++)
          nodes.value[to + k] = numberAt(from + k, weightScale) / total;
      else takeFromAbove(nodes, node, new Array<number>(numOutputs).fill(1 / numOutputs));
    }
    averageAbove(nodes);
  }
}

/** Whole units that the sum of all rows has 52 bits for. */
function scaleOf(largest: number, numAll: number): number {
  const bits = Math.min(34, 52 - bitsOf(numAll));
  return powerOfTwo(Math.max(-1000, Math.min(1000, bits - ceilLog2(largest))));
}

/** The nearest node above that some rows reach; the root says what is known without any. */
function takeFromAbove(nodes: ForestNodes, node: number, unknown: readonly number[]): void {
  const { numOutputs, value } = nodes;
  const above = nodes.parent[node] as number;
  for (let k = 0; k < numOutputs; k++) {
    value[node * numOutputs + k] =
      above < 0 ? (unknown[k] as number) : (value[above * numOutputs + k] as number);
  }
}

/** A node above leaves has the mean of its children, by the weight of the rows that grew the tree. */
function averageAbove(nodes: ForestNodes): void {
  const { numOutputs, value, cover } = nodes;
  for (let node = nodes.size - 1; node >= 0; node--) {
    const left = nodes.leftChild[node] as number;
    if (left === 0) continue;
    const [one, other] = [cover[left] as number, cover[left + 1] as number];
    for (let k = 0; k < numOutputs; k++) {
      const [a, b] = [value[left * numOutputs + k], value[(left + 1) * numOutputs + k]] as [
        number,
        number,
      ];
      value[node * numOutputs + k] = (one * a + other * b) / (one + other);
    }
  }
}

/** From a row of the process to its leaf. */
function walker({ environment, rows, nodes }: ForestSettlement): (row: number) => number {
  const { layout, records } = rows;
  const bytes = environment.u8(0, environment.memory.buffer.byteLength);
  const binAt = (row: number, { offset, width }: FeaturePlace): number => {
    const at = records + row * layout.stride + offset;
    return width === 1
      ? (bytes[at] as number)
      : (bytes[at] as number) + 256 * (bytes[at + 1] as number);
  };
  const goesLeft = (node: number, bin: number, place: FeaturePlace): boolean => {
    if (bin === place.missingEntry)
      return ((nodes.flags[node] as number) & nodeFlag.missingGoesLeft) !== 0;
    const cut = nodes.cut[node] as number;
    if (cut >= 0) return bin <= cut;
    const bits = nodes.leftBins.get(node) as Uint32Array;
    return (((bits[bin >> 5] as number) >>> (bin & 31)) & 1) === 1;
  };
  return (row) => {
    let node = 0;
    for (;;) {
      const left = nodes.leftChild[node] as number;
      if (left === 0) return node;
      const place = layout.places[nodes.place[node] as number] as FeaturePlace;
      node = goesLeft(node, binAt(row, place), place) ? left : left + 1;
    }
  };
}
