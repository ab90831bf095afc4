/** A transformer that came out of a fit, and knows the columns it was fitted on. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import { checkSchema } from './check-schema.ts';
import type { LogicalSchema } from './logical-schema.ts';
import { ModuleWriter } from './module/module-writer.ts';
import { OnnxGraph } from './onnx/onnx-graph.ts';
import type { OnnxOptions } from './onnx/onnx-options.ts';
import { pmmlDocument } from './pmml/pmml-document.ts';
import type { PredictionColumns } from './prediction-columns.ts';
import type { StageReader } from './stage-reader.ts';
import { Transformer } from './transformer.ts';

/** A fitted stage. */
export abstract class Model<S extends ParamSpecs = ParamSpecs> extends Transformer<S> {
  /** The columns that transform reads, with their types at fit. */
  abstract readonly inputSchema: LogicalSchema;

  /** The columns that transform reads besides these: margins that rows bring with them, for any model inside too. */
  get offsetColumns(): LogicalSchema {
    return this.nestedStages().flatMap(([, stage]) =>
      stage instanceof Model ? (stage as Model).offsetColumns : [],
    );
  }

  /** The names of the columns that the model predicts into; null for one that predicts nothing. */
  get predictionColumns(): PredictionColumns | null {
    const params = this.params as Readonly<Record<string, unknown>>;
    const nameOf = (param: string): string | null =>
      typeof params[param] === 'string' ? params[param] : null;
    const predictionCol = nameOf('predictionCol');
    if (predictionCol === null) return null;
    return {
      predictionCol,
      probabilityCol: nameOf('probabilityCol'),
      rawPredictionCol: nameOf('rawPredictionCol'),
    };
  }

  /**
   * The model as a file of ONNX (ai.onnx 21, ai.onnx.ml 5), for runtimes of other languages. Inputs have the names of
   * the columns: numbers, booleans and dates as float64 [rows, 1] (NaN is missing, dates count the column's own unit), vectors
   * [rows, width], categories as text [rows, 1]. Outputs have the names of the columns that transform adds: a class has
   * the label's type.
   *
   * The sums of leaves have the bits of transform; what a link makes of them (exp, softmax) may differ in the last
   * ones, as the runtime computes it. Rows that transform refuses get some value instead.
   *
   * @throws CoppiceError `UNSUPPORTED` for what ONNX cannot carry, by name, `COLUMN_EXISTS`, `USAGE`
   * @example
   * ```ts
   * import { writeFile } from 'node:fs/promises';
   * import { tmpdir } from 'node:os';
   * import { join } from 'node:path';
   * import { createTable, GBTRegressor } from 'coppice';
   * const table = createTable({ x: [1, 2, 3, 4], label: [1, 4, 9, 16] });
   * const model = await new GBTRegressor({ featuresCols: ['x'], minInstancesPerNode: 1 }).fit(table);
   * await writeFile(join(tmpdir(), 'squares.onnx'), model.toOnnx());
   * ```
   * @see docs/guides/serving.md
   */
  toOnnx(options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
    const graph = new OnnxGraph(this.className, options);
    this.addToOnnx(graph);
    return graph.encode();
  }

  /**
   * The model as the text of one JavaScript module without dependencies, for browsers, edge workers, Deno, Bun and Node. It
   * exports `predict(row)`, which answers as `scorer()` does, with the same bits: a row is an object of values by
   * column name (of a model that is no pipeline also a list in the order of its features), the answer has `prediction`,
   * `rawPrediction` and `probability`. A row that the scorer refuses is a `TypeError` there. `columns` and `classes` say
   * what it reads and tells.
   *
   * Every kind of model that predicts (trees, linear ones, clusters, ensembles of any of them, calibrated and tuned ones),
   * and pipelines of them with the feature stages that the guide names. {@link Model.toModuleDeclarations} has its types.
   *
   * @throws CoppiceError `UNSUPPORTED` for another model or stage, by its name
   * @example
   * ```ts
   * import { createTable, GBTRegressor } from 'coppice';
   * const table = createTable({ x: [1, 2, 3, 4], label: [1, 1, 9, 9] });
   * const model = await new GBTRegressor({ featuresCols: ['x'], maxIter: 5, minInstancesPerNode: 1 }).fit(table);
   * const text = model.toModule();
   * const { predict } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
   * console.log(predict({ x: 4 }).prediction === (await model.scorer())({ x: 4 }).prediction); // true
   * ```
   * @see docs/guides/serving.md
   */
  toModule(): string {
    return this.#written().text(this.predictionColumns);
  }

