/** Parameters of fits of boosted trees that choose their rounds by themselves. */

/** The complaint about parameters that do not go together, or null. */
export function checkSelfStopping(params: {
  readonly holdOutFolds: number | undefined;
  readonly numModels: number | undefined;
  readonly objectiveFunction: unknown;
  readonly metricFunction: unknown;
}): string | null {
  const { holdOutFolds, numModels } = params;
  if (holdOutFolds === undefined && numModels === undefined) return null;
  const name = holdOutFolds === undefined ? 'numModels' : 'holdOutFolds';
  if (params.objectiveFunction !== undefined || params.metricFunction !== undefined) {
    return `${name} must be left out with objectiveFunction or metricFunction`;
  }
  if (numModels === undefined) return null;
  if ((numModels & (numModels - 1)) !== 0) return 'numModels must be 1, 2, 4, 8, 16, 32 or 64';
  return holdOutFolds !== undefined && numModels > holdOutFolds
    ? 'numModels must be at most holdOutFolds'
    : null;
}
