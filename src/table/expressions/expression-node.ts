/**
 * What an expression is: a tree of plain data, so that it crosses threads and sockets and is carried out
 * column by column where the rows are. expression.ts builds it, infer-type.ts checks it, evaluate.ts runs it.
 */

import type { DatePart } from '../../base/civil-date.ts';

/** A constant; dates are kept as milliseconds since 1970. */
export type LiteralValue = number | string | boolean | bigint | null | { readonly dateMs: number };

/** A comparison. */
export type ComparisonName = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** A function of numbers. */
export type NumericName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'neg'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sqrt'
  | 'log'
  | 'exp';

/** A function of text; `arg` is a constant. */
export type TextName =
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | 'like'
  | 'lower'
  | 'upper'
  | 'trim'
  | 'length';

/** A function of dates and timestamps. */
export type TimeName =
  | Exclude<DatePart, 'epochDay'>
  | 'dateTrunc'
  | 'dateDiff'
  | 'dateAdd'
  | 'unixTimestamp'
  | 'fromUtcTimestamp';

/** One node of an expression. */
export type ExpressionNode =
  | { readonly op: 'col'; readonly name: string }
  | { readonly op: 'lit'; readonly value: LiteralValue }
  | {
      readonly op: 'compare';
      readonly name: ComparisonName;
      readonly args: readonly ExpressionNode[];
    }
  | { readonly op: 'numeric'; readonly name: NumericName; readonly args: readonly ExpressionNode[] }
  | {
      readonly op: 'text';
      readonly name: TextName;
      readonly args: readonly ExpressionNode[];
      readonly arg: string;
    }
  /** `arg` is a period or an offset of time zones, where the function has one. */
  | {
      readonly op: 'time';
      readonly name: TimeName;
      readonly args: readonly ExpressionNode[];
      readonly arg?: string;
    }
  | { readonly op: 'and' | 'or' | 'not'; readonly args: readonly ExpressionNode[] }
  | { readonly op: 'isNull' | 'isNaN'; readonly args: readonly ExpressionNode[] }
  | {
      readonly op: 'isIn';
      readonly args: readonly ExpressionNode[];
      readonly values: readonly LiteralValue[];
    }
  | { readonly op: 'coalesce' | 'concat'; readonly args: readonly ExpressionNode[] }
  /** An element of a vector by its position, or a child of a struct by its name; `args` is the column. */
  | {
      readonly op: 'item';
      readonly args: readonly ExpressionNode[];
      readonly key: number | string;
    }
  /** Conditions and values in turn, then the value otherwise. */
  | { readonly op: 'when'; readonly args: readonly ExpressionNode[] }
  | {
      readonly op: 'cast';
      readonly args: readonly ExpressionNode[];
      readonly type: string;
      readonly strict: boolean;
    };

/** The columns that an expression reads, each once. */
export function columnsRead(node: ExpressionNode): string[] {
  const names = new Set<string>();
  const visit = (inner: ExpressionNode): void => {
    if (inner.op === 'col') names.add(inner.name);
    else if (inner.op !== 'lit') inner.args.forEach(visit);
  };
  visit(node);
  return [...names];
}

/** The expression as a user would read it, for errors. */
export function expressionText(node: ExpressionNode): string {
  if (node.op === 'col') return node.name;
  if (node.op === 'lit') return literalText(node.value);
  const args = node.args.map(expressionText);
  if (node.op === 'cast') return `cast(${args[0]} as ${node.type})`;
  if (node.op === 'item') return `${args[0]}[${JSON.stringify(node.key)}]`;
  const name = 'name' in node ? node.name : node.op;
  if (node.op === 'time' && node.arg !== undefined) args.push(JSON.stringify(node.arg));
  if (node.op === 'text') return `${name}(${[...args, JSON.stringify(node.arg)].join(', ')})`;
  if (node.op === 'isIn') return `${args[0]} in (${node.values.map(literalText).join(', ')})`;
  return `${name}(${args.join(', ')})`;
}

function literalText(value: LiteralValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return new Date(value.dateMs).toISOString();
  return String(value);
}
