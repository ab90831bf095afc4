/** Carries the operations of a graph out by the words of the standard (https://onnx.ai/onnx/operators), one by one. */
import type { Model, Node, Tensor } from './read-onnx.ts';

type Cell = number | string;
type Ints = readonly number[];

/** The outputs for these inputs. */
export function runGraph(
  model: Model,
  inputs: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  const tensors = new Map([...model.constants, ...inputs]);
  for (const { name } of model.inputs) {
    if (!inputs.has(name)) throw new Error(`input ${name} is not given`);
  }
  for (const node of model.nodes) {
    const given = node.inputs.map((name) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`${node.type} reads ${name}, which nobody makes`);
      return tensor;
    });
    const operation = operations[node.type];
    if (operation === undefined) throw new Error(`no operation ${node.type}`);
    const made = [operation(given, node)].flat();
    node.outputs.slice(0, made.length).forEach((name, i) => {
      if (tensors.has(name)) throw new Error(`${name} is made twice`);
      tensors.set(name, made[i] as Tensor);
    });
  }
  return Object.fromEntries(model.outputs.map(({ name }) => [name, tensors.get(name) as Tensor]));
}

type Operation = (given: readonly Tensor[], node: Node) => Tensor | readonly Tensor[];

const operations: Readonly<Record<string, Operation>> = {
  Identity: ([a]) => a as Tensor,
  Cast: ([a], { attributes }) =>
    attributes['to'] === 7 ? mapped(a as Tensor, (x) => Math.trunc(Number(x))) : (a as Tensor),
  Add: numeric((a, b) => a + b),
  Sub: numeric((a, b) => a - b),
  Mul: numeric((a, b) => a * b),
  Div: numeric((a, b) => a / b),
  Or: numeric((a, b) => Number(a === 1 || b === 1)),
  IsNaN: ([a]) => mapped(a as Tensor, (x) => Number(Number.isNaN(x))),
  Equal: numeric((a, b) => Number(a === b)),
  Greater: numeric((a, b) => Number(a > b)),
  GreaterOrEqual: numeric((a, b) => Number(a >= b)),
  And: numeric((a, b) => Number(a === 1 && b === 1)),
  Min: numeric(Math.min),
  Max: numeric(Math.max),
  Mod: numeric((a, b) => a % b),
  Abs: ([a]) => mapped(a as Tensor, (x) => Math.abs(Number(x))),
  Sqrt: ([a]) => mapped(a as Tensor, (x) => Math.sqrt(Number(x))),
  Log: ([a]) => mapped(a as Tensor, (x) => Math.log(Number(x))),
  Ceil: ([a]) => mapped(a as Tensor, (x) => Math.ceil(Number(x))),
  Floor: ([a]) => mapped(a as Tensor, (x) => Math.floor(Number(x))),
  Clip: ([a, low, high]) => {
    const [least, most] = [Number(low?.values[0]), Number(high?.values[0])];
    return mapped(a as Tensor, (x) => Math.min(most, Math.max(least, Number(x))));
  },
  ReduceMax: ([a]) => byRow(a as Tensor, (row) => [row.reduce((x, y) => Math.max(x, y))]),
  ReduceSum: ([a]) => byRow(a as Tensor, (row) => [row.reduce((x, y) => x + y)]),
  ReduceMin: ([a]) => byRow(a as Tensor, (row) => [row.reduce((x, y) => Math.min(x, y))]),
  MatMul: ([a, b]) => {
    const [inner = 0, width = 0] = (b as Tensor).dims;
    const factors = (b as Tensor).values.map(Number);
    return byRow(a as Tensor, (row) =>
      Array.from({ length: width }, (_, k) =>
        row.reduce((sum, x, i) => sum + x * (factors[i * width + k] as number), 0),
      ).slice(0, row.length === inner ? width : 0),
    );
  },
  GatherElements: ([data, indices], { attributes }) => {
    if (attributes['axis'] !== 1) throw new Error('GatherElements along another axis');
    const { dims, values } = data as Tensor;
    const [rows = 0, width = 0] = (indices as Tensor).dims;
    const found = (indices as Tensor).values.map((index, i) => {
      if (!(Number(index) < (dims[1] as number))) throw new Error('GatherElements beyond the end');
      return values[Math.floor(i / width) * (dims[1] as number) + Number(index)] as Cell;
    });
    return { dims: [rows, width], values: found };
  },
  Neg: ([a]) => mapped(a as Tensor, (x) => -Number(x)),
  Exp: ([a]) => mapped(a as Tensor, (x) => Math.exp(Number(x))),
  Sigmoid: ([a]) => mapped(a as Tensor, (x) => 1 / (1 + Math.exp(-Number(x)))),
  Where: ([condition, a, b]) => {
    const dims = [condition, a, b].reduce<Ints>((all, t) => joined(all, (t as Tensor).dims), []);
    const at = (tensor: Tensor | undefined) => spread(tensor as Tensor, dims);
    const [test, yes, no] = [at(condition), at(a), at(b)];
    return { dims, values: test.map((x, i) => (x === 1 ? yes[i] : no[i]) as Cell) };
  },
  Concat: (given, { attributes }) => {
    if (attributes['axis'] !== 1) throw new Error('Concat along another axis');
    const rows = given[0]?.dims[0] as number;
    const inner = size((given[0] as Tensor).dims.slice(2));
    const width = given.reduce((sum, { dims }) => sum + (dims[1] as number), 0);
    const values = Array.from({ length: rows }, (_, row) =>
      given.flatMap(({ dims, values: own }) => {
        const length = (dims[1] as number) * inner;
        return own.slice(row * length, (row + 1) * length);
      }),
    ).flat();
    return { dims: [rows, width, ...(given[0] as Tensor).dims.slice(2)], values };
  },
  Reshape: ([a]) => ({ dims: [(a as Tensor).values.length], values: (a as Tensor).values }),
  Unsqueeze: ([a, axes]) => {
    const dims = [...(a as Tensor).dims];
    dims.splice(Number(axes?.values[0]), 0, 1);
    return { dims, values: (a as Tensor).values };
  },
  Gather: ([data, indices], { attributes }) => {
    const { dims, values } = data as Tensor;
    const { dims: own, values: at } = indices as Tensor;
    const axis = Number(attributes['axis'] ?? 0);
    const [outer, inner] = [size(dims.slice(0, axis)), size(dims.slice(axis + 1))];
    const out: Cell[] = [];
    for (let o = 0; o < outer; o++) {
      for (const index of at) {
        const from = (o * (dims[axis] as number) + Number(index)) * inner;
        if (!(Number(index) < (dims[axis] as number))) throw new Error('Gather beyond the end');
        for (let i = 0; i < inner; i++) out.push(values[from + i] as Cell);
      }
    }
    return { dims: [...dims.slice(0, axis), ...own, ...dims.slice(axis + 1)], values: out };
  },
  CumSum: ([a]) => {
    const { dims, values } = a as Tensor;
    const out = values.map(Number);
    const inner = size(dims.slice(2));
    const length = (dims[1] as number) * inner;
    out.forEach((value, i) => {
      if (i % length >= inner) out[i] = (out[i - inner] as number) + value;
    });
    return { dims, values: out };
  },
  Softmax: ([a]) =>
    byRow(a as Tensor, (row) => {
      const top = row.reduce((most, x) => Math.max(most, x));
      const powers = row.map((x) => Math.exp(x - top));
      const total = powers.reduce((sum, x) => sum + x, 0);
      return powers.map((x) => x / total);
    }),
  TopK: ([a]) => {
    const order = (row: number[]): number[] =>
      [...row.keys()].sort((i, j) => (row[i] as number) - (row[j] as number) || i - j);
    return [
      byRow(a as Tensor, (row) => order(row).map((i) => row[i] as number)),
      byRow(a as Tensor, order),
    ];
  },
  ArgMax: firstOf((x, best) => x > best),
  ArgMin: firstOf((x, best) => x < best),
  LabelEncoder: ([a], { attributes }) => {
    const { keys_tensor: keys, values_tensor: values, default_tensor: other } = attributes;
    const known = new Map(
      (keys as Tensor).values.map((key, i) => [key, (values as Tensor).values[i]]),
    );
    return mapped(a as Tensor, (x) => (known.get(x) ?? (other as Tensor).values[0]) as Cell);
  },
  TreeEnsemble: ([a], { attributes }) => treeEnsemble(a as Tensor, attributes),
};

