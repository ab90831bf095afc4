/** Parameters of votes, for classes and for numbers. */
import type { Schema } from 'apache-arrow';
import { checkFoldColumns } from '../../feature/folds/check-fold-columns.ts';
import { type FoldParams, foldComplaint, foldParams } from '../../feature/folds/fold-params.ts';
import { int, numbers, oneOf } from '../../params/kinds.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { memberParams, parallelismParam } from '../members.ts';

/** Parameters of both, besides the estimators. */
export const votingParams = {
  ...memberParams,
  /** One weight an estimator; none are the same as equal ones. */
  weights: numbers({ min: 0, minLength: 1, since: '0.1.0' }),
  /** Weights that are equal (or given), learned from out-of-fold predictions, or counted by greedy selection. */
  weighting: oneOf(['equal', 'learned', 'selected'], { default: 'equal', since: '0.1.0' }),
  /** How often selection adds an estimator, the same ones too. */
  selectionRounds: int({ default: 50, min: 1, max: 10_000, since: '0.1.0' }),
  ...foldParams,
  /** How many fits may be under way at once; by default as many as the session has threads. */
  parallelism: parallelismParam,
};

interface VotingValues extends FoldParams {
  readonly weights: readonly number[] | undefined;
  readonly weighting: string;
  readonly voting?: string;
}

/** What is wrong with parameters together. */
export function votingComplaint(params: VotingValues): string | null {
  const { weights, weighting, voting } = params;
  if (weights !== undefined && weighting !== 'equal')
    return 'weights must be left out where weighting finds them';
  if (weights?.every((weight) => weight === 0) === true)
    return 'weights must have one that is above 0';
  if (voting === 'hard' && weighting === 'learned')
    return "weighting must be 'equal' or 'selected' for hard votes";
  return foldComplaint(params);
}

/** Refuses columns that are not there; no data is read. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE` */
export function checkVoteColumns(
  owner: string,
  schema: Schema,
  params: FoldParams & { readonly weightCol: string | undefined },
  labelCol: string,
): void {
  if (params.weightCol !== undefined) requireColumn(owner, 'weightCol', params.weightCol, schema);
  requireColumn(owner, 'labelCol', labelCol, schema);
  checkFoldColumns({ owner, params, labelCol }, schema);
}