  /**
   * The declarations of {@link Model.toModule} for TypeScript, for a file `model.d.ts` beside `model.js` (or `model.d.mts`
   * beside `model.mjs`): `Row` with the types of the columns, `Prediction` with the classes, and what the module exports.
   *
   * @throws CoppiceError `UNSUPPORTED` as `toModule()` does
   * @example
   * ```ts
   * import { createTable, GBTClassifier } from 'coppice';
   * const table = createTable({ x: [1, 2, 3, 4], label: ['a', 'a', 'b', 'b'] });
   * const model = await new GBTClassifier({ featuresCols: ['x'], minInstancesPerNode: 1 }).fit(table);
   * console.log(model.toModuleDeclarations().includes('readonly prediction: "a" | "b";')); // true
   * ```
   * @see docs/guides/serving.md
   */
  toModuleDeclarations(): string {
    return this.#written().declarations(this.predictionColumns);
  }

  /**
   * The model as a document of PMML 4.4, for scoring engines of the JVM (JPMML), KNIME, SAS and others. Its fields have the names
   * of the columns; its outputs those of the columns that transform adds, `probability(yes)` for the class yes.
   *
   * Models of trees (boosted ones, forests, single trees, isolation forests), linear models, the best model of a search, and pipelines
   * that end in one with the feature stages that the guide names. Scores before a link have the bits of transform; what the engine's own exp
   * makes of them may differ in the last ones. Where rows lack an offset there is no prediction.
   *
   * @throws CoppiceError `UNSUPPORTED` for what PMML cannot carry, by name, `COLUMN_EXISTS`
   * @example
   * ```ts
   * import { createTable, GBTRegressor } from 'coppice';
   * const table = createTable({ x: [1, 2, 3, 4], label: [1, 4, 9, 16] });
   * const model = await new GBTRegressor({ featuresCols: ['x'], minInstancesPerNode: 1 }).fit(table);
   * const text = await model.toPmml();
   * console.log(text.includes('<DataField name="x" optype="continuous" dataType="double"/>')); // true
   * ```
   * @see docs/guides/serving.md
   */
  async toPmml(): Promise<string> {
    return await pmmlDocument(this);
  }

  #written(): ModuleWriter {
    const writer = new ModuleWriter(this.className);
    this.addToModule(writer);
    return writer;
  }

  /** @internal Says which columns a row has, where the model is not inside another one: those that the scorer of rows takes. */
  protected addRowToModule(writer: ModuleWriter): void {
    if (writer.isKnown) return;
    const named = new Set(this.inputSchema.map(({ name }) => name));
    const margins = this.offsetColumns.filter(({ name }) => !named.has(name));
    // members may share a column of margins
    const offsets = new Map(margins.map((field) => [field.name, field])).values();
    writer.know([...this.inputSchema, ...offsets]);
  }

  /**
   * Refuses a table without the columns the model was fitted on.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`
   */
  protected checkInput(schema: Schema): void {
    checkSchema(this.className, this.inputSchema, schema);
  }
}

/** The error for a model that was constructed instead of fitted. */
export function notFitted(owner: string, estimator: string): CoppiceError {
  return new CoppiceError(
    'NOT_FITTED',
    `${owner} must come from ${estimator}.fit(table) or ${owner}.load(path); it has not been fitted`,
    { context: { owner } },
  );
}

/** The schema that every saved model has. */
export function savedInputSchema(reader: StageReader): LogicalSchema {
  if (reader.schema === null) throw reader.malformed('has no schema');
  return reader.schema;
}
