/**
 * What a step of ExpressionTransformer does in a JavaScript module: the arithmetic of table/expressions over the cells of one
 * row. Within an expression null is missing; in the cells of numbers and flags NaN is.
 */
import { moduleCode, moduleOp } from '../pipeline/module/module-code.ts';
import { expCode, logCode } from '../pipeline/module/module-math.ts';
import type { ModuleCell, ModuleWriter } from '../pipeline/module/module-writer.ts';
import { type ExpressionNode, expressionText } from '../table/expressions/expression-node.ts';
import { likePieces } from '../table/expressions/like-pattern.ts';

const functionsCode = moduleCode(
  `
// NaN equals NaN and is above all else; texts are in the order of their UTF-8 bytes
const orderOf = (a, b) => {
  if (typeof a === 'string') {
    const [x, y] = [[...a], [...b]];
    for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
    return x.length - y.length;
  }
  return a < b ? -1 : a > b ? 1 : Number(a !== a) - Number(b !== b);
};

const isLike = (text, pieces) => {
  const letters = [...text];
  let [at, piece, afterAny, taken] = [0, 0, -1, 0];
  while (at < letters.length) {
    const wanted = pieces[piece];
    if (wanted === 2) [afterAny, taken] = [++piece, at];
    else if (wanted === 1 || (wanted !== undefined && wanted === letters[at])) at++, piece++;
    else if (afterAny >= 0) [at, piece] = [++taken, afterAny];
    else return false;
  }
  return pieces.slice(piece).every((rest) => rest === 2);
};

const functions = {
  eq: (a, b) => orderOf(a, b) === 0,
  ne: (a, b) => orderOf(a, b) !== 0,
  lt: (a, b) => orderOf(a, b) < 0,
  le: (a, b) => orderOf(a, b) <= 0,
  gt: (a, b) => orderOf(a, b) > 0,
  ge: (a, b) => orderOf(a, b) >= 0,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => (b === 0 ? null : a / b),
  mod: (a, b) => (b === 0 ? null : a % b),
  neg: (a) => -a,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (a) => (a < 0 ? -Math.round(-a) : Math.round(a)),
  sqrt: Math.sqrt,
  log: (a) => (a > 0 ? log(a) : a <= 0 ? null : a),
  exp,
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
  like: isLike,
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  trim: (text) => text.trim(),
  length: (text) => [...text].length,
  concat: (...texts) => texts.join(''),
  not: (a) => !a,
};

// and, or: one side may decide, be the other one missing
const joined = (decider, parts) => (slots) => {
  let isKnown = true;
  for (const part of parts) {
    const value = part(slots);
    if (value === decider) return decider;
    isKnown &&= value !== null;
  }
  return isKnown ? !decider : null;
};

const chosen = (parts) => (slots) => {
  let i = 0;
  for (; i + 1 < parts.length; i += 2) if (parts[i](slots) === true) return parts[i + 1](slots);
  return i < parts.length ? parts[i](slots) : null;
};

// from a node to a function of the slots; null is missing
const compiled = ({ op, slot, value, arg, values, asNumbers, args = [] }) => {
  if (op === 'text cell') return (slots) => slots[slot];
  if (op === 'number cell') return (slots) => (slots[slot] !== slots[slot] ? null : slots[slot]);
  if (op === 'flag cell') return (slots) => (slots[slot] !== slots[slot] ? null : slots[slot] === 1);
  if (op === 'constant') {
    const constant = typeof value === 'string' && asNumbers ? Number(value) : value;
    return () => constant;
  }
  const parts = args.map(compiled);
  const [first] = parts;
  if (op === 'and' || op === 'or') return joined(op === 'or', parts);
  if (op === 'when') return chosen(parts);
  if (op === 'isNull') return (slots) => first(slots) === null;
  if (op === 'isNaN') return (slots) => Number.isNaN(first(slots));
  if (op === 'coalesce')
    return (slots) => {
      for (const part of parts) {
        const found = part(slots);
        if (found !== null) return found;
      }
      return null;
    };
  const run = functions[op];
  return (slots) => {
    const given = [];
    for (const part of parts) {
      const found = part(slots);
      if (found === null) return null;
      given.push(asNumbers && typeof found === 'boolean' ? Number(found) : found);
    }
    return arg === undefined ? run(...given) : run(...given, arg);
  };
};
`,
  [expCode, logCode],
);

const expressionOp = moduleOp(
  'expression',
  `
({ to, node, isText, isSingle }) => {
  const run = compiled(node);
  return (slots) => {
    const value = run(slots);
    if (isText) slots[to] = value;
    else slots[to] = value === null ? NaN : isSingle ? Math.fround(Number(value)) : Number(value);
  };
};
`,
  [functionsCode],
);

type Cell = Pick<ModuleCell, 'kind' | 'isSingle'>;

/** A node as the module's code reads it, and what it makes. */
interface Written {
  readonly node: Readonly<Record<string, unknown>>;
  /** Null for a constant null, which is of every kind. */
  readonly cell: Cell | null;
}

/** The column of an expression. @throws CoppiceError `UNSUPPORTED` for what a module cannot compute */
export function addComputedCell(writer: ModuleWriter, name: string, given: ExpressionNode): void {
  const read: number[] = [];
  const { node, cell } = new NodeWriter(writer, read).written(given);
  const made = cell ?? { kind: 'text', isSingle: false };
  const to = writer.slot();
  const isText = made.kind === 'text';
  writer.step(expressionOp, { from: read, to, node, isText, isSingle: made.isSingle });
  writer.name(name, { ...made, slot: to });
}

