/**
 * Does the device add up rightly, and how fast is it? A histogram of made-up rows, compared entry by entry with one
 * added up here, and the times of the steps that a tree is made of. For `coppice doctor --gpu`; times decide nothing.
 */
import { mix32 } from '../../../base/rng.ts';
import {
  type BinnedFeature,
  type FeaturePlace,
  layoutRecords,
} from '../../../binning/binned-layout.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import { DeviceTree } from './device-tree.ts';
import { limited } from './node-limits.ts';
import type { OpenDevice } from './open-device.ts';
import type { Moving } from './row-chunks.ts';

const numFeatures = 28;
const numBins = 255;

/** What was found. */
export interface SelfTest {
  /** Every entry was right, and every feature had a score. */
  readonly isRight: boolean;
  readonly numRows: number;
  readonly numFeatures: number;
  /** Milliseconds of making ready, the first compilation of the kernels included. */
  readonly setUpMs: number;
  /** Milliseconds of each step: of all rows, of one node, and of the way there and back, which the others are without. */
  readonly histogramMs: number;
  readonly moveMs: number;
  readonly subtractMs: number;
  readonly scoresMs: number;
  readonly markMs: number;
  readonly roundTripMs: number;
}

const params: SplitParams = {
  lambda: 1,
  minSumHessian: 1e-3,
  minInstancesPerNode: 1,
  minInfoGain: 0,
  categorySmoothing: 0,
  categoryLambda: 0,
  minCategoryRows: 0,
  maxCategoriesPerSplit: 32,
  maxOneHot: 4,
};

const quantisation: Quantisation = {
  gradUnit: 1,
  hessUnit: 1,
  slotBytes: 4,
  countShift: 63,
  sumsAreShort: true,
};

/** Runs it. @param clock milliseconds */
export async function selfTest(
  open: OpenDevice,
  numRows: number,
  clock: () => number,
): Promise<SelfTest> {
  const features = Array.from({ length: numFeatures }, (_, index): BinnedFeature => {
    const edges = Float64Array.from({ length: numBins - 1 }, (_value, i) => i);
    return { name: `x${index}`, index, kind: 'numeric', edges, categories: [], isFloat32: true };
  });
  const layout = layoutRecords(
    features,
    features.map(() => false),
    4,
  );
  const slots = layout.stride * numRows;
  const host = slots + 4 * numRows;
  const hostBytes = 16 * layout.numCompact;
  const leaves = host + hostBytes;
  const pages = Math.ceil((leaves + 4 * numRows) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const expected = fillRows(memory, { numRows, stride: layout.stride, slots });
  const begin = clock();
  const tree = await DeviceTree.create(open, {
    layout,
    memory,
    params,
    numRows,
    records: 0,
    countShift: quantisation.countShift,
    poolSlots: 4,
    maxNodes: 2,
    recordLimits: {},
  });
  try {
    await tree.beginTree(quantisation, slots, null);
    const segment = { buffer: 0, start: 0, count: numRows } as const;
    const whole = { slot: 0, mask: null, address: host };
    const mask = Uint8Array.from(layout.places, (_, p) => (p === 0 ? 1 : 0));
    const first = { ...whole, mask };
    const build = async (): Promise<void> => {
      tree.build([{ slot: 0, segment }], []);
      await tree.fetch([first]);
    };
    await build();
    const setUpMs = clock() - begin;
    const roundTripMs = await least(clock, () => tree.fetch([first]));
    const without = async (work: () => Promise<unknown>): Promise<number> =>
      Math.max(0, (await least(clock, work)) - roundTripMs);
    const histogramMs = await without(build);
    const place = layout.places[0] as FeaturePlace;
    const sides = new Uint8Array(256).fill(1, 0, 128);
    const moved = async (movings: readonly Moving[]): Promise<void> => {
      tree.move(movings);
      await tree.movedLeft();
    };
    const moveMs = await without(() => moved([{ segment, place, sides, numLeft: null }]));
    // two nodes without a row that has any weight: the first one's entries stay as they are
    const subtractMs = await without(async () => {
      tree.build([], [{ parent: 2, built: 3 }]);
      await tree.fetch([first]);
    });
    await build();
    await tree.fetch([whole]);
    const sums = new BigInt64Array(memory.buffer, host, 2 * layout.numCompact);
    const bare = {
      slot: 0,
      rows: numRows,
      totals: { grad: sumOf(sums, 0), hess: sumOf(sums, 1) },
    };
    const node = limited(bare, params, quantisation);
    const found = await tree.scores([node], host);
    const scoresMs = await without(() => tree.scores([node], host));
    // from here on row numbers are lost
    const markMs = await without(() =>
      tree.markLeaves([[segment]], { bytes: 1, others: 0, address: leaves }),
    );
    const hasScores = Array.from({ length: numFeatures }, (_, f) =>
      found[0]?.some((part) => (part[f] as number) > 0),
    );
    const isRight = expected.every((sum, i) => BigInt(sum) === sums[i]) && hasScores.every(Boolean);
    const times = { setUpMs, histogramMs, moveMs, subtractMs, scoresMs, markMs, roundTripMs };
    return { isRight, numRows, numFeatures, ...times };
  } finally {
    await tree.destroy();
  }
}

/** Writes made-up bins and gradients; returns the sums of g and h of every entry. */
function fillRows(
  memory: WebAssembly.Memory,
  { numRows, stride, slots }: { numRows: number; stride: number; slots: number },
): Float64Array {
  const bytes = new Uint8Array(memory.buffer);
  const gradients = new Int32Array(memory.buffer, slots, numRows);
  const sums = new Float64Array(2 * numFeatures * (numBins + 1));
  for (let row = 0; row < numRows; row++) {
    const random = mix32(row + 1);
    const g = (random & 0xffff) - 32768;
    const h = random >>> 17;
    gradients[row] = (g << 16) | h;
    for (let f = 0; f < numFeatures; f++) {
      const bin = mix32(random ^ Math.imul(f + 1, 0x9e3779b1)) % numBins;
      bytes[row * stride + f] = bin;
      const at = 2 * (f * (numBins + 1) + bin);
      sums[at] = (sums[at] as number) + g;
      sums[at + 1] = (sums[at + 1] as number) + h;
    }
  }
  return sums;
}

/** The first feature's entries added up: g or h. */
function sumOf(sums: BigInt64Array, field: 0 | 1): bigint {
  let total = 0n;
  for (let bin = 0; bin <= numBins; bin++) total += sums[2 * bin + field] as bigint;
  return total;
}

/** The shortest of five. */
async function least(clock: () => number, work: () => Promise<unknown>): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const begin = clock();
    await work();
    shortest = Math.min(shortest, clock() - begin);
  }
  return shortest;
}