function treeEnsemble(a: Tensor, attributes: Node['attributes']): Tensor {
  const ints = (name: string): Ints => attributes[name] as Ints;
  const numbers = (name: string): Ints =>
    ((attributes[name] as Tensor | undefined)?.values ?? []) as Ints;
  const [features, modes, splits] = [
    ints('nodes_featureids'),
    numbers('nodes_modes'),
    numbers('nodes_splits'),
  ];
  const sides = (['true', 'false'] as const).map((side) => ({
    child: ints(`nodes_${side}nodeids`),
    isLeaf: ints(`nodes_${side}leafs`),
  }));
  const missing = ints('nodes_missing_value_tracks_true');
  const members = membersOf(modes, numbers('membership_values'));
  const [targets, weights] = [ints('leaf_targetids'), numbers('leaf_weights')];
  const width = Number(attributes['n_targets']);
  return byRow(a, (row) => {
    const sums = new Array<number>(width).fill(0);
    for (const root of ints('tree_roots')) {
      let node = root;
      for (;;) {
        const x = row[features[node] as number] as number;
        const isMember = modes[node] === 6;
        const isTrue = Number.isNaN(x)
          ? missing[node] === 1
          : isMember
            ? (members.get(node) as ReadonlySet<number>).has(x)
            : modes[node] === 1
              ? x < (splits[node] as number)
              : x <= (splits[node] as number);
        const { child, isLeaf } = sides[isTrue ? 0 : 1] as (typeof sides)[number];
        const next = child[node] as number;
        if (isLeaf[node] === 1) {
          const target = targets[next] as number;
          sums[target] = (sums[target] as number) + (weights[next] as number);
          break;
        }
        node = next;
      }
    }
    return sums;
  });
}

