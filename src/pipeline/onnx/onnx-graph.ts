/**
 * The graph that a model becomes in ONNX: stages add operations one behind the other and find each other's columns by
 * name. A column that no stage has made is an input.
 *
 *   number   double [rows, 1], NaN is missing      vector   double [rows, width]
 *   text     string [rows, 1], OnnxOptions.missingText is missing
 */
import { CoppiceError } from '../../base/errors.ts';
import { libraryVersion } from '../../base/library-version.ts';
import type { ClassValue } from '../../training/messages.ts';
import type { LogicalField, LogicalSchema } from '../logical-schema.ts';
import { instantUnit } from '../time-ticks.ts';
import {
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValue,
  onnxModel,
  typeNumbers,
} from './onnx-messages.ts';
import { type CheckedOnnxOptions, checkedOnnxOptions, type OnnxOptions } from './onnx-options.ts';

/** A column of numbers. */
export interface OnnxNumber {
  readonly kind: 'number';
  readonly tensor: string;
  readonly isFloat32?: boolean;
  /** Its numbers are booleans. */
  readonly isFlag?: boolean;
}

/** A column of a graph. */
export type OnnxColumn =
  | { readonly kind: 'text'; readonly tensor: string }
  | OnnxNumber
  | {
      readonly kind: 'vector';
      readonly tensor: string;
      readonly width: number;
      /** Of what is told of classes: which. */
      readonly classes?: readonly ClassValue[];
    }
  | { readonly kind: 'struct'; readonly children: ReadonlyMap<string, OnnxColumn> };

/** Predicted classes: the number of each row's, int64 [rows]. */
export interface OnnxClasses {
  readonly code: string;
  readonly classes: readonly ClassValue[];
}

/** An output, and what later stages know of it. */
export interface OnnxSaid {
  readonly tensor: string;
  readonly value: OnnxValue;
  readonly column: OnnxColumn | undefined;
  readonly classes: OnnxClasses | undefined;
}

/** No message of Protocol Buffers is longer. */
const mostBytes = 2 ** 31 - 1;

/** See the header. */
export class OnnxGraph {
  /** The class of the model that is written, for errors. */
  readonly owner: string;
  readonly options: CheckedOnnxOptions;
  #columns = new Map<string, OnnxColumn>();
  #classes = new Map<string, OnnxClasses>();
  #outputs = new Map<string, Omit<OnnxSaid, 'column' | 'classes'>>();
  #metadata: Record<string, string> = {};
  /** Names of what was said before what is inside now. */
  #outside: ReadonlySet<string> = new Set();
  /** Inputs, by column and child of a struct. */
  readonly #given = new Map<string, OnnxColumn>();
  readonly #fields = new Map<string, LogicalField>();
  readonly #inputs: OnnxValue[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();
  #numMade = 0;

  /** @throws CoppiceError `USAGE` for a value that an option does not have, `PARAM_UNKNOWN` for an option that is none */
  constructor(owner: string, options: OnnxOptions) {
    this.owner = owner;
    this.options = checkedOnnxOptions(owner, options);
  }

  /** Adds an operation of ONNX itself. @returns the name of its first output @param numOutputs how many it has */
  add(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    numOutputs = 1,
  ): string {
    return this.addAll(type, inputs, attributes, numOutputs)[0] as string;
  }

