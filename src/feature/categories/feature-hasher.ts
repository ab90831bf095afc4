/** Hashes columns of any kind into a vector of a fixed number of features. */
import { Field, Float64, Schema, Struct, DataType as Type } from 'apache-arrow';
import { defineParams, type Options, type Resolved } from '../../params/define-params.ts';
import { column, columns, int } from '../../params/kinds.ts';
import {
  columnTypeError,
  otherTypeError,
  refuseExistingColumn,
  requireColumn,
  typeFamily,
} from '../../pipeline/check-schema.ts';
import { type LogicalSchema, logicalType } from '../../pipeline/logical-schema.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import { Transformer } from '../../pipeline/transformer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { addHashedCells } from '../module-columns.ts';
import { requireNumber } from '../numeric-field.ts';
import {
  bucketName,
  type HashedColumn,
  type HashFeaturesSpec,
} from '../operators/hash-features.ts';
import '../worker-operators.ts';

const specs = {
  /** The columns to hash. */
  inputCols: columns({ required: true, since: '0.1.0' }),
  /** The struct column to add. */
  outputCol: column({ default: 'features', since: '0.1.0' }),
  /** The number of buckets. Spark's default, 262,144, needs sparse vectors; these are dense. */
  numFeatures: int({ default: 256, min: 1, max: 262_144, since: '0.1.0' }),
  /** Columns of numbers that are categories; text, dictionaries and booleans always are. */
  categoricalCols: columns({ minLength: 0, since: '0.1.0' }),
};

/** Parameters of {@link FeatureHasher}. */
export const featureHasherParams = defineParams('FeatureHasher', specs, checkCategorical);

/** Options of {@link FeatureHasher}. @interface */
export type FeatureHasherOptions = Options<typeof featureHasherParams.schema>;

/**
 * Makes a vector of fixed length of columns with any number of categories, without learning a list of them.
 *
 * A number is added to the bucket that its column's name hashes to; a category adds 1 to the bucket that
 * `name=value` hashes to. The hash is MurmurHash3 as in Spark, so with the same `numFeatures` a value has the same
 * bucket there and here. An integer beyond 2^53 is added as the nearest double, as in Spark; as a category it has the
 * text of all its digits. Missing values add nothing.
 *
 * Input: columns of numbers, booleans, text or dictionaries. Output: a struct of float64 children `h0`, `h1`, …; an
 * estimator that reads some of them makes no others.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
 * @see Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009
 * @example
 * ```ts
 * import { createTable, FeatureHasher } from 'coppice';
 * const table = await createTable({ city: ['Oslo', 'Rome'], age: [7, 9] });
 * const hasher = new FeatureHasher({ inputCols: ['city', 'age'], numFeatures: 4 });
 * const [row] = await (await hasher.transform(table)).select('features').take(1);
 * console.log(JSON.stringify(row)); // {"features":{"h0":0,"h1":0,"h2":0,"h3":8}}
 * ```
 */
