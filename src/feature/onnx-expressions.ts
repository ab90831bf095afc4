/**
 * How expressions of numbers and conditions become operations of ONNX. Both are float64 [rows, 1] in which NaN is missing; a
 * condition is 1 or 0. Texts are only compared with constants.
 */
import type { OnnxColumn, OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import {
  columnsRead,
  type ExpressionNode,
  expressionText,
  type LiteralValue,
} from '../table/expressions/expression-node.ts';

/** A part of an expression. */
interface Made {
  readonly tensor: string;
  readonly isFlag: boolean;
  readonly isFloat32?: boolean;
}

type Compare = ExpressionNode & { readonly op: 'compare' };

/** The column of an expression. @throws CoppiceError `UNSUPPORTED` for what has no operations here */
export function addComputedColumn(graph: OnnxGraph, name: string, node: ExpressionNode): void {
  const writer = new ExpressionWriter(graph);
  // a constant has no rows
  if (columnsRead(node).length === 0) throw writer.refusal(node);
  const { tensor, isFlag, isFloat32 = false } = writer.made(node);
  graph.name(name, { kind: 'number', tensor, isFlag, isFloat32 });
}

/** Writes the parts of one expression. */
class ExpressionWriter {
  readonly #graph: OnnxGraph;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
  }

  made(node: ExpressionNode): Made {
    switch (node.op) {
      case 'col':
      case 'item':
        return this.#column(node);
      case 'lit':
        return this.#constant(node, node.value);
      case 'numeric':
        return this.#numeric(node);
      case 'compare':
        return this.#comparison(node);
      case 'isIn':
        return this.#isIn(node);
      case 'and':
      case 'or':
        return this.#joined(node);
      case 'not':
        return flag(this.#add('Sub', this.#number(1), this.#of(node)));
      case 'isNull':
        return this.#isNull(node.args[0] as ExpressionNode);
      case 'coalesce':
        return node.args
          .map((arg) => this.made(arg))
          .reduceRight((rest, first) => {
            const tensor = this.#where(this.#isMissing(first.tensor), rest.tensor, first.tensor);
            return both(first, rest, tensor);
          });
      case 'when':
        return this.#chosen(node);
      case 'cast': {
        const inner = this.made(node.args[0] as ExpressionNode);
        if (node.type !== 'double') throw this.refusal(node);
        return { ...inner, isFlag: false, isFloat32: false };
      }
      default:
        throw this.refusal(node);
    }
  }

  refusal(node: ExpressionNode): Error {
    return this.#graph.refusal(
      'expressions of numbers, booleans, and texts compared with constants',
      expressionText(node),
      'make the column before, fit without it, and give it with each row',
    );
  }

  #column(node: ExpressionNode & { op: 'col' | 'item' }): Made {
    const column = this.#columnOf(node);
    if (column?.kind !== 'number') throw this.refusal(node);
    const { tensor, isFlag = false, isFloat32 = false } = column;
    return { tensor, isFlag, isFloat32 };
  }

  /** The column that a node names, or the part of one: `a.b` where there is no such column. */
  #columnOf(node: ExpressionNode): OnnxColumn | undefined {
    if (node.op === 'item') {
      const [whole] = node.args as [ExpressionNode];
      return whole.op === 'col' ? this.#partOf(whole.name, `${node.key}`) : undefined;
    }
    if (node.op !== 'col') return undefined;
    const { name } = node;
    const dot = name.lastIndexOf('.');
    if (dot > 0 && !this.#isKnown(name) && this.#isKnown(name.slice(0, dot)))
      return this.#partOf(name.slice(0, dot), name.slice(dot + 1));
    const isTime = /^(date|time|duration)/.test(this.#graph.typeOf(name) ?? '');
    return isTime ? undefined : this.#graph.column(name);
  }

  #partOf(name: string, key: string): OnnxColumn | undefined {
    const column = this.#graph.column(name);
    if (column.kind === 'struct') return column.children.get(key);
    if (column.kind !== 'vector') return undefined;
    const place = this.#graph.integers([Number(key)]);
    const tensor = this.#graph.add('Gather', [column.tensor, place], { axis: 1 });
    return { kind: 'number', tensor };
  }

  #isKnown(name: string): boolean {
    return this.#graph.known(name) !== undefined || this.#graph.typeOf(name) !== undefined;
  }

  #constant(node: ExpressionNode, value: LiteralValue): Made {
    if (typeof value === 'string' || (typeof value === 'object' && value !== null))
      throw this.refusal(node);
    const isFlag = typeof value === 'boolean';
    const tensor = this.#number(value === null ? Number.NaN : Number(value));
    return { tensor, isFlag };
  }

  #numeric(node: ExpressionNode & { op: 'numeric' }): Made {
    const tensors = node.args.map((arg) => this.made(arg).tensor);
    return { tensor: this.#ofNumbers(node.name, tensors), isFlag: false };
  }

  #ofNumbers(name: string, tensors: readonly string[]): string {
    const [a, b] = tensors as [string, string];
    const zero = this.#number(0);
    const missing = this.#number(Number.NaN);
    switch (name) {
      case 'div':
        return this.#where(this.#add('Equal', b, zero), missing, this.#add('Div', a, b));
      case 'mod':
        // with the sign of the dividend
        return this.#where(
          this.#add('Equal', b, zero),
          missing,
          this.#graph.add('Mod', [a, b], { fmod: 1 }),
        );
      case 'log':
        return this.#where(this.#add('Greater', a, zero), this.#add('Log', a), missing);
      case 'round': {
        const size = this.#add('Abs', a);
        const whole = this.#add('Floor', size);
        const isUp = this.#add('GreaterOrEqual', this.#add('Sub', size, whole), this.#number(0.5));
        const up = this.#where(isUp, this.#add('Add', whole, this.#number(1)), whole);
        return this.#where(this.#add('Greater', zero, a), this.#add('Neg', up), up);
      }
      default:
        return this.#add(operations[name] as string, ...tensors);
    }
  }

  #comparison(node: Compare): Made {
    const [left, right] = node.args as [ExpressionNode, ExpressionNode];
    const isText = right.op === 'lit' && typeof right.value === 'string';
    if (isText && (node.name === 'eq' || node.name === 'ne')) {
      const isSame = this.#isText(node, left, [right.value as string]);
      return flag(node.name === 'eq' ? isSame : this.#add('Sub', this.#number(1), isSame));
    }
    const [a, b] = [this.made(left), this.made(right)];
    const [type, isSwapped, isOpposite] = comparisons[node.name];
    const operands = isSwapped ? [b.tensor, a.tensor] : [a.tensor, b.tensor];
    const holds = this.#graph.cast(this.#add(type, ...operands), 'double');
    const found = isOpposite ? this.#add('Sub', this.#number(1), holds) : holds;
    const isMissing = this.#either(this.#isMissing(a.tensor), this.#isMissing(b.tensor));
    return flag(this.#where(isMissing, this.#number(Number.NaN), found));
  }

  #isIn(node: ExpressionNode & { op: 'isIn' }): Made {
    const [value] = node.args as [ExpressionNode];
    const texts = node.values.filter((one) => typeof one === 'string');
    if (texts.length === node.values.length) return flag(this.#isText(node, value, texts));
    const hits = node.values.map((one) => {
      const right: ExpressionNode = { op: 'lit', value: one };
      return this.#comparison({ op: 'compare', name: 'eq', args: [value, right] }).tensor;
    });
    // a missing value is missing in every one of them
    return flag(hits.reduce((any, hit) => this.#add('Max', any, hit)));
  }

  /** Whether a column of text has one of some texts; NaN where it is missing. */
  #isText(node: ExpressionNode, column: ExpressionNode, texts: readonly string[]): string {
    const found = this.#columnOf(column);
    if (found?.kind !== 'text') throw this.refusal(node);
    this.#graph.checkCategories(expressionText(column), texts);
    return this.#encoded(found.tensor, [...new Set(texts)], [1, Number.NaN, 0]);
  }

  /** @param values of the keys, of a missing text, and of all others */
  #encoded(tensor: string, keys: readonly string[], [known, missing, other]: Triple): string {
    const { missingText } = this.#graph.options;
    const numbers = [...keys.map(() => known), missing];
    return this.#graph.addMl('LabelEncoder', tensor, {
      keys_tensor: {
        type: 'string',
        dims: [keys.length + 1],
        values: [...keys, missingText],
      },
      values_tensor: {
        type: 'double',
        dims: [numbers.length],
        values: Float64Array.from(numbers),
      },
      default_tensor: { type: 'double', dims: [1], values: Float64Array.of(other) },
    });
  }

  #joined(node: ExpressionNode & { op: 'and' | 'or' | 'not' }): Made {
    const parts = node.args.map((arg) => this.made(arg));
    const [a, b] = parts.map(({ tensor }) => tensor) as [string, string];
    const decider = this.#number(node.op === 'or' ? 1 : 0);
    const isDecided = this.#either(this.#add('Equal', a, decider), this.#add('Equal', b, decider));
    // a sum is missing where one of them is; else it is that of two that do not decide
    const other = this.#add('Div', this.#add('Add', a, b), this.#number(2));
    return flag(this.#where(isDecided, decider, other));
  }

  #isNull(node: ExpressionNode): Made {
    const column = this.#columnOf(node);
    if (column?.kind === 'text') return flag(this.#encoded(column.tensor, [], [0, 1, 0]));
    return flag(this.#graph.cast(this.#isMissing(this.made(node).tensor), 'double'));
  }

  #chosen(node: ExpressionNode & { op: 'when' }): Made {
    const parts = node.args.map((arg) => this.made(arg));
    const isWhole = parts.length % 2 === 1;
    let rest = isWhole ? (parts.at(-1) as Made) : this.#constant(node, null);
    for (let i = parts.length - (isWhole ? 3 : 2); i >= 0; i -= 2) {
      const value = parts[i + 1] as Made;
      const holds = this.#add('Equal', (parts[i] as Made).tensor, this.#number(1));
      const tensor = this.#where(holds, value.tensor, rest.tensor);
      rest = both(value, rest, tensor);
    }
    return rest;
  }

  #of(node: { readonly args: readonly ExpressionNode[] }): string {
    return this.made(node.args[0] as ExpressionNode).tensor;
  }

  #number(value: number): string {
    return this.#graph.doubles([value]);
  }

  #isMissing(tensor: string): string {
    return this.#add('IsNaN', tensor);
  }

  #either(a: string, b: string): string {
    return this.#add('Or', a, b);
  }

  #where(test: string, yes: string, no: string): string {
    return this.#add('Where', test, yes, no);
  }

  #add(type: string, ...inputs: readonly string[]): string {
    return this.#graph.add(type, inputs);
  }
}

type Triple = readonly [number, number, number];

const operations: Readonly<Record<string, string>> = {
  ...{ add: 'Add', sub: 'Sub', mul: 'Mul', neg: 'Neg', abs: 'Abs' },
  ...{ floor: 'Floor', ceil: 'Ceil', sqrt: 'Sqrt', exp: 'Exp' },
};

/** The operation, whether its operands are swapped, and whether it says the opposite. */
const comparisons: Readonly<Record<Compare['name'], readonly [string, boolean, boolean]>> = {
  eq: ['Equal', false, false],
  ne: ['Equal', false, true],
  gt: ['Greater', false, false],
  ge: ['GreaterOrEqual', false, false],
  lt: ['Greater', true, false],
  le: ['GreaterOrEqual', true, false],
};

function flag(tensor: string): Made {
  return { tensor, isFlag: true };
}

/** What is of one of two values. */
function both(first: Made, rest: Made, tensor: string): Made {
  // a constant null is of the other's kind
  return { tensor, isFlag: first.isFlag || rest.isFlag };
}
