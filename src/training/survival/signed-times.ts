/**
 * A time until an event as one number: negative where the event had not come until then. Which times and marks are
 * none?
 */

/** Which of the two columns breaks which rule. */
export interface BrokenTime {
  readonly column: 'label' | 'censor';
  readonly rule: string;
  readonly got: number;
}

/** What is wrong with a row; null where nothing is. @param flag 1 where the event came, 0 where not */
export function brokenTime(time: number, flag: number): BrokenTime | null {
  if (!(time > 0))
    return { column: 'label', rule: 'a time above 0, whether the event came or not', got: time };
  if (flag !== 0 && flag !== 1)
    return { column: 'censor', rule: '1 where the event came and 0 where not', got: flag };
  return null;
}

/** See the header. */
export function signedTime(time: number, flag: number): number {
  return flag === 1 ? time : -time;
}
