/** Which kernels are there? Each is a function of its own name in a file of this folder, and of wasm/assembly. */
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

/** The plain kernels, each with the memory it works on as the first of its arguments. */
export const twins = {
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

/** What kernels take and give. */
export type Twins = typeof twins;
