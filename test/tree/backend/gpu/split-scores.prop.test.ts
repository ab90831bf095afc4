/**
 * What gpu.js finds against the kernel that decides: the features that it leaves over always hold the best split
 * and the runner-up, and its scores keep to their error bound. Runs on the processor, in both of gpu.js's modes.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsHost } from '../../../../src/tree/backend/gpu/node-limits.ts';
import { markCandidates, scoreError } from '../../../../src/tree/backend/gpu/score-bounds.ts';
import {
  type GpuJs,
  type ScoreMode,
  SplitScores,
  scoreParts,
} from '../../../../src/tree/backend/gpu/split-scores.ts';
import { arbitraryDraws, type Draws } from '../../../kernels/draws.ts';
import {
  findIn,
  freeLimits,
  type SplitLimits,
  type SplitRows,
} from '../../../kernels/split-case.ts';
import { TwinMemories } from '../../../kernels/twin-memories.ts';
import { cumulatedSums, limitsOf, type NodeBatch, splitParams } from './cumulated-sums.ts';

const gpuJs = createRequire(import.meta.url)('gpu.js') as GpuJs;
const twins = new TwinMemories();

async function scoresOf(mode: ScoreMode, batch: NodeBatch) {
  const numFeatures = batch.nodes[0]?.features.length ?? 0;
  const finder = new SplitScores(gpuJs, mode, { numFeatures, cutsOfPart: batch.cutsOfPart });
  try {
    const size = [numFeatures, 4 * scoreParts * batch.cutsOfPart, batch.nodes.length];
    const lambda = Float32Array.from(batch.nodes, (rows) => limitsOf(rows, batch.limits).lambda);
    return await finder.find(gpuJs.input(cumulatedSums(batch), size), lambda);
  } finally {
    await finder.close();
  }
}

function drawLimits(draws: Draws): SplitLimits {
  return {
    ...freeLimits,
    gradUnit: draws.pick([1, 2 ** -20, 2 ** -300]),
    hessUnit: draws.pick([1, 2 ** -12, 0.3]),
    lambda: draws.pick([0, 0.5, 1, 1000]),
    minHess: draws.pick([0, 1e-9, 0.9, 4.5, 1e9]),
    minRows: draws.pick([0, 2, 20]),
    countShift: draws.pick([63, 40, 20]),
  };
}

function drawBatch(draws: Draws): NodeBatch {
  const numFeatures = 1 + draws.below(7);
  const most = 1 + draws.below(draws.pick([3, 12, 40]));
  const isTied = draws.bool(0.3);
  const drawNode = (): SplitRows => {
    const numRows = 1 + draws.below(50);
    const range = draws.pick([3, 201, 65_535]);
    const feature = () => {
      const missing = draws.pick([0, 0, 0.2, 1]);
      const isCategory = draws.bool(0.1);
      const bins = draws.list(numRows, () => (draws.bool(missing) ? null : draws.below(most)));
      return { bins, numValues: most, isCategory };
    };
    const first = feature();
    return {
      g: draws.list(numRows, () => draws.below(range) - (range >> 1)),
      h: draws.list(numRows, () => 1 + draws.below(draws.pick([1, 30, 65_000]))),
      features: draws.list(numFeatures, () => (isTied ? first : feature())),
    };
  };
  const nodes = draws.list(1 + draws.below(4), drawNode);
  return { nodes, limits: drawLimits(draws), cutsOfPart: 2 * Math.ceil(most / scoreParts) };
}

describe.each(['cpu', 'webasm'] as const)('gpu.js in mode %s', (mode) => {
  it('leaves the best split and the runner-up among the features that are looked at again', async () => {
    let numSplits = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryDraws, async (draws) => {
        const batch = drawBatch(draws);
        const { nodes, limits } = batch;
        const scores = await scoresOf(mode, batch);
        nodes.forEach((rows, n) => {
          const found = limitsOf(rows, limits);
          if (needsHost(splitParams(limits), found)) return;
          const marks = new Uint8Array(rows.features.length);
          const unknown = Uint8Array.from(rows.features, ({ isCategory }) => Number(isCategory));
          markCandidates(scores, n, { mask: null, unknown }, marks);
          const best = findIn(twins, rows, limits);
          if (best.feature < 0) return;
          numSplits += 1;
          expect(marks[best.feature]).toBe(1);
          if (best.runnerUp >= 0) expect(marks[best.runnerUp]).toBe(1);
          if (unknown[best.feature] === 1) return;
          const unit = (limits.hessUnit / limits.gradUnit) * (1 / limits.gradUnit);
          const scaled = (best.score * unit * found.gradScale ** 2) / found.hessScale;
          const parts = scores[n] as readonly Float32Array[];
          const score = Math.max(...parts.map((part) => part[best.feature] as number));
          expect(Math.abs(score - scaled)).toBeLessThanOrEqual(scaled * scoreError);
        });
      }),
      { numRuns: mode === 'cpu' ? 60 : 25 },
    );
    expect(numSplits).toBeGreaterThan(10);
  });

  it('has no score where every cut is refused', async () => {
    const rows: SplitRows = {
      g: [5, -3, 2],
      h: [1, 1, 1],
      features: [{ bins: [0, 1, 2], numValues: 3, isCategory: false }],
    };
    const limits = { ...freeLimits, lambda: 1, minHess: 2 };
    const scores = await scoresOf(mode, { nodes: [rows], limits, cutsOfPart: 2 });
    expect(scores[0]?.map((part) => part[0])).toEqual(Array(scoreParts).fill(-1));
    const marks = new Uint8Array(1);
    expect(markCandidates(scores, 0, { mask: null, unknown: new Uint8Array(1) }, marks)).toBe(0);
  });

  it('reads sums beyond the 2^24th as exactly as those before', async () => {
    const shape = { numFeatures: 67, cutsOfPart: 64 };
    const numCuts = scoreParts * shape.cutsOfPart;
    const numNodes = Math.ceil(2 ** 24 / (4 * numCuts * shape.numFeatures)) + 2;
    const sums = new Float32Array(numNodes * 4 * numCuts * shape.numFeatures);
    const at = (node: number, cut: number, field: number, feature: number): number =>
      ((node * numCuts + cut) * 4 + field) * shape.numFeatures + feature;
    for (let i = 0; i < sums.length; i += shape.numFeatures) {
      if ((i / shape.numFeatures) % 4 === 1) sums.fill(-1, i, i + shape.numFeatures);
    }
    const wanted = [0, 1, numNodes - 2, numNodes - 1];
    for (const node of wanted) {
      for (const feature of [0, 1, 65, 66]) {
        const cut = (node * 31 + feature * 7) % numCuts;
        sums[at(node, cut, 0, feature)] = feature + node + 1;
        sums[at(node, cut, 1, feature)] = 1;
        sums[at(node, cut, 2, feature)] = 2;
        sums[at(node, cut, 3, feature)] = 1;
      }
    }
    const finder = new SplitScores(gpuJs, mode, shape);
    const size = [shape.numFeatures, 4 * numCuts, numNodes];
    const scores = await finder.find(gpuJs.input(sums, size), new Float32Array(numNodes).fill(1));
    await finder.close();
    expect(sums.length).toBeGreaterThan(2 ** 24);
    for (const node of wanted) {
      for (const feature of [0, 1, 2, 65, 66]) {
        const parts = scores[node] as readonly Float32Array[];
        const best = Math.max(...parts.map((part) => part[feature] as number));
        const has = feature !== 2;
        expect([node, feature, best]).toEqual([
          node,
          feature,
          has ? ((feature + node + 1) ** 2 + 4) / 2 : -1,
        ]);
      }
    }
  });
});

describe('the features that are looked at again', () => {
  const row = (...values: number[]): Float32Array[] =>
    Array.from({ length: scoreParts }, (_, part) =>
      Float32Array.from(values, (value) => (part === 3 ? value : -1)),
    );
  const marked = (
    values: readonly number[],
    mask: Uint8Array | null,
    unknown: readonly number[],
  ) => {
    const marks = new Uint8Array(values.length);
    markCandidates([row(...values)], 0, { mask, unknown: Uint8Array.from(unknown) }, marks);
    return [...marks];
  };

  it('are the best two, and those that the error bound cannot tell from the second', () => {
    expect(marked([5, 9, 7, 6.99999], null, [0, 0, 0, 0])).toEqual([0, 1, 1, 1]);
    expect(marked([5, 9, 7, 6.999], null, [0, 0, 0, 0])).toEqual([0, 1, 1, 0]);
    expect(marked([4, 4, 4], null, [0, 0, 0])).toEqual([1, 1, 1]);
  });

  it('are never those that may not split, always categories, and all that gave no number', () => {
    expect(marked([5, 9, 7, 3], Uint8Array.of(1, 0, 1, 1), [0, 0, 0, 0])).toEqual([1, 0, 1, 0]);
    expect(marked([5, 9, 7, -1], null, [0, 0, 0, 1])).toEqual([0, 1, 1, 1]);
    expect(marked([5, Number.NaN, 7, 3], null, [0, 0, 0, 0])).toEqual([0, 1, 1, 0]);
  });
});
