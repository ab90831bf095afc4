/** No parameter of boosted trees is forgotten where it is decided whether a device may grow them. */
import { describe, expect, it } from 'vitest';
import { followedBy, growsOnCpu } from '../../../src/ensemble/params/device-params.ts';
import {
  type GBTParams,
  gbtClassifierParams,
  gbtRegressorParams,
  gbtSpecs,
} from '../../../src/ensemble/params/gbt-params.ts';
import { gbtRankerParams } from '../../../src/ensemble/params/ranker-params.ts';
import { resolveParams } from '../../../src/params/resolve-params.ts';

/** What an estimator has besides: losses and labels, which are gradients, and columns that are written. */
const ownParams = {
  GBTRegressor:
    'labelCols lossType huberDelta fairScale quantileLevel expectileLevel quantileAlphas tweediePower censorCol ' +
    'labelUpperBoundCol aftDistribution aftScale link centerLabels uid',
  GBTClassifier:
    'labelCols probabilityCol rawPredictionCol thresholds classWeights scalePosWeight stratifiedSampling ' +
    'classSamplingRates lossType focalGamma uid',
  GBTRanker:
    'lossType truncationLevel sigmoid lambdarankNorm orderNoise pairWeight positionCol positionBiasRegularization ' +
    'pointwiseRounds gradeWeight labelGains ndcgAt uid',
};

describe('parameters that a device follows or not', () => {
  const { ofTheHost, ofTheDevice, cpuOnly } = followedBy;
  const listed: readonly string[] = [...ofTheHost, ...ofTheDevice, ...Object.keys(cpuOnly)];

  it('are all that boosted trees share, each in one list', () => {
    expect([...listed].sort()).toEqual(Object.keys(gbtSpecs).sort());
  });

  it.each([gbtRegressorParams, gbtClassifierParams, gbtRankerParams])(
    'leave an estimator those of losses, labels and outputs ($owner)',
    ({ owner, schema }) => {
      const own = Object.keys(schema).filter((name) => !listed.includes(name));
      expect(own.sort()).toEqual(ownParams[owner as keyof typeof ownParams].split(' ').sort());
    },
  );

  it('send a fit to the CPU where one asks for what no device does', () => {
    const asks = (options: object) =>
      growsOnCpu(resolveParams(gbtRegressorParams, options) as unknown as GBTParams);
    const monotoneConstraints = { x: 1 };
    const cases: Record<keyof typeof cpuOnly, object> = {
      growPolicy: { growPolicy: 'oblivious', maxDepth: 4 },
      monotoneMethod: { monotoneConstraints, monotoneMethod: 'intermediate' },
      monotonePenalty: { monotoneConstraints, monotonePenalty: 0.5 },
      gainFactors: { gainFactors: { x: 0.5 } },
      featureCosts: { featureCosts: { x: 1 } },
      featureCostsPerRow: { featureCostsPerRow: { x: 1 } },
      forcedSplits: { forcedSplits: { feature: 'x', threshold: 1 } },
    };
    for (const options of Object.values(cases)) expect(asks(options)).toBe(true);
    for (const options of [{}, { monotoneConstraints }, { growPolicy: 'levelWise' }]) {
      expect(asks(options)).toBe(false);
    }
  });
});
