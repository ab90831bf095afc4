/** What the arms of a trial with several treatments are called. */
import { DataType } from 'apache-arrow';
import { isText } from './label-values.ts';

/** Values of a column that stand for treatments, as parameters have them. */
export type TreatmentValues = readonly string[] | readonly number[];

/** Values as they are called: numbers as JavaScript prints them; null where none are given. */
export function armNames(treatments: TreatmentValues | undefined): readonly string[] | null {
  return treatments?.map(String) ?? null;
}

/** What is wrong with parameters that name arms; null for nothing. */
export function problemOfArms(
  treatments: TreatmentValues | undefined,
  controlValue: string | number | undefined,
): string | null {
  const names = armNames(treatments) ?? [];
  if (new Set(names).size < names.length) return 'treatments must be different values';
  if (controlValue !== undefined && names.includes(String(controlValue)))
    return 'treatments must not hold controlValue';
  return null;
}

/** The value of untreated rows: `control` of texts, false of booleans and 0 of numbers where none is given. */
export function controlName(type: DataType, controlValue: string | number | undefined): string {
  if (controlValue !== undefined) return String(controlValue);
  const values = DataType.isDictionary(type) ? (type.dictionary as DataType) : type;
  if (DataType.isBool(values)) return 'false';
  return isText(values) ? 'control' : '0';
}
