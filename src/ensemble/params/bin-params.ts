/** How numbers become bins: the parameters, and what a training job makes of the edges that are given. */
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { int } from '../../params/kinds.ts';
import { type NumberListsByName, numberListsByName } from '../../params/lists-by-name-kind.ts';
import type { FeatureSource } from '../../training/messages.ts';

/** Of every estimator whose trees are grown on histograms. */
export const binParams = {
  /** Most bins of a numeric feature. */
  maxBins: int({ default: 255, min: 2, max: 255, since: '0.1.0' }),
  /** Edges that the bins of numeric features must have, by feature name: values up to an edge are apart from those above
   *  it. The other bins are found in the data. */
  binEdges: numberListsByName({ since: '0.1.0' }),
  /** Rows, chosen by hash, that bins are made from. */
  binSampleRows: int({ default: 200_000, min: 1, since: '0.1.0' }),
};

/** The complaint about more edges than bins have, or null. */
export function checkBins({
  binEdges = {},
  maxBins,
}: {
  readonly binEdges?: NumberListsByName | undefined;
  readonly maxBins: number;
}): string | null {
  const [name, edges = []] =
    Object.entries(binEdges).find(([, { length }]) => length >= maxBins) ?? [];
  return name === undefined
    ? null
    : `binEdges must be at most ${maxBins - 1} for each feature where maxBins is ${maxBins} (${name} has ${edges.length})`;
}

/**
 * The given edges of each feature, or undefined where none are given.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function binEdgesOf(
  owner: string,
  given: NumberListsByName | undefined,
  features: readonly FeatureSource[],
): readonly (readonly number[])[] | undefined {
  if (given === undefined) return undefined;
  const names = features.map(({ name }) => name);
  const refuse = (name: string, rule: string): CoppiceError =>
    new CoppiceError('PARAM_INVALID', `binEdges of ${owner} must ${rule}`, {
      context: { owner, param: 'binEdges', column: name },
    });
  for (const name of Object.keys(given)) {
    const kind = features[names.indexOf(name)]?.kind;
    if (kind === undefined)
      throw refuse(name, `name features; got ${name}; ${nameSuggestion(name, names)}`);
    if (kind === 'category')
      throw refuse(
        name,
        `be of numbers, for categories have no order; got some for ${name}; leave it out, or turn the column into numbers`,
      );
  }
  return names.map((name) => (Object.hasOwn(given, name) ? (given[name] ?? []) : []));
}
