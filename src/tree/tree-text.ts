/** A tree as indented text, for people. */
import { leftCategories } from './left-categories.ts';
import { nodeFlag } from './tree.ts';
import type { SplitPlanes, TreeEnsemble } from './tree-ensemble.ts';

/** What is needed to name a split. */
export interface NamedFeature {
  readonly name: string;
  readonly categories: readonly string[];
}

/** One tree; every line is a split's condition or a leaf's values. */
export function treeToText(
  e: TreeEnsemble,
  tree: number,
  features: readonly NamedFeature[],
): string {
  const start = e.treeStart[tree] as number;
  const lines = [`  Tree ${tree}:`];
  const open: { node: number; indent: number; prefix: string }[] = [
    { node: 0, indent: 4, prefix: '' },
  ];
  while (open.length > 0) {
    const { node, indent, prefix } = open.pop() as { node: number; indent: number; prefix: string };
    const n = start + node;
    const pad = ' '.repeat(indent);
    const left = e.leftChild[n] as number;
    if (left === 0) {
      const values = e.value.subarray(n * e.numOutputs, (n + 1) * e.numOutputs);
      lines.push(`${pad}${prefix}Predict: ${[...values].join(', ')} (rows ${e.rows[n]})`);
      continue;
    }
    const [yes, no] = conditions(e, n, features);
    if (prefix !== '') lines.push(`${pad}${prefix}`.trimEnd());
    const inner = prefix === '' ? indent : indent + 1;
    open.push({ node: left + 1, indent: inner, prefix: `Else (${no}) ` });
    open.push({ node: left, indent: inner, prefix: `If (${yes}) ` });
  }
  return `${lines.join('\n')}\n`;
}

function conditions(
  e: TreeEnsemble,
  n: number,
  features: readonly NamedFeature[],
): [string, string] {
  if (e.planes !== undefined) return planeConditions(e, e.planes, n, features);
  const feature = features[e.feature[n] as number];
  const name = feature?.name ?? `feature ${e.feature[n]}`;
  const flags = e.flags[n] as number;
  const missing = (flags & nodeFlag.missingGoesLeft) !== 0;
  if ((flags & nodeFlag.isCategory) === 0) {
    const threshold = e.threshold[n] as number;
    return [
      `${name} <= ${threshold}${missing ? ' or missing' : ''}`,
      `${name} > ${threshold}${missing ? '' : ' or missing'}`,
    ];
  }
  const listed = leftCategories(e, n, feature?.categories ?? []);
  const set = `{${listed.join(', ')}}`;
  return [
    `${name} in ${set}${missing ? ' or missing' : ''}`,
    `${name} not in ${set}${missing ? '' : ' or missing'}`,
  ];
}

/** Factors and centres to six digits, for there are many. */
function planeConditions(
  e: TreeEnsemble,
  { start, feature, factor, centre }: SplitPlanes,
  n: number,
  features: readonly NamedFeature[],
): [string, string] {
  const short = (value: number | undefined): number => Number((value as number).toPrecision(6));
  const terms = Array.from({ length: (start[n + 1] as number) - (start[n] as number) }, (_, i) => {
    const at = (start[n] as number) + i;
    const name = features[feature[at] as number]?.name ?? `feature ${feature[at]}`;
    return `${short(factor[at])} * (${name} - ${short(centre[at])})`;
  });
  const missing = ((e.flags[n] as number) & nodeFlag.missingGoesLeft) !== 0;
  const sum = terms.join(' + ');
  return [
    `${sum} <= 0${missing ? ' or missing' : ''}`,
    `${sum} > 0${missing ? '' : ' or missing'}`,
  ];
}
