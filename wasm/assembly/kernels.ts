// The one module: every kernel by name. Pointers and lengths only; the memory is imported and shared.
export { binCodes, binF32, binF32Full, binF64, binF64Wide } from './bin-column';
export { cutNumbers } from './cut-numbers';
export { copyDrawn, drawCounts } from './draw-forest-rows';
export { explainTree } from './explain-tree';
export { findPackedSplit } from './find-packed-split';
export { findShapedSplit } from './find-shaped-split';
export { findSplit } from './find-split';
export { drawFeatures } from './forest-features';
export { addForestRows, nodeTotals, weighNode } from './forest-histogram';
export { isEnough, maySplit, scanNode, searchNode, splitForestRows } from './forest-node';
export {
  logisticGradients, pointGradients, pointLosses, quantise16, quantise32, rowLosses, softmaxGradients, softmaxLosses, softmaxProbabilities,
  squaredGradients,
} from './gradients';
export { packBuilds } from './grow-elsewhere';
export { beginLazily, growLazily } from './grow-lazily';
export { beginLeaves, growLeaves, markLeaves } from './grow-leaves';
export {
  addInt64, clearBytes, flushPacked, histogramPacked, histogramWide, reduceHistogram,
  reducePacked, subtractHistogram,
} from './histogram';
export { addLeafValues, findLeaves, leafSums, leafTotals, markLeaf } from './leaf-values';
export { addLevelScores } from './level-scores';
export { addScaled, foldedDot } from './linear-sums';
export { addPackedHistogram, featureSums, packHistogram } from './packed-histogram';
export { drawRows, partitionIds, partitionInPlace, partitionRecords, partitionRecords32 } from './partition-rows';
export { exp, log, logistic, softplus } from './portable-math';
export { addNodeValues, findBlockNodes, findNodes, predictBlock } from './predict';
export { addEntriesPacked, addEntriesWide, fillUsualBins, listEntryRows, writeRowEntries } from './row-entries';
export { countLeaves, settleLeaves, writeRoutes } from './settle-leaves';
export { scoreRow } from './score-row';
export { drawScores, lambdaGradients, listGradients, sortGroups } from './ranking';
export { rankF32, rankF64, rankMissingLow } from './rank-values';
