/** Comparisons of whole columns: numbers exactly, times across units, text by its UTF-8 bytes. */
import { compareUtf8 } from '../columns/compare-text.ts';
import type { ComparisonName } from './expression-node.ts';
import { sameUnit } from './time-values.ts';
import {
  asNumbers,
  asText,
  type BoolValues,
  type NumberValues,
  type TextValues,
  type Values,
  validityOfValues,
} from './values.ts';

/** By what three-way comparison (−1, 0, 1) a name holds. */
const comparisons: Record<ComparisonName, (order: number) => boolean> = {
  eq: (order: number) => order === 0,
  ne: (order: number) => order !== 0,
  lt: (order: number) => order < 0,
  le: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  ge: (order: number) => order >= 0,
};

/** Compares row by row; null where an operand is null. */
export function compareValues(left: Values, right: Values, name: ComparisonName): BoolValues {
  const holds = comparisons[name];
  const leftValid = validityOfValues(left);
  const rightValid = validityOfValues(right);
  const valid = leftValid.map((value, i) => value & (rightValid[i] as number));
  const values = new Uint8Array(valid.length);
  if (left.kind === 'text' || right.kind === 'text') {
    compareTexts(asText(left), asText(right), holds, values);
  } else compareNumbers(sameUnit(asNumbers(left), asNumbers(right), 'saturate'), holds, values);
  return { kind: 'bool', values, valid };
}

function compareNumbers(
  [left, right]: readonly [NumberValues, NumberValues],
  holds: (order: number) => boolean,
  out: Uint8Array,
): void {
  if (left.wide !== undefined || right.wide !== undefined) {
    // A bigint and a number compare exactly.
    const a = left.wide ?? left.values;
    const b = right.wide ?? right.values;
    for (let i = 0; i < out.length; i++)
      out[i] = holds(orderOf(a[i] as number, b[i] as number)) ? 1 : 0;
    return;
  }
  const a = left.values;
  const b = right.values;
  for (let i = 0; i < out.length; i++)
    out[i] = holds(orderOf(a[i] as number, b[i] as number)) ? 1 : 0;
}

/** NaN equals NaN and is above all else. */
function orderOf(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(a !== a) - Number(b !== b);
}

function compareTexts(
  left: TextValues,
  right: TextValues,
  holds: (order: number) => boolean,
  out: Uint8Array,
): void {
  const width = right.texts.length;
  // One slot for each pair of distinct texts where there are few: 0 unknown, 1 false, 2 true.
  const pairs = left.texts.length * width;
  const known = new Uint8Array(pairs <= 1 << 20 ? pairs : 0);
  for (let i = 0; i < out.length; i++) {
    const a = left.codes[i] as number;
    const b = right.codes[i] as number;
    if (a < 0 || b < 0) continue;
    const pair = a * width + b;
    let answer = known[pair] ?? 0;
    if (answer === 0) {
      const order = compareUtf8(left.texts[a] as string, right.texts[b] as string);
      answer = holds(order) ? 2 : 1;
      known[pair] = answer;
    }
    out[i] = answer - 1;
  }
}
