/**
 * Which function answers to each kernel's name when WebAssembly is not to be had, or not to be trusted?
 * The plain TypeScript twins, the definition of truth: the same bits on the same memory, many times slower.
 */
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';
import type { Kernels } from '../kernels.ts';
import type { LeafKernels } from '../leaf-kernels.ts';
import * as binColumn from './bin-column.ts';
import { cutNumbers } from './cut-numbers.ts';
import * as drawForestRows from './draw-forest-rows.ts';
import { explainTree } from './explain-tree.ts';
import { findPackedSplit } from './find-packed-split.ts';
import { findShapedSplit } from './find-shaped-split.ts';
import { findSplit } from './find-split.ts';
import { drawFeatures } from './forest-features.ts';
import * as forestHistogram from './forest-histogram.ts';
import * as forestNode from './forest-node.ts';
import * as gradients from './gradients.ts';
import * as histogram from './histogram.ts';
import * as leafValues from './leaf-values.ts';
import { addLevelScores } from './level-scores.ts';
import * as linearSums from './linear-sums.ts';
import * as packedHistogram from './packed-histogram.ts';
import * as partitionRows from './partition-rows.ts';
import * as predict from './predict.ts';
import * as rankValues from './rank-values.ts';
import * as ranking from './ranking.ts';
import * as rowEntries from './row-entries.ts';
import { scoreRow } from './score-row.ts';
import { Views } from './views.ts';

type Scalar = 'exp' | 'log' | 'softplus' | 'logistic';
type OnMemory = Omit<Kernels, 'kind' | Scalar | keyof LeafKernels>;
type Twins = {
  [Name in keyof OnMemory]: (
    m: Views,
    ...rest: Parameters<OnMemory[Name]>
  ) => ReturnType<OnMemory[Name]>;
};

const twins: Twins = {
  ...binColumn,
  cutNumbers,
  ...gradients,
  ...histogram,
  findSplit,
  findPackedSplit,
  findShapedSplit,
  addLevelScores,
  drawFeatures,
  ...drawForestRows,
  ...forestHistogram,
  ...forestNode,
  ...packedHistogram,
  ...partitionRows,
  ...leafValues,
  ...linearSums,
  ...predict,
  ...rowEntries,
  ...rankValues,
  scoreRow,
  ...ranking,
  explainTree,
};

/** The plain kernels on a memory; the memory may grow between calls. */
export function referenceKernels(memory: WebAssembly.Memory): Kernels {
  let views = new Views(memory.buffer);
  const bind = (twin: (m: Views, ...rest: number[]) => unknown) => {
    return (...rest: number[]) => {
      if (views.buffer !== memory.buffer) views = new Views(memory.buffer);
      return twin(views, ...rest);
    };
  };
  const bound = Object.fromEntries(
    Object.entries(twins).map(([name, twin]) => [
      name,
      bind(twin as (m: Views, ...rest: number[]) => unknown),
    ]),
  );
  return { kind: 'reference', ...(bound as unknown as OnMemory), exp, log, softplus, logistic };
}
