/**
 * The messages of a model in ONNX, as bytes. The numbers of fields and types are those of onnx.proto3
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import { ProtobufWriter } from './protobuf-writer.ts';

/** Types of a tensor's elements. */
export type OnnxType = 'float' | 'uint8' | 'int64' | 'string' | 'bool' | 'double';

/** The numbers of types in messages, and in the attribute `to` of a cast. */
export const typeNumbers: Readonly<Record<OnnxType, number>> = {
  float: 1,
  uint8: 2,
  int64: 7,
  string: 8,
  bool: 9,
  double: 11,
};

/** A tensor of constants; of booleans one byte each. */
export interface OnnxTensor {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly values: Uint8Array | BigInt64Array | Float64Array | Float32Array | readonly string[];
}

/** An attribute of a node: a whole number from 0 on, several, or a tensor. */
export type OnnxAttribute = number | ArrayLike<number> | OnnxTensor;

/** One operation. */
export interface OnnxNode {
  readonly type: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output: rows, and values a row where they lie side by side. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** Values a row; null for a value that is one a row, without a second dimension. */
  readonly width: number | null;
  readonly doc: string;
}

/** A whole model. */
export interface OnnxModel {
  readonly producerVersion: string;
  readonly doc: string;
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The version of the format of files, of ONNX 1.16. */
const irVersion = 10;

/** Sets of operators by domain: those of that version; TreeEnsemble came with the fifth of ai.onnx.ml. */
const operatorSets = { '': 21, 'ai.onnx.ml': 5 } as const;

const attributeTypes = { int: 2, tensor: 4, ints: 7 } as const;

/** The model as a message. */
export function onnxModel(model: OnnxModel): ProtobufWriter {
  const graph = new ProtobufWriter();
  for (const node of model.nodes) graph.message(1, nodeMessage(node));
  graph.text(2, model.name);
  for (const [name, tensor] of model.constants) graph.message(5, tensorMessage(tensor, name));
  for (const value of model.inputs) graph.message(11, valueMessage(value));
  for (const value of model.outputs) graph.message(12, valueMessage(value));
  const out = new ProtobufWriter()
    .integer(1, irVersion)
    .text(2, 'coppice')
    .text(3, model.producerVersion)
    .text(6, model.doc)
    .message(7, graph);
  for (const [domain, version] of Object.entries(operatorSets)) {
    out.message(8, new ProtobufWriter().text(1, domain).integer(2, version));
  }
  for (const [key, value] of Object.entries(model.metadata)) {
    out.message(14, new ProtobufWriter().text(1, key).text(2, value));
  }
  return out;
}

function nodeMessage(node: OnnxNode): ProtobufWriter {
  const out = new ProtobufWriter();
  for (const name of node.inputs) out.text(1, name);
  for (const name of node.outputs) out.text(2, name);
  out.text(3, node.outputs[0] ?? '').text(4, node.type);
  for (const [name, value] of Object.entries(node.attributes)) {
    out.message(5, attributeMessage(name, value));
  }
  return node.domain === '' ? out : out.text(7, node.domain);
}

function attributeMessage(name: string, value: OnnxAttribute): ProtobufWriter {
  const out = new ProtobufWriter().text(1, name);
  if (typeof value === 'number') return out.integer(3, value).integer(20, attributeTypes.int);
  if ('dims' in value) {
    return out.message(5, tensorMessage(value, '')).integer(20, attributeTypes.tensor);
  }
  return out.integers(8, value).integer(20, attributeTypes.ints);
}

function tensorMessage({ type, dims, values }: OnnxTensor, name: string): ProtobufWriter {
  const out = new ProtobufWriter().integers(1, dims).integer(2, typeNumbers[type]);
  if (ArrayBuffer.isView(values)) {
    const { buffer, byteOffset, byteLength } = values;
    out.text(8, name).bytes(9, new Uint8Array(buffer, byteOffset, byteLength));
  } else {
    for (const value of values) out.text(6, value);
    out.text(8, name);
  }
  return out;
}

function valueMessage({ name, type, width, doc }: OnnxValue): ProtobufWriter {
  const shape = new ProtobufWriter().message(1, new ProtobufWriter().text(2, 'rows'));
  if (width !== null) shape.message(1, new ProtobufWriter().integer(1, width));
  const tensor = new ProtobufWriter().integer(1, typeNumbers[type]).message(2, shape);
  const out = new ProtobufWriter()
    .text(1, name)
    .message(2, new ProtobufWriter().message(1, tensor));
  return doc === '' ? out : out.text(3, doc);
}
