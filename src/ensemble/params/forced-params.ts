/** The splits that trees are told to begin with: the parameter, and what a training job makes of it. */
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import type { IsGiven } from '../../params/define-params.ts';
import { type ForcedSplits, forcedSplits } from '../../params/forced-splits-kind.ts';
import type { FeatureSource } from '../../training/messages.ts';
import type { ForcedNode } from '../../tree/forced-splits.ts';

/** Of every estimator of boosted trees. */
export const forcedSplitsParams = {
  /** The splits that every tree begins with: feature, threshold or categories, and the same again under left and right. */
  forcedSplits: forcedSplits({ since: '0.1.0' }),
};

/** The complaint about parameters that do not go together, or null. */
export function checkForced(
  { device }: { readonly device?: string | undefined },
  isGiven: IsGiven,
): string | null {
  if (!isGiven('forcedSplits')) return null;
  if (isGiven('interactionConstraints'))
    return 'interactionConstraints must be left out with forcedSplits';
  return device === 'gpu' ? 'device must be cpu with forcedSplits' : null;
}

/**
 * The job's part, or undefined where trees grow freely.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function forcedNodesOf(
  owner: string,
  given: ForcedSplits | undefined,
  features: readonly FeatureSource[],
): ForcedNode | undefined {
  if (given === undefined) return undefined;
  const { feature, threshold, categories, left, right } = given;
  const names = features.map(({ name }) => name);
  const index = names.indexOf(feature);
  const refuse = (rule: string): CoppiceError =>
    new CoppiceError('PARAM_INVALID', `forcedSplits of ${owner} must ${rule}`, {
      context: { owner, param: 'forcedSplits', column: feature },
    });
  if (index < 0) throw refuse(`name features; got ${feature}; ${nameSuggestion(feature, names)}`);
  const isCategory = features[index]?.kind === 'category';
  if (isCategory && categories === undefined)
    throw refuse(`have categories for ${feature}, which holds texts; got a threshold`);
  if (!isCategory && threshold === undefined) {
    const got = describeValue(categories);
    throw refuse(`have a threshold for ${feature}, which holds numbers; got ${got}`);
  }
  return {
    feature: index,
    threshold: threshold ?? null,
    categories: categories ?? null,
    left: forcedNodesOf(owner, left, features) ?? null,
    right: forcedNodesOf(owner, right, features) ?? null,
  };
}