  /** The same. @returns the names of all its outputs */
  addAll(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    numOutputs: number,
  ): string[] {
    const outputs = Array.from({ length: numOutputs }, () => this.#newName(type));
    this.#nodes.push({ type, domain: '', inputs, outputs, attributes });
    return outputs;
  }

  /** The same numbers as another type. @returns the name of the tensor */
  cast(tensor: string, type: OnnxType): string {
    return this.add('Cast', [tensor], { to: typeNumbers[type] });
  }

  /** Adds an operation of ONNX's set for machine learning. @returns the name of its output */
  addMl(type: string, input: string, attributes: Readonly<Record<string, OnnxAttribute>>): string {
    const output = this.#newName(type);
    this.#nodes.push({
      type,
      domain: 'ai.onnx.ml',
      inputs: [input],
      outputs: [output],
      attributes,
    });
    return output;
  }

  /** A constant. @returns its name */
  constant(tensor: OnnxTensor): string {
    const name = this.#newName('constant');
    this.#constants.set(name, tensor);
    return name;
  }

  /** A constant of float64, a row of numbers unless its dimensions are given. */
  doubles(values: ArrayLike<number>, dims: readonly number[] = [values.length]): string {
    return this.constant({ type: 'double', dims, values: Float64Array.from(values) });
  }

  /** A constant row of whole numbers. */
  integers(values: readonly number[]): string {
    const wide = BigInt64Array.from(values, (value) => BigInt(value));
    return this.constant({ type: 'int64', dims: [values.length], values: wide });
  }

  /** Tells the types of columns that stages may read. */
  know(schema: LogicalSchema): void {
    for (const field of schema) this.#fields.set(field.name, field);
  }

  /** A column that a stage has made; undefined where it must be an input. */
  known(name: string): OnnxColumn | undefined {
    return this.#columns.get(name);
  }

  /** Names what a stage has made. */
  name(name: string, column: OnnxColumn): void {
    this.#columns.set(name, column);
  }

  /** Names the classes that a stage has predicted. */
  nameClasses(name: string, classes: OnnxClasses): void {
    this.#classes.set(name, classes);
  }

  /** The classes that a stage has predicted under a name. */
  predictedClasses(name: string): OnnxClasses | undefined {
    return this.#classes.get(name);
  }

  /** The column under a name, which becomes an input where no stage has made it. */
  column(name: string, field = this.#fields.get(name)): OnnxColumn {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    if (this.#outputs.has(name) || this.#outside.has(name)) {
      const remedy = 'write the stages before and behind it one by one';
      throw this.refusal('no stage that reads predicted classes', `one that reads ${name}`, remedy);
    }
    return this.inputOf(name, field);
  }

  /** The logical type of a column that is given; undefined for one that a stage has made. */
  typeOf(name: string): string | undefined {
    return this.#columns.has(name) ? undefined : this.#fields.get(name)?.type;
  }

  /**
   * Runs what adds a stage; what it names and says is not seen outside.
   *
   * @throws CoppiceError `UNSUPPORTED` where the model is given a matrix
   */
  inside<T>(add: () => T): T {
    if (this.options.inputs === 'matrix') {
      const remedy = "leave inputs: 'matrix' out (--inputs)";
      throw this.refusal('columns as the inputs of an ensemble of models', 'a matrix', remedy);
    }
    const kept = [this.#columns, this.#classes, this.#outputs, this.#metadata] as const;
    const outside = this.#outside;
    this.#outside = new Set([...outside, ...this.#outputs.keys()]);
    this.#columns = new Map(this.#columns);
    this.#classes = new Map(this.#classes);
    this.#outputs = new Map();
    this.#metadata = {};
    try {
      return add();
    } finally {
      [this.#columns, this.#classes, this.#outputs, this.#metadata] = kept;
      this.#outside = outside;
    }
  }

  /** What a stage says under a name. */
  said(name: string): OnnxSaid | undefined {
    const output = this.#outputs.get(name);
    if (output === undefined) return undefined;
    return { ...output, column: this.#columns.get(name), classes: this.#classes.get(name) };
  }

  /** Says it under a name. @throws CoppiceError `COLUMN_EXISTS` */
  say(name: string, { tensor, value, column, classes }: OnnxSaid): void {
    if (column !== undefined) this.name(name, column);
    if (classes !== undefined) this.nameClasses(name, classes);
    this.output(tensor, { ...value, name });
  }

  /** An input of the type of a column. @param key what it is, where its name does not tell */
  inputOf(name: string, field: LogicalField | undefined, key = name): OnnxColumn {
    const given = this.#given.get(key) ?? this.#newInput(name, field);
    this.#given.set(key, given);
    return given;
  }

  #newInput(name: string, field: LogicalField | undefined): OnnxColumn {
    const { type = 'double', children = [] } = field ?? {};
    const width = Number(/^vector\[(\d+)\]$/.exec(type)?.[1] ?? -1);
    if (type === 'struct') {
      const parts = children.map((child) => {
        return [child.name, this.inputOf(child.name, child, keyOf(name, child.name))] as const;
      });
      return { kind: 'struct', children: new Map(parts) };
    }
    if (width >= 0) {
      return {
        kind: 'vector',
        tensor: this.numbers(name, width, 'numbers; NaN is missing'),
        width,
      };
    }
    if (type === 'string' || type.startsWith('dictionary<')) {
      const missing = JSON.stringify(this.options.missingText);
      this.#input({ name, type: 'string', width: 1, doc: `text; ${missing} is missing` });
      return { kind: 'text', tensor: name };
    }
    const isFloat32 = type === 'float' || type === 'half';
    const isFlag = type === 'boolean';
    return { kind: 'number', tensor: this.numbers(name, 1, numberDoc(type)), isFloat32, isFlag };
  }

  /** A new input of numbers. @returns the tensor as float64 */
  numbers(name: string, width: number, doc: string): string {
    const { numberType } = this.options;
    this.#input({ name, type: numberType, width, doc });
    return numberType === 'double' ? name : this.cast(name, 'double');
  }

  /**
   * Makes a tensor an output under a name of the user's.
   *
   * @param replaces whether it takes the place of another stage's
   * @throws CoppiceError `COLUMN_EXISTS`
   */
  output(tensor: string, value: OnnxValue, replaces = false): void {
    if (!replaces && this.#outputs.has(value.name)) throw this.#twice(value.name);
    this.#outputs.set(value.name, { tensor, value });
  }

  /** Something about the model, as text. */
  note(key: string, value: string): void {
    this.#metadata[`coppice.${key}`] = value;
  }

  /**
   * The model as a file holds it.
   *
   * @throws CoppiceError `UNSUPPORTED` for a model that predicts nothing, or that is too large
   */
  encode(): Uint8Array<ArrayBuffer> {
    if (this.#outputs.size === 0)
      throw this.refusal('a stage that predicts', 'stages that predict nothing', 'save it instead');
    const twice = this.#inputs.find(({ name }) => this.#outputs.has(name));
    if (twice !== undefined) throw this.#twice(twice.name);
    const said = [...this.#outputs.values()];
    const last = said.map(({ tensor, value }) => ({
      ...{ type: 'Identity', domain: '', attributes: {} },
      ...{ inputs: [tensor], outputs: [value.name] },
    }));
    const message = onnxModel({
      producerVersion: libraryVersion,
      doc: '',
      name: this.owner,
      inputs: this.#inputs,
      outputs: said.map(({ value }) => value),
      nodes: [...this.#nodes, ...last],
      constants: this.#constants,
      metadata: this.#metadata,
    });
    if (message.size > mostBytes) {
      throw this.refusal(
        `at most ${mostBytes} bytes, as a file of ONNX has`,
        String(message.size),
        'truncate the model, or fit fewer or smaller trees',
      );
    }
    return message.finish();
  }

  /**
   * Refuses a category that is the text for missing ones.
   *
   * @throws CoppiceError `UNSUPPORTED`
   */
  checkCategories(column: string, categories: readonly string[]): void {
    const { missingText } = this.options;
    if (!categories.includes(missingText)) return;
    throw this.refusal(
      'a text for missing categories that is none of them',
      `the category ${JSON.stringify(missingText)} in ${column}`,
      'give another missingText (--missing-text)',
    );
  }

  /** The error for what ONNX cannot carry. */
  refusal(rule: string, got: string, remedy: string): CoppiceError {
    return new CoppiceError(
      'UNSUPPORTED',
      `a model written as ONNX must have ${rule}; ${this.owner} has ${got}; ${remedy}`,
      { context: { owner: this.owner } },
    );
  }

  #twice(name: string): CoppiceError {
    return new CoppiceError(
      'COLUMN_EXISTS',
      `the outputs of ${this.owner} must have names of their own; got ${name} twice; give the model another predictionCol, probabilityCol or rawPredictionCol (model.copy)`,
      { context: { owner: this.owner, column: name } },
    );
  }

  #input(value: OnnxValue): void {
    if (this.#inputs.some(({ name }) => name === value.name)) {
      throw new CoppiceError(
        'COLUMN_EXISTS',
        `the inputs of ${this.owner} must have names of their own; got ${value.name} twice; rename the column before the fit`,
        { context: { owner: this.owner, column: value.name } },
      );
    }
    this.#inputs.push(value);
  }

  /** A name that no column is likely to have. */
  #newName(what: string): string {
    return `coppice/${what}_${this.#numMade++}`;
  }
}

/** Names the child of a struct among the inputs. */
export function keyOf(column: string, child: string): string {
  return JSON.stringify([column, child]);
}

/** What a number of a column means. */
function numberDoc(type: string): string {
  if (type === 'boolean') return 'boolean: 1 is true, 0 is false, NaN is missing';
  const unit = instantUnit(type);
  if (unit !== undefined) return `${type}: ${unit} since 1970-01-01, NaN is missing`;
  return `${type}: NaN is missing`;
}
