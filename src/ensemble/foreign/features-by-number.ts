/** Parameters that call features by their numbers elsewhere: the names behind them, in the order of featuresCols. */

import { isPlainObject } from '../../base/json.ts';
import type { ForcedSplits } from '../../params/forced-splits-kind.ts';
import { type ConvertedOptions, notConvertible, numberList, type Rule } from './foreign-params.ts';

/** Who asks, and for which parameter. */
interface Asked {
  readonly owner: string;
  readonly param: string;
}

/** The name of a feature; names stay names. */
function nameOf({ owner, param }: Asked, feature: unknown, more: ConvertedOptions): string {
  if (typeof feature === 'string' && !/^\d+$/.test(feature)) return feature;
  const { featuresCols } = more as { readonly featuresCols?: readonly string[] };
  if (featuresCols === undefined) {
    const rule = 'by names, or with featuresCols in the second argument, which the numbers count';
    throw notConvertible(owner, param, feature, rule);
  }
  const name = featuresCols[Number(feature)];
  if (name !== undefined) return name;
  throw notConvertible(owner, param, feature, `a number below ${featuresCols.length}`);
}

/** A list of one factor a feature. */
export function factorsByName(owner: string, param: string, target: string): Rule {
  return (value, options, _all, more) => {
    const factors = numberList(value) as readonly number[];
    const named = factors.map((factor, i) => [nameOf({ owner, param }, i, more), factor] as const);
    const other = named.filter(([, factor]) => factor !== 1);
    if (other.length > 0) options[target] = Object.fromEntries(other);
  };
}

/** A list of objects, each with a feature's number and edges of its bins. */
export function edgesByName(owner: string, param: string, target: string): Rule {
  return (value, options, _all, more) => {
    const rule =
      'the list in that file: JSON.parse(await readFile(…)); a name of a file is not read';
    if (!Array.isArray(value)) throw notConvertible(owner, param, value, rule);
    const named = (value as unknown[]).map((item) => {
      const { feature, bin_upper_bound: edges } = isPlainObject(item) ? item : {};
      if (!Array.isArray(edges))
        throw notConvertible(owner, param, item, 'objects with feature and bin_upper_bound');
      const ascending = [...new Set(edges.map(Number))].sort((a, b) => a - b);
      return [nameOf({ owner, param }, feature, more), ascending] as const;
    });
    const some = named.filter(([, edges]) => edges.length > 0);
    if (some.length > 0) options[target] = Object.fromEntries(some);
  };
}

/** A list of one cost a feature, times the tradeoff. */
export function costsByName(owner: string, param: string, target: string): Rule {
  return (value, options, all, more) => {
    const costs = (value === 0 ? [] : numberList(value)) as readonly number[];
    if (!Array.isArray(costs)) throw notConvertible(owner, param, value, 'a list of numbers');
    const tradeoff = Number(all['cegb_tradeoff'] ?? 1);
    const named = costs
      .map((cost, i) => [nameOf({ owner, param }, i, more), tradeoff * cost] as const)
      .filter(([, cost]) => cost > 0);
    if (named.length > 0) options[target] = Object.fromEntries(named);
  };
}

/** Groups of features: lists of lists, or their text such as `[0,1],[2]`. */
export function groupsByName(owner: string, param: string, target: string): Rule {
  return (value, options, _all, more) => {
    const groups = typeof value === 'string' ? parsedGroups(value) : value;
    if (!Array.isArray(groups) || !groups.every(Array.isArray))
      throw notConvertible(owner, param, value, 'a list of lists');
    if (groups.length === 0) return;
    options[target] = groups.map((group: unknown[]) =>
      group.map((feature) => nameOf({ owner, param }, feature, more)),
    );
  };
}

function parsedGroups(text: string): unknown {
  for (const attempt of [text, `[${text}]`]) {
    try {
      const parsed: unknown = JSON.parse(attempt);
      if (Array.isArray(parsed) && parsed.every(Array.isArray)) return parsed;
    } catch {
      // the other way to write it
    }
  }
  return text;
}

/** Forced splits as LightGBM's file has them; the file itself is read by whoever calls. */
export function splitsByName(owner: string, param: string, target: string): Rule {
  return (value, options, _all, more) => {
    if (typeof value === 'string') {
      const rule =
        'the object in that file: JSON.parse(await readFile(…)); a name of a file is not read';
      throw notConvertible(owner, param, value, rule);
    }
    options[target] = splitOf({ owner, param }, value, more);
  };
}

function splitOf(asked: Asked, value: unknown, more: ConvertedOptions): ForcedSplits {
  const { owner, param } = asked;
  if (!isPlainObject(value)) throw notConvertible(owner, param, value, 'an object of splits');
  const { feature, threshold, left, right } = value;
  const isNumber = typeof threshold === 'number';
  return {
    feature: nameOf(asked, feature, more),
    // a category of LightGBM's is a number, ours go by their texts
    ...(isNumber ? { threshold } : { categories: [threshold].flat().map(String) }),
    ...(left === undefined ? {} : { left: splitOf(asked, left, more) }),
    ...(right === undefined ? {} : { right: splitOf(asked, right, more) }),
  };
}