/** Writes the nodes of one expression. */
class NodeWriter {
  readonly #writer: ModuleWriter;
  readonly #read: number[];

  constructor(writer: ModuleWriter, read: number[]) {
    this.#writer = writer;
    this.#read = read;
  }

  written(node: ExpressionNode): Written {
    switch (node.op) {
      case 'col':
        return this.#cell(node, this.#pathOf(node.name));
      case 'item':
        return this.#item(node);
      case 'lit':
        return this.#constant(node);
      case 'compare': {
        const { args, cells } = this.#operands(node.args);
        const asNumbers = cells.some((cell) => cell?.kind === 'number');
        return { node: { op: node.name, args, asNumbers }, cell: flag };
      }
      case 'numeric':
        return {
          node: { op: node.name, args: this.#operands(node.args).args, asNumbers: true },
          cell: number,
        };
      case 'text':
        return this.#ofText(node);
      case 'isIn': {
        const [value] = node.args as [ExpressionNode];
        const none: ExpressionNode = { op: 'lit', value: false };
        const any = node.values.reduce<ExpressionNode>((left, one) => {
          const right = { op: 'compare', name: 'eq', args: [value, { op: 'lit', value: one }] };
          return { op: 'or', args: [left, right as ExpressionNode] };
        }, none);
        return this.written(any);
      }
      case 'and':
      case 'or':
      case 'not':
      case 'isNull':
      case 'isNaN':
        return { node: { op: node.op, args: this.#operands(node.args).args }, cell: flag };
      case 'concat':
        return { node: { op: 'concat', args: this.#operands(node.args).args }, cell: text };
      case 'coalesce': {
        const { args, cells } = this.#operands(node.args);
        return { node: { op: 'coalesce', args }, cell: commonCell(cells) };
      }
      case 'when': {
        const { args, cells } = this.#operands(node.args);
        const values = cells.filter((_, i) => i % 2 === 1 || i === cells.length - 1);
        return { node: { op: 'when', args }, cell: commonCell(values) };
      }
      case 'cast':
        return this.#cast(node);
      default:
        throw this.#refusal(node);
    }
  }

  #operands(nodes: readonly ExpressionNode[]) {
    const parts = nodes.map((node) => this.written(node));
    return { args: parts.map(({ node }) => node), cells: parts.map(({ cell }) => cell) };
  }

  /** A column by its name, or a part of one: `a.b` where there is no such column. */
  #pathOf(name: string): readonly string[] {
    const dot = name.lastIndexOf('.');
    return dot < 0 || this.#writer.has(name) ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
  }

  #item(node: ExpressionNode & { op: 'item' }): Written {
    const [column] = node.args as [ExpressionNode];
    if (column.op !== 'col') throw this.#refusal(node);
    return this.#cell(node, [column.name, `${node.key}`]);
  }

  #cell(node: ExpressionNode, path: readonly string[]): Written {
    const cell = this.#writer.cell(path);
    if (/^(date|time|duration)/.test(this.#writer.typeOf(cell) ?? '')) throw this.#refusal(node);
    this.#read.push(cell.slot);
    return { node: { op: `${cell.kind} cell`, slot: cell.slot }, cell };
  }

  #constant(node: ExpressionNode & { op: 'lit' }): Written {
    const { value } = node;
    if (value === null) return { node: { op: 'constant', value }, cell: null };
    if (typeof value === 'object') throw this.#refusal(node);
    if (typeof value === 'string') return { node: { op: 'constant', value }, cell: text };
    if (typeof value === 'boolean') return { node: { op: 'constant', value }, cell: flag };
    const isPlain = Number.isFinite(value) && !Object.is(value, -0);
    const told = isPlain ? value : Object.is(value, -0) ? '-0' : `${value}`;
    return { node: { op: 'constant', value: told, asNumbers: !isPlain }, cell: number };
  }

  #ofText(node: ExpressionNode & { op: 'text' }): Written {
    const { args } = this.#operands(node.args);
    const { name } = node;
    if (name === 'length') return { node: { op: name, args }, cell: number };
    if (['lower', 'upper', 'trim'].includes(name)) return { node: { op: name, args }, cell: text };
    const arg = name === 'like' ? likePieces(node.arg) : node.arg;
    return { node: { op: name, args, arg }, cell: flag };
  }

  /** Only what changes no value. */
  #cast(node: ExpressionNode & { op: 'cast' }): Written {
    const inner = this.written(node.args[0] as ExpressionNode);
    const { cell } = inner;
    if (cell?.kind === 'number' && node.type === 'double') return { ...inner, cell: number };
    if (cell?.kind === 'text' && node.type === 'string') return inner;
    if (cell?.kind === 'flag' && node.type === 'boolean') return inner;
    if (cell?.kind !== 'flag' || node.type !== 'double') throw this.#refusal(node);
    const zero = { op: 'constant', value: 0 };
    return { node: { op: 'add', args: [inner.node, zero], asNumbers: true }, cell: number };
  }

  #refusal(node: ExpressionNode): Error {
    const rule = 'expressions of numbers, texts and booleans, cast to nothing but double';
    return this.#writer.refusal(rule, expressionText(node));
  }
}

const number: Cell = { kind: 'number', isSingle: false };
const flag: Cell = { kind: 'flag', isSingle: false };
const text: Cell = { kind: 'text', isSingle: false };

function commonCell(cells: readonly (Cell | null)[]): Cell | null {
  const known = cells.filter((cell) => cell !== null);
  const [first] = known;
  if (first === undefined) return null;
  return { kind: first.kind, isSingle: known.every(({ isSingle }) => isSingle) };
}
