/** Which arm of a trial with several treatments is each row of? */
import type { Vector } from 'apache-arrow';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { encodeCategories } from '../table/columns/column-values.ts';

/** Whose arms are read, and from where; for errors. */
export interface ArmPlace {
  readonly owner: string;
  readonly column: string;
  /** The partition's number, where it is known. */
  readonly partition?: number | undefined;
}

/**
 * The arm of each row: its place in `names`, the untreated ones' first; −1 for rows of weight 0, and of other arms.
 *
 * @param isOther whether a value is of an arm that is not asked for
 * @throws CoppiceError `LABEL_INVALID` for a missing value, and one that is no arm
 */
export function readArms(
  vector: Vector,
  names: readonly string[],
  place: ArmPlace & { readonly weights: Float64Array | null },
  isOther: (value: string) => boolean = () => false,
): Int32Array {
  const { weights } = place;
  const codes = new Int32Array(vector.length);
  const values = encodeCategories(vector, codes, 0);
  const places = values.map((value) => names.indexOf(value));
  const isKnown = values.map((value, code) => places[code] !== -1 || isOther(value));
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    const isOut = weights?.[row] === 0;
    if (!isOut && isKnown[code] !== true) throw noArm(values[code], names, { ...place, row });
    codes[row] = isOut ? -1 : (places[code] as number);
  }
  return codes;
}

function noArm(
  value: string | undefined,
  [control = '', ...treatments]: readonly string[],
  { owner, column, partition, row }: ArmPlace & { readonly row: number },
): CoppiceError {
  const shown = treatments.slice(0, 12).map(describeValue).join(', ');
  const more = treatments.length > 12 ? `, and ${treatments.length - 12} more` : '';
  const got = value === undefined ? 'null or NaN' : describeValue(value);
  const where = partition === undefined ? `row ${row}` : `row ${row} of partition ${partition}`;
  const remedy =
    value === undefined
      ? 'drop such rows with na.drop'
      : 'name it in treatments (untreated rows: controlValue), or leave such rows out with filter';
  return new CoppiceError(
    'LABEL_INVALID',
    `${column} (of ${owner}) must be ${describeValue(control)} or a treatment (${shown}${more}) in every row; got ${got} in ${where}: ${remedy}`,
    { context: { owner, column, row, ...(partition === undefined ? {} : { partition }) } },
  );
}
