/** Reads a model of ONNX: any message of Protocol Buffers as its fields, then those of onnx.proto3 that are used here. */

/** A tensor; of int64 and bool the values are numbers too. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly values: readonly (number | string)[];
}

/** An operation. */
export interface Node {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number | readonly number[] | Tensor>>;
}

/** An input or output. */
export interface Value {
  readonly name: string;
  readonly elementType: number;
  /** null for a dimension that has a name. */
  readonly dims: readonly (number | null)[];
  readonly doc: string;
}

/** A model. */
export interface Model {
  readonly irVersion: number;
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** The model of a file. */
export function readOnnx(bytes: Uint8Array): Model {
  const model = fieldsOf(bytes);
  const graph = fieldsOf(one(model, 7));
  return {
    irVersion: number(model, 1),
    operatorSets: Object.fromEntries(
      many(model, 8)
        .map(fieldsOf)
        .map((set) => [text(set, 1), number(set, 2)]),
    ),
    metadata: Object.fromEntries(
      many(model, 14)
        .map(fieldsOf)
        .map((entry) => [text(entry, 1), text(entry, 2)]),
    ),
    nodes: many(graph, 1).map(fieldsOf).map(nodeOf),
    constants: new Map(
      many(graph, 5)
        .map(fieldsOf)
        .map((tensor) => [text(tensor, 8), tensorOf(tensor)]),
    ),
    inputs: many(graph, 11).map(fieldsOf).map(inputOrOutput),
    outputs: many(graph, 12).map(fieldsOf).map(inputOrOutput),
  };
}

function nodeOf(node: Fields): Node {
  const attributes = many(node, 5)
    .map(fieldsOf)
    .map((attribute) => {
      const name = text(attribute, 1);
      switch (number(attribute, 20)) {
        case 2:
          return [name, number(attribute, 3)] as const;
        case 4:
          return [name, tensorOf(fieldsOf(one(attribute, 5)))] as const;
        case 7:
          return [name, packed(attribute, 8)] as const;
        default:
          throw new Error(`attribute ${name} has type ${number(attribute, 20)}`);
      }
    });
  return {
    type: text(node, 4),
    domain: node.has(7) ? text(node, 7) : '',
    inputs: many(node, 1).map(decoded),
    outputs: many(node, 2).map(decoded),
    attributes: Object.fromEntries(attributes),
  };
}

function tensorOf(tensor: Fields): Tensor {
  const dims = packed(tensor, 1);
  return { dims, values: valuesOf(tensor) };
}

function valuesOf(tensor: Fields): (number | string)[] {
  const type = number(tensor, 2);
  if (type === 8) return many(tensor, 6).map(decoded);
  const raw = one(tensor, 9);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const each = <T>(width: number, read: (at: number) => T): T[] =>
    Array.from({ length: raw.length / width }, (_, i) => read(i * width));
  if (type === 2 || type === 9) return each(1, (at) => view.getUint8(at));
  if (type === 7) return each(8, (at) => Number(view.getBigInt64(at, true)));
  if (type === 11) return each(8, (at) => view.getFloat64(at, true));
  throw new Error(`a tensor has elements of type ${type}`);
}

function inputOrOutput(value: Fields): Value {
  const tensor = fieldsOf(one(fieldsOf(one(value, 2)), 1));
  const dims = many(fieldsOf(one(tensor, 2)), 1).map(fieldsOf);
  return {
    name: text(value, 1),
    elementType: number(tensor, 1),
    dims: dims.map((dim) => (dim.has(1) ? number(dim, 1) : null)),
    doc: value.has(3) ? text(value, 3) : '',
  };
}

function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('a message ends within a number');
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    let value: number | Uint8Array;
    if (wireType === 0) value = varint();
    else if (wireType === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new Error('a field is longer than its message');
      value = bytes.subarray(at, at + length);
      at += length;
    } else throw new Error(`a field has wire type ${wireType}`);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

function many(fields: Fields, field: number): Uint8Array[] {
  return (fields.get(field) ?? []).map((value) => {
    if (typeof value === 'number') throw new Error(`field ${field} is a number`);
    return value;
  });
}

function one(fields: Fields, field: number): Uint8Array {
  const found = many(fields, field);
  if (found.length !== 1) throw new Error(`field ${field} comes ${found.length} times`);
  return found[0] as Uint8Array;
}

function number(fields: Fields, field: number): number {
  const [value] = fields.get(field) ?? [];
  if (typeof value !== 'number') throw new Error(`field ${field} is no number`);
  return value;
}

function packed(fields: Fields, field: number): number[] {
  return many(fields, field).flatMap((bytes) => {
    const out: number[] = [];
    let [value, scale] = [0, 1];
    for (const byte of bytes) {
      value += (byte % 128) * scale;
      scale *= 128;
      if (byte >= 128) continue;
      out.push(value);
      [value, scale] = [0, 1];
    }
    return out;
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decoded(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function text(fields: Fields, field: number): string {
  return decoded(one(fields, field));
}