/** The sets of the nodes in turn, each ended by a NaN. */
function membersOf(modes: Ints, values: Ints): Map<number, ReadonlySet<number>> {
  const found = new Map<number, ReadonlySet<number>>();
  let at = 0;
  modes.forEach((mode, node) => {
    if (mode !== 6) return;
    const end = values.findIndex((value, i) => i >= at && Number.isNaN(value));
    found.set(node, new Set(values.slice(at, end)));
    at = end + 1;
  });
  if (at !== values.length) throw new Error('there are sets that no node has');
  return found;
}

/** The place of the first value of each row that is better than all before. */
function firstOf(isBetter: (x: number, best: number) => boolean): Operation {
  return ([a], { attributes }) => {
    const found = byRow(a as Tensor, (row) => [
      row.reduce((best, x, i) => (isBetter(x, row[best] as number) ? i : best), 0),
    ]);
    return attributes['keepdims'] === 1
      ? found
      : { dims: found.dims.slice(0, 1), values: found.values };
  };
}

function byRow({ dims, values }: Tensor, of: (row: number[]) => number[]): Tensor {
  const [rows = 0, width = 1] = dims;
  const out = Array.from({ length: rows }, (_, i) =>
    of(values.slice(i * width, (i + 1) * width).map(Number)),
  );
  return { dims: [rows, out[0]?.length ?? 0], values: out.flat() };
}

function mapped({ dims, values }: Tensor, of: (value: Cell) => Cell): Tensor {
  return { dims, values: values.map(of) };
}

function numeric(of: (a: number, b: number) => number) {
  return ([a, b]: readonly Tensor[]): Tensor => {
    const dims = joined((a as Tensor).dims, (b as Tensor).dims);
    const [left, right] = [spread(a as Tensor, dims), spread(b as Tensor, dims)];
    return { dims, values: left.map((x, i) => of(Number(x), Number(right[i]))) };
  };
}

function size(dims: Ints): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** The dimensions that both are spread to. */
function joined(a: Ints, b: Ints): number[] {
  const length = Math.max(a.length, b.length);
  const at = (dims: Ints, i: number): number => dims[i - (length - dims.length)] ?? 1;
  return Array.from({ length }, (_, i) => {
    const [x, y] = [at(a, i), at(b, i)];
    if (x !== y && x !== 1 && y !== 1)
      throw new Error(`dimensions ${x} and ${y} do not go together`);
    return Math.max(x, y);
  });
}

function spread({ dims, values }: Tensor, to: Ints): readonly Cell[] {
  const length = size(to);
  if (length === values.length) return values;
  const offset = to.length - dims.length;
  return Array.from({ length }, (_, flat) => {
    let [rest, at, step] = [flat, 0, 1];
    for (let d = to.length - 1; d >= 0; d--) {
      const place = rest % (to[d] as number);
      rest = Math.floor(rest / (to[d] as number));
      const own = dims[d - offset] ?? 1;
      if (own === 1) continue;
      at += place * step;
      step *= own;
    }
    return values[at] as Cell;
  });
}
