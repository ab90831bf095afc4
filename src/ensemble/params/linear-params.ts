/** Parameters of leaves that are linear in the features of their path, and what does not go with them. */
import type { IsGiven } from '../../params/define-params.ts';
import { bool, float } from '../../params/kinds.ts';

/** Of every estimator of boosted trees; no defaults, so that uids of saved models stay. */
export const linearParams = {
  /** Leaves are linear in the numeric features of their path instead of constant (false by default). */
  linearLeaves: bool({ since: '0.1.0' }),
  /** With linearLeaves: L2 penalty on slopes (1 by default), a feature counting from −1 to 1 over its leaf's rows. */
  linearLambda: float({ min: 0, since: '0.1.0' }),
};

/** What they are read from. */
export interface LinearOptions {
  readonly linearLeaves?: boolean | undefined;
  readonly linearLambda?: number | undefined;
}

/** The penalty of a job whose leaves are linear; undefined where they are constant. */
export function linearLambdaOf({ linearLeaves, linearLambda = 1 }: LinearOptions) {
  return linearLeaves === true ? linearLambda : undefined;
}

/** Rules for the values of leaves, which slopes would break. */
const strangers = [
  'monotoneConstraints',
  'alpha',
  'maxDeltaStep',
  'pathSmoothing',
  'dropRate',
  'contributionsCol',
];

/** The complaint about parameters that do not go together, or null. */
export function checkLinear(
  params: LinearOptions & { readonly lossType?: string | undefined },
  isGiven: IsGiven,
): string | null {
  if (params.linearLeaves !== true) {
    return isGiven('linearLambda') ? 'linearLambda must be left out without linearLeaves' : null;
  }
  const name = strangers.find(isGiven);
  if (name !== undefined) return `${name} must be left out with linearLeaves`;
  // their leaves are quantiles of their rows
  const isRank = params.lossType === 'absolute' || params.lossType === 'quantile';
  return isRank ? `linearLeaves must be false with lossType ${params.lossType}` : null;
}