export class FeatureHasher extends Transformer<typeof featureHasherParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = featureHasherParams;

  constructor(options: FeatureHasherOptions) {
    super(featureHasherParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    return this.#hashed(table, []);
  }

  /** @internal Numbers have the texts, and so the buckets, that they had at fit, whichever type holds them now. */
  override async transformAsFitted(
    table: PartitionedTable,
    fitted: LogicalSchema,
  ): Promise<PartitionedTable> {
    return this.#hashed(table, fitted);
  }

  #hashed(table: PartitionedTable, fitted: LogicalSchema): PartitionedTable {
    const schema = this.transformSchema(table.schema);
    const { inputCols, outputCol, numFeatures } = this.params;
    const hashed = inputCols.map((name) =>
      this.#kindAsFitted(this.#kindOf(name, table.schema), table.schema, fitted),
    );
    const spec: HashFeaturesSpec = { output: outputCol, numFeatures, columns: hashed };
    const names = Array.from({ length: numFeatures }, (_, bucket) => bucketName(bucket));
    const operator = {
      kind: 'feature.hashFeatures',
      reads: inputCols,
      writes: [outputCol],
      parts: { [outputCol]: Object.fromEntries(names.map((name) => [name, inputCols])) },
      spec,
    };
    return table.withOperator(operator, schema);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { inputCols, outputCol: output, numFeatures } = this.params;
    const hashed = inputCols.map((name) => this.#kindIn(writer, name));
    addHashedCells(writer, { output }, hashed, numFeatures);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    throw graph.refusal(
      'stages that operations of ONNX can do, which has no hash of texts',
      `a ${this.className}`,
      'take OneHotEncoder, or write the model as a JavaScript module',
    );
  }

  override transformSchema(schema: Schema): Schema {
    const { inputCols, outputCol, numFeatures } = this.params;
    for (const name of inputCols) this.#kindOf(name, schema);
    refuseExistingColumn(this.className, 'outputCol', outputCol, schema);
    const children = Array.from(
      { length: numFeatures },
      (_, bucket) => new Field(bucketName(bucket), new Float64(), true),
    );
    const output = new Field(outputCol, new Struct(children), false);
    return new Schema([...schema.fields, output], schema.metadata);
  }

  /** How a column of a module is hashed. @throws CoppiceError `UNSUPPORTED` for numbers as categories that a stage has made */
  #kindIn(writer: ModuleWriter, name: string): HashedColumn {
    const cell = writer.cell([name]);
    if (cell.kind !== 'number') return { name, kind: 'text' };
    if (this.params.categoricalCols?.includes(name) !== true) return { name, kind: 'number' };
    const kind = categoryKind(writer.typeOf(cell) ?? '');
    if (kind !== null) return { name, kind };
    throw writer.refusal('categoricalCols that are columns of the row', `the number ${name}`);
  }

  /** @throws CoppiceError `SCHEMA_MISMATCH` for a number that was a category at fit, or the other way round */
  #kindAsFitted(found: HashedColumn, schema: Schema, fitted: LogicalSchema): HashedColumn {
    const { name } = found;
    const wanted = fitted.find((field) => field.name === name);
    const type = logicalType(requireColumn(this.className, 'inputCols', name, schema).type);
    if (wanted === undefined || [type, wanted.type].includes('null')) return found;
    if (isNumber(type) !== isNumber(wanted.type))
      throw otherTypeError(this.className, name, wanted.type, type);
    if (!isNumber(type) || found.kind === 'number') return found;
    return { name, kind: categoryKind(wanted.type) ?? found.kind };
  }

  #kindOf(name: string, schema: Schema): HashedColumn {
    const field = requireColumn(this.className, 'inputCols', name, schema);
    const type = field.type as Type;
    if (logicalType(type) === 'string' || Type.isBool(type)) return { name, kind: 'text' };
    if (Type.isDictionary(type))
      throw columnTypeError(this.className, 'inputCols', field, 'a dictionary of texts');
    requireNumber(this.className, field);
    if (this.params.categoricalCols?.includes(name) !== true) return { name, kind: 'number' };
    const kind = categoryKind(logicalType(type));
    if (kind !== null) return { name, kind };
    throw columnTypeError(this.className, 'categoricalCols', field, 'a whole number or a float');
  }
}

/** How numbers of a type are written where they are categories; null where they have no text. */
function categoryKind(type: string): HashedColumn['kind'] | null {
  if (/^u?(tinyint|smallint|int|bigint)$/.test(type)) return 'text';
  return type === 'float' || type === 'double' ? type : null;
}

function isNumber(type: string): boolean {
  return type !== 'boolean' && typeFamily(type) === 'number';
}

function checkCategorical({ inputCols, categoricalCols = [] }: Resolved<typeof specs>) {
  const strange = categoricalCols.find((name) => !inputCols.includes(name));
  return strange === undefined
    ? null
    : `categoricalCols must be some of inputCols, not "${strange}"`;
}

registerStage(FeatureHasher);
