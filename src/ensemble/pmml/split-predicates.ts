/**
 * Splits as predicates of PMML. The two sides of a split are each other's opposite, and unknown where the value is missing:
 * then the default child is taken. A category that was never seen is in no list, so the side that lists none of them has it.
 */
import { content, escaped, numberText } from '../../pipeline/pmml/pmml-text.ts';
import { leftCategories } from '../../tree/left-categories.ts';
import { nodeFlag } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/** A feature as the document has it. */
export interface PmmlFeature {
  readonly field: string;
  readonly kind: 'number' | 'flag' | 'text';
  readonly categories: readonly string[];
}

/** The predicates of both sides, or the only side that rows go to. */
export type SplitSides = readonly [left: string, right: string] | 'left' | 'right';

/** What a split is in PMML. @param node counted over all trees */
export function sidesOf(trees: TreeEnsemble, node: number, feature: PmmlFeature): SplitSides {
  const missingGoesLeft = ((trees.flags[node] as number) & nodeFlag.missingGoesLeft) !== 0;
  const simple = (operator: string, value?: string): string =>
    simplePredicate(feature.field, operator, value);
  /** All that is there goes to one side. */
  const whole = (isLeft: boolean): SplitSides => {
    if (isLeft === missingGoesLeft) return isLeft ? 'left' : 'right';
    const sides = [simple('isNotMissing'), simple('isMissing')] as const;
    return isLeft ? sides : [sides[1], sides[0]];
  };
  if (feature.kind === 'text') return categorySides(trees, node, feature, whole);
  const threshold = trees.threshold[node] as number;
  if (feature.kind === 'flag') {
    if (threshold < 0 || threshold >= 1) return whole(threshold >= 1);
    return [simple('equal', 'false'), simple('equal', 'true')];
  }
  if (threshold === Number.POSITIVE_INFINITY) return whole(true);
  if (threshold === Number.NEGATIVE_INFINITY) {
    // below the smallest number is minus infinity alone
    const least = numberText(-Number.MAX_VALUE);
    return [simple('lessThan', least), simple('greaterOrEqual', least)];
  }
  const value = numberText(threshold);
  return [simple('lessOrEqual', value), simple('greaterThan', value)];
}

function categorySides(
  trees: TreeEnsemble,
  node: number,
  { field, categories }: PmmlFeature,
  whole: (isLeft: boolean) => SplitSides,
): SplitSides {
  const unseenGoesLeft = ((trees.flags[node] as number) & nodeFlag.unseenGoesLeft) !== 0;
  const left = new Set(leftCategories(trees, node, categories));
  const listed = categories.filter((category) => left.has(category) !== unseenGoesLeft);
  if (listed.length === 0) return whole(unseenGoesLeft);
  const [is, isNot] = membership(field, listed);
  return unseenGoesLeft ? [isNot, is] : [is, isNot];
}

/** That a text is one of a list, and that it is none. */
function membership(field: string, listed: readonly string[]): [string, string] {
  const [first = ''] = listed;
  if (listed.length === 1)
    return [simplePredicate(field, 'equal', first), simplePredicate(field, 'notEqual', first)];
  // how a list has a backslash is not said, and engines differ in what they read of escapes there
  if (listed.some((category) => /["\\&<>\r]/.test(category))) {
    const each = (operator: string): string =>
      listed.map((category) => simplePredicate(field, operator, category)).join('');
    return [compound('or', each('equal')), compound('and', each('notEqual'))];
  }
  const quoted = listed.map((category) => `"${category}"`).join(' ');
  const array = `<Array type="string" n="${listed.length}">${content(quoted)}</Array>`;
  const set = (operator: string): string =>
    `<SimpleSetPredicate field="${escaped(field)}" booleanOperator="${operator}">${array}</SimpleSetPredicate>`;
  return [set('isIn'), set('isNotIn')];
}

function compound(operator: string, inside: string): string {
  return `<CompoundPredicate booleanOperator="${operator}">${inside}</CompoundPredicate>`;
}

function simplePredicate(field: string, operator: string, value?: string): string {
  const end = value === undefined ? '' : ` value="${escaped(value)}"`;
  return `<SimplePredicate field="${escaped(field)}" operator="${operator}"${end}/>`;
}
