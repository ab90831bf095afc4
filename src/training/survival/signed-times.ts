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

/** What is wrong with the earliest and the latest time that an event may have come at; null where nothing is. */
export function brokenBounds(
  earliest: number,
  latest: number,
): { readonly column: 'label' | 'upper'; readonly rule: string; readonly got: number } | null {
  if (!(earliest >= 0 && earliest < Number.POSITIVE_INFINITY))
    return { column: 'label', rule: 'the earliest time of the event, 0 for none', got: earliest };
  if (latest > 0 && latest >= earliest) return null;
  const rule =
    'the latest time of the event, above 0 and not before the earliest (missing where it had not come)';
  return { column: 'upper', rule, got: latest };
}

/** See the header. */
export function signedTime(time: number, flag: number): number {
  return flag === 1 ? time : -time;
}
