/**
 * Carries an expression out over a batch, column by column: each node is one loop over arrays. The types
 * were checked by infer-type.ts, so operands have the kinds that their node needs.
 */
import { type Data, type DataType, type RecordBatch, Schema } from 'apache-arrow';
import { maskOfValidity } from '../columns/bitmap.ts';
import { castData } from '../columns/cast-column.ts';
import { childData } from '../columns/feature-columns.ts';
import { missingColumn } from '../columns/find-column.ts';
import { chooseValues, concatTexts, kleene } from './choose-values.ts';
import { compareValues } from './compare-values.ts';
import { type ExpressionNode, expressionText } from './expression-node.ts';
import { castTarget, inferType, valueKind } from './infer-type.ts';
import { runNumeric } from './numeric-functions.ts';
import { runText } from './text-functions.ts';
import { runTime } from './time-functions.ts';
import { inUnitOf } from './time-values.ts';
import {
  asBools,
  asNumbers,
  asText,
  type BoolValues,
  columnOfValues,
  exactNumbers,
  type Values,
  validityOfValues,
  valuesOfColumn,
  valuesOfLiteral,
} from './values.ts';

/** The column of an expression over a batch, of the type that inferType gives. */
export function evaluateColumn(node: ExpressionNode, batch: RecordBatch, type: DataType): Data {
  if (node.op === 'col') return columnOfBatch(batch, node.name);
  if (node.op === 'item') return itemOfBatch(node, batch);
  if (node.op === 'cast') return castColumn(node, batch);
  const values = evaluate(node, batch);
  const isTime = values.kind === 'number' && valueKind(values.type) === 'time';
  return columnOfValues(isTime ? inUnitOf(values, type, 'refuse') : values, type);
}

/** One byte a row: 1 where the condition is true, 0 where it is false or null. */
export function evaluateMask(node: ExpressionNode, batch: RecordBatch): Uint8Array {
  const { values, valid } = evaluate(node, batch) as BoolValues;
  const mask = new Uint8Array(batch.numRows);
  // A constant null has no kind: no row holds.
  if (values === undefined) return mask;
  for (let i = 0; i < mask.length; i++) mask[i] = (values[i] as number) & (valid[i] as number);
  return mask;
}

function evaluate(node: ExpressionNode, batch: RecordBatch): Values {
  const args = node.op === 'col' || node.op === 'lit' ? [] : node.args;
  const arg = (index: number): Values => evaluate(args[index] as ExpressionNode, batch);
  const what = expressionText(node);
  switch (node.op) {
    case 'col':
      return valuesOfColumn(columnOfBatch(batch, node.name), node.name);
    case 'lit':
      return valuesOfLiteral(node.value, batch.numRows);
    case 'compare':
      return compareValues(arg(0), arg(1), node.name);
    case 'isIn': {
      const left = arg(0);
      const hits = node.values.map((value) =>
        compareValues(left, valuesOfLiteral(value, batch.numRows), 'eq'),
      );
      const none: BoolValues = {
        kind: 'bool',
        values: new Uint8Array(batch.numRows),
        valid: validityOfValues(left),
      };
      return hits.reduce((any, hit) => kleene(any, hit, 1), none);
    }
    case 'numeric': {
      const numbers = node.args.map((_, index) => exactNumbers(asNumbers(arg(index)), what));
      return runNumeric(node.name, numbers);
    }
    case 'text':
      return runText(node.name, asText(arg(0)), node.arg);
    case 'time':
      return runTime(
        node,
        node.args.map((_, index) => asNumbers(arg(index))),
      );
    case 'and':
      return kleene(asBools(arg(0)), asBools(arg(1)), 0);
    case 'or':
      return kleene(asBools(arg(0)), asBools(arg(1)), 1);
    case 'not': {
      const { values, valid } = asBools(arg(0));
      return { kind: 'bool', values: values.map((value) => 1 - value), valid };
    }
    case 'isNull': {
      const values = validityOf(node.args[0] as ExpressionNode, batch).map((value) => 1 - value);
      return { kind: 'bool', values, valid: new Uint8Array(batch.numRows).fill(1) };
    }
    case 'isNaN': {
      const { values, valid } = asNumbers(arg(0));
      const found = new Uint8Array(values.length);
      for (let i = 0; i < found.length; i++) {
        found[i] = valid[i] === 1 && Number.isNaN(values[i]) ? 1 : 0;
      }
      return { kind: 'bool', values: found, valid: new Uint8Array(values.length).fill(1) };
    }
    case 'concat':
      return node.args.map((_, index) => asText(arg(index))).reduce(concatTexts);
    case 'coalesce': {
      const all = new Uint8Array(batch.numRows).fill(1);
      return node.args
        .map((_, index) => arg(index))
        .reduceRight((rest, first) =>
          chooseValues(first, rest, { take: validityOfValues(first), known: all, what }),
        );
    }
    case 'when': {
      const hasOtherwise = node.args.length % 2 === 1;
      let result = hasOtherwise ? arg(node.args.length - 1) : valuesOfLiteral(null, batch.numRows);
      for (let i = node.args.length - (hasOtherwise ? 3 : 2); i >= 0; i -= 2) {
        const condition = asBools(arg(i));
        result = chooseValues(arg(i + 1), result, {
          take: condition.values,
          known: condition.valid,
          what,
        });
      }
      return result;
    }
    case 'item':
      return valuesOfColumn(itemOfBatch(node, batch), what);
    case 'cast': {
      const data = castColumn(node, batch);
      return valuesOfColumn(data, expressionText(node));
    }
  }
}

/** Which rows have a value; asked of columns of every type. */
function validityOf(node: ExpressionNode, batch: RecordBatch): Uint8Array {
  if (node.op === 'col') return maskOfValidity(columnOfBatch(batch, node.name));
  if (node.op === 'item') return maskOfValidity(itemOfBatch(node, batch));
  return validityOfValues(evaluate(node, batch));
}

function castColumn(node: ExpressionNode & { op: 'cast' }, batch: RecordBatch): Data {
  const inner = node.args[0] as ExpressionNode;
  const type = inferType(inner, new Schema(batch.schema.fields));
  const name = expressionText(inner);
  return castData(evaluateColumn(inner, batch, type), castTarget(node.type), {
    name,
    strict: node.strict,
  });
}

function itemOfBatch({ args, key }: ExpressionNode & { op: 'item' }, batch: RecordBatch): Data {
  const [inner] = args as [ExpressionNode];
  const whole =
    inner.op === 'item'
      ? itemOfBatch(inner, batch)
      : columnOfBatch(batch, (inner as ExpressionNode & { op: 'col' }).name);
  const found = childData(whole, String(key));
  if (found === undefined)
    throw missingColumn(batch.schema, `${expressionText(inner)}.${key}`, 'an expression');
  return found;
}

function columnOfBatch(batch: RecordBatch, name: string): Data {
  const index = batch.schema.fields.findIndex((field) => field.name === name);
  const data = batch.data.children[index];
  if (data === undefined) throw missingColumn(batch.schema, name, 'an expression');
  return data;
}
