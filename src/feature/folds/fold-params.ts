/** The parameters that say how rows are cut into folds; whoever fits out of fold spreads them. */
import { bool, column, int } from '../../params/kinds.ts';

/** How rows are cut into folds: by chance, or by one of the others. */
export const foldParams = {
  /** Into how many folds the rows are cut. */
  numFolds: int({ default: 5, min: 2, max: 1000, since: '0.1.0' }),
  /** Seed of the folds. */
  seed: int({ default: 0, since: '0.1.0' }),
  /** An id of each row that folds hang on; by default the row's position. */
  idCol: column({ since: '0.1.0' }),
  /** Each fold gets the same share of every class. */
  stratified: bool({ default: false, since: '0.1.0' }),
  /** Rows of one group are in one fold. */
  groupCol: column({ since: '0.1.0' }),
  /** Folds follow each other in time; each is predicted from the rows before it. */
  timeCol: column({ since: '0.1.0' }),
  /** A column that says each row's fold; numFolds is how many values it has. */
  foldCol: column({ since: '0.1.0' }),
};

/** The values of {@link foldParams}. */
export interface FoldParams {
  readonly numFolds: number;
  readonly seed: number;
  readonly idCol: string | undefined;
  readonly stratified: boolean;
  readonly groupCol: string | undefined;
  readonly timeCol: string | undefined;
  readonly foldCol: string | undefined;
}

/** What is wrong with fold parameters together; for the cross-check of a class. */
export function foldComplaint(params: FoldParams): string | null {
  const names = (['groupCol', 'timeCol', 'foldCol'] as const).filter(
    (name) => params[name] !== undefined,
  );
  const given = [...names, ...(params.stratified ? ['stratified'] : [])];
  return given.length < 2 ? null : `${given[0]} must be left out where ${given[1]} is given`;
}
