/** The parameter that says in which order trees grow, and what does not go with it. */
import type { IsGiven } from '../../params/define-params.ts';
import { oneOf } from '../../params/kinds.ts';

/** Of every estimator of boosted trees; no default, so that uids of saved models stay. */
export const policyParams = {
  /** The best leaf first, level by level, or level by level with one split for all nodes of a level (oblivious); by
   *  default the best leaf, or levels where maxDepth is given without maxLeaves. */
  growPolicy: oneOf(['leafWise', 'levelWise', 'oblivious'], { since: '0.1.0' }),
};

/** Levels whose histograms are all kept at once. */
const mostLevels = 12;

/** What bends the gains of single nodes. */
const strangers = [
  'monotoneConstraints',
  'alpha',
  'maxDeltaStep',
  'pathSmoothing',
  'extraTrees',
  'featureSubsetStrategy',
  'gainFactors',
  'featureCosts',
  'featureCostsPerRow',
  'splitCost',
  'splitCostPerRow',
  'forcedSplits',
];

/** The complaint about parameters that do not go together, or null. */
export function checkPolicy(
  params: {
    readonly growPolicy?: string | undefined;
    readonly maxDepth: number | undefined;
    readonly device?: string | undefined;
  },
  isGiven: IsGiven,
): string | null {
  const { growPolicy, maxDepth } = params;
  if (growPolicy === undefined || growPolicy === 'leafWise') return null;
  if (isGiven('maxLeaves')) return `maxLeaves must be left out with growPolicy ${growPolicy}`;
  if (growPolicy !== 'oblivious') return null;
  const name = strangers.find(isGiven);
  if (name !== undefined) return `${name} must be left out with growPolicy oblivious`;
  if (maxDepth !== undefined && maxDepth > mostLevels)
    return `maxDepth must be at most ${mostLevels} with growPolicy oblivious`;
  return params.device === 'gpu' ? 'device must be cpu with growPolicy oblivious' : null;
}
