/**
 * Which parameters of boosted trees a device follows. What changes gains, or how trees grow, must be known to the device's
 * search or send the fit to the CPU; a parameter that stands in neither list does not compile.
 */
import type { GBTParams } from './gbt-params.ts';
import { growsMonotoneOnCpu } from './shaping-params.ts';

/** What columns, rows and rounds are, which the host reads, draws and measures, and leaves, which it sets. */
const ofTheHost = [
  ...(['seed', 'device', 'maxMemoryInMB', 'maxIter', 'stepSize', 'numParallelTrees'] as const),
  ...(['featuresCol', 'featuresCols', 'labelCol', 'weightCol', 'idCol', 'offsetCol'] as const),
  ...(['groupCol', 'predictionCol', 'leafCol', 'contributionsCol', 'zeroAsMissing'] as const),
  ...(['maxBins', 'binEdges', 'binSampleRows', 'linearLeaves', 'linearLambda'] as const),
  ...(['holdOutFolds', 'numModels', 'validationIndicatorCol', 'earlyStoppingRounds'] as const),
  ...(['validationTol', 'validationMetrics', 'trainingHistory', 'metricFunction'] as const),
  ...(['checkpointDir', 'checkpointInterval', 'objectiveFunction'] as const),
  ...(['subsamplingRate', 'subsamplingInterval', 'subsampleByGroup'] as const),
  ...(['gossTopRate', 'gossOtherRate', 'dropRate', 'skipDrop', 'maxDrop'] as const),
] as const satisfies readonly (keyof GBTParams)[];

/** What changes splits, and a device's fit of it is tested for the same bytes (`test/tree/backend/gpu/equal-fits.ts`). */
const ofTheDevice = [
  ...(['maxLeaves', 'maxDepth', 'minInfoGain', 'minInstancesPerNode', 'minSumHessian'] as const),
  ...(['lambda', 'alpha', 'maxDeltaStep', 'pathSmoothing', 'extraTrees'] as const),
  ...(['splitCost', 'splitCostPerRow', 'monotoneConstraints', 'interactionConstraints'] as const),
  ...(['featureSubsetStrategy', 'colsampleByTree', 'colsampleByLevel', 'featureWeights'] as const),
  ...(['maxCategoriesPerSplit', 'categorySmoothing', 'categoryLambda'] as const),
  ...(['minCategoryRows', 'maxOneHot'] as const),
] as const satisfies readonly (keyof GBTParams)[];

/** The values of all others that a device does not follow. */
const cpuOnly: Readonly<
  Record<
    Exclude<keyof GBTParams, (typeof ofTheHost)[number] | (typeof ofTheDevice)[number]>,
    (params: GBTParams) => boolean
  >
> = {
  growPolicy: ({ growPolicy }) => growPolicy === 'oblivious',
  monotoneMethod: growsMonotoneOnCpu,
  monotonePenalty: growsMonotoneOnCpu,
  gainFactors: ({ gainFactors }) => gainFactors !== undefined,
  featureCosts: ({ featureCosts }) => featureCosts !== undefined,
  featureCostsPerRow: ({ featureCostsPerRow }) => featureCostsPerRow !== undefined,
  forcedSplits: ({ forcedSplits }) => forcedSplits !== undefined,
};

/** Every parameter that boosted trees share, by who follows it. */
export const followedBy = { ofTheHost, ofTheDevice, cpuOnly };

/** Whether a fit asks for something that no device does. */
export function growsOnCpu(params: GBTParams): boolean {
  return Object.values(cpuOnly).some((asks) => asks(params));
}
