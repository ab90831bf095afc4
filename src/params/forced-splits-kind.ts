/** A parameter that gives the splits that trees begin with: nested objects; on a command line as JSON. */
import { isPlainObject, type Json } from '../base/json.ts';
import { jsonFromText } from './json-from-text.ts';
import {
  type CommonFacts,
  makeSpec,
  type ParamSpec,
  type PresenceOf,
  refused,
} from './param-spec.ts';

/** A split that trees begin with, and those that follow it on either side. */
export interface ForcedSplits {
  /** Name of the feature. */
  readonly feature: string;
  /** Of a numeric feature: values up to it go left; it moves up to the next border of bins. */
  readonly threshold?: number;
  /** Of a category feature: the values that go left. */
  readonly categories?: readonly string[];
  /** The next split of the rows that went left. */
  readonly left?: ForcedSplits;
  /** The next split of the rows that went right. */
  readonly right?: ForcedSplits;
}

/** Facts of {@link forcedSplits}. */
export interface ForcedSplitsFacts extends CommonFacts {
  /** The value when it is left out. */
  readonly default?: ForcedSplits;
}

/** Splits below one another, at most. */
const mostLevels = 100;

const names = ['feature', 'threshold', 'categories', 'left', 'right'];

/** A split by a threshold or by categories, with further ones on its sides. */
export function forcedSplits<const F extends ForcedSplitsFacts>(
  facts: F,
): ParamSpec<ForcedSplits, PresenceOf<F>> {
  return makeSpec(
    {
      kind: 'forcedSplits',
      rule: 'an object of feature, threshold (a number) or categories (a list of different texts), and of left and right of its kind where splits follow',
      check: (value) => checkSplit(value, 0),
      toJson: jsonOf,
      fromText: jsonFromText,
      inFile: 'splits',
    },
    facts,
  ) as ParamSpec<ForcedSplits, PresenceOf<F>>;
}

function checkSplit(value: unknown, level: number): ForcedSplits | typeof refused {
  if (!isPlainObject(value) || level === mostLevels) return refused;
  if (Object.keys(value).some((name) => !names.includes(name))) return refused;
  const { feature, threshold, categories } = value;
  if (typeof feature !== 'string') return refused;
  const question = questionOf(threshold, categories);
  if (question === refused) return refused;
  const sides: { left?: ForcedSplits; right?: ForcedSplits } = {};
  for (const side of ['left', 'right'] as const) {
    if (value[side] === undefined) continue;
    const below = checkSplit(value[side], level + 1);
    if (below === refused) return refused;
    sides[side] = below;
  }
  return Object.freeze({ feature, ...question, ...sides });
}

function questionOf(
  threshold: unknown,
  categories: unknown,
): Pick<ForcedSplits, 'threshold' | 'categories'> | typeof refused {
  if ((threshold === undefined) === (categories === undefined)) return refused;
  if (categories === undefined) {
    const isNumber = typeof threshold === 'number' && Number.isFinite(threshold);
    return isNumber ? { threshold: threshold + 0 } : refused;
  }
  if (!Array.isArray(categories) || categories.length === 0) return refused;
  const listed = categories as unknown[];
  if (listed.some((item) => typeof item !== 'string') || new Set(listed).size < listed.length)
    return refused;
  return { categories: Object.freeze([...(listed as string[])]) };
}

function jsonOf({ left, right, ...question }: ForcedSplits): Json {
  return {
    ...question,
    ...(left === undefined ? {} : { left: jsonOf(left) }),
    ...(right === undefined ? {} : { right: jsonOf(right) }),
  } as Json;
}
