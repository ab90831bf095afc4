/**
 * An expression of ours as Spark's SQL, where Spark's answer is the same in every case, bit for bit; else null,
 * and the members work it out beside the data. Not pushed: exp and log (the platform's may differ in the last
 * bit), cases and blanks of text (languages differ), casts, times that are no part of one, and arithmetic on integers that float64 cannot hold.
 *
 * Spark and we agree that NaN equals NaN and lies above all numbers, and that null makes a comparison null.
 */
import { DataType, type Schema } from 'apache-arrow';
import type {
  ExpressionNode,
  LiteralValue,
  TimeName,
} from '../../table/expressions/expression-node.ts';
import { inferType, valueKind } from '../../table/expressions/infer-type.ts';
import { quoteDouble, quoteName, quoteText } from './sql-text.ts';

const comparisons = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

/** The SQL of an expression over columns that Spark has, or null. */
export function pushExpression(node: ExpressionNode, schema: Schema): string | null {
  switch (node.op) {
    case 'col':
      return isPlain(inferType(node, schema)) ? quoteName(node.name) : null;
    case 'lit':
      return literalSql(node.value);
    case 'compare':
      return comparisonSql(node, schema);
    case 'and':
    case 'or':
      return joined(node.args, schema, (parts) => `(${parts.join(` ${node.op.toUpperCase()} `)})`);
    case 'not':
      return joined(node.args, schema, ([part]) => `(NOT ${part})`);
    case 'isNull':
      return joined(node.args, schema, ([part]) => `(${part} IS NULL)`);
    case 'isIn':
      return inSql(node, schema);
    case 'numeric':
      return numericSql(node, schema);
    case 'text':
      return textSql(node, schema);
    case 'time':
      return timeSql(node, schema);
    default:
      return null;
  }
}

/** Types whose values Spark and we hold alike. */
function isPlain(type: DataType): boolean {
  if (DataType.isBool(type) || DataType.isUtf8(type)) return true;
  if (DataType.isInt(type)) return type.isSigned;
  return DataType.isFloat(type) && type.precision !== 0;
}

function literalSql(value: LiteralValue): string | null {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'number')
    return Object.is(value | 0, value) ? `${value}` : quoteDouble(value);
  return null;
}

type Join = (parts: readonly string[]) => string;

function joined(args: readonly ExpressionNode[], schema: Schema, join: Join): string | null {
  const parts: string[] = [];
  for (const arg of args) {
    const part = pushExpression(arg, schema);
    if (part === null) return null;
    parts.push(part);
  }
  return join(parts);
}

function kindOf(node: ExpressionNode, schema: Schema): string {
  const type = inferType(node, schema);
  return DataType.isInt(type) && type.bitWidth === 64 ? 'long' : valueKind(type);
}

function comparisonSql(node: ExpressionNode & { op: 'compare' }, schema: Schema): string | null {
  const [left, right] = node.args.map((arg) => kindOf(arg, schema));
  // a long against a fraction: Spark would round the long
  if (left !== right || left === 'null') return null;
  const toDouble = left === 'number';
  return joined(node.args, schema, ([a, b]) =>
    toDouble
      ? `(double(${a}) ${comparisons[node.name]} double(${b}))`
      : `(${a} ${comparisons[node.name]} ${b})`,
  );
}

function inSql(node: ExpressionNode & { op: 'isIn' }, schema: Schema): string | null {
  const [arg] = node.args as [ExpressionNode];
  const kind = kindOf(arg, schema);
  const column = pushExpression(arg, schema);
  if (column === null || node.values.length === 0) return null;
  const values = node.values.map((value) => {
    const sameKind = { text: 'string', number: 'number', bool: 'boolean' }[kind] === typeof value;
    return sameKind ? literalSql(value) : null;
  });
  if (values.includes(null)) return null;
  if (kind !== 'number') return `(${column} IN (${values.join(', ')}))`;
  return `(${values.map((value) => `double(${column}) = double(${value})`).join(' OR ')})`;
}

function numericSql(node: ExpressionNode & { op: 'numeric' }, schema: Schema): string | null {
  if (node.args.some((arg) => kindOf(arg, schema) !== 'number')) return null;
  return (
    joined(node.args, schema, (parts) => {
      const [a = '', b = ''] = parts.map((part) => `double(${part})`);
      switch (node.name) {
        case 'add':
          return `(${a} + ${b})`;
        case 'sub':
          return `(${a} - ${b})`;
        case 'mul':
          return `(${a} * ${b})`;
        case 'div':
          return `try_divide(${a}, ${b})`;
        case 'neg':
          return `(- ${a})`;
        case 'abs':
          return `abs(${a})`;
        case 'sqrt':
          return `sqrt(${a})`;
        default:
          return '';
      }
    }) || null
  );
}

function textSql(node: ExpressionNode & { op: 'text' }, schema: Schema): string | null {
  const names: Record<string, string> = {
    startsWith: 'startswith',
    endsWith: 'endswith',
    contains: 'contains',
  };
  if (node.name === 'like')
    return joined(node.args, schema, ([part]) => `(${part} LIKE ${quoteText(node.arg)})`);
  const name = names[node.name];
  if (name !== undefined) {
    return joined(node.args, schema, ([part]) => `${name}(${part}, ${quoteText(node.arg)})`);
  }
  return node.name === 'length' ? joined(node.args, schema, ([part]) => `length(${part})`) : null;
}

/** Spark's names of what it works out alike in a session whose time zone is UTC, as ours are. */
const timeNames: Partial<Record<TimeName, string>> = {
  year: 'year',
  quarter: 'quarter',
  month: 'month',
  weekOfYear: 'weekofyear',
  dayOfYear: 'dayofyear',
  dayOfMonth: 'dayofmonth',
  dayOfWeek: 'dayofweek',
  hour: 'hour',
  minute: 'minute',
  second: 'second',
  dateDiff: 'datediff',
};

function timeSql(node: ExpressionNode & { op: 'time' }, schema: Schema): string | null {
  const areColumns = node.args.every((arg) => arg.op === 'col' && kindOf(arg, schema) === 'time');
  if (!areColumns) return null;
  const columns = node.args.map((arg) => quoteName((arg as { name: string }).name));
  // unix_timestamp cuts towards 1970 where this rounds down
  if (node.name === 'unixTimestamp') return `unix_seconds(CAST(${columns[0]} AS TIMESTAMP))`;
  const name = timeNames[node.name];
  return name === undefined ? null : `${name}(${columns.join(', ')})`;
}
