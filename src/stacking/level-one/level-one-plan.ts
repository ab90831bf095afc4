/** Which columns are taken of the members of an ensemble, as plain data. */
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { Take } from './level-one-operator.ts';

/** What may be asked for; `auto` takes probabilities where there are any, else margins, else predictions. */
export const baseOutputs = ['auto', 'probability', 'margin', 'prediction'] as const;

/** What is asked for of every member. */
export interface LevelOneRequest {
  readonly baseOutput: (typeof baseOutputs)[number];
  /** Probabilities become log(p / (1 − p)). */
  readonly logit: boolean;
  /** Classes ascending; null where numbers are predicted. */
  readonly classes: readonly LabelValue[] | null;
}

/** One member's columns; plain data. */
export interface MemberColumns {
  readonly name: string;
  /** The column of its model that is read. */
  readonly source: string;
  readonly take: Take;
  /** The columns that are made of it. */
  readonly columns: readonly string[];
}

/** Every member's columns, and what they have in common; plain data, saved with a model. */
export interface LevelOnePlan extends Pick<LevelOneRequest, 'logit' | 'classes'> {
  readonly members: readonly MemberColumns[];
}
