/**
 * What all fitted linear models share: prediction as a step of a table, the scorer of single rows, saving. The
 * classes of the single algorithms only say which columns there are.
 */
import type { Schema } from 'apache-arrow';
import type { Options, ParamSchema } from '../params/define-params.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import { refuseExistingColumn } from '../pipeline/check-schema.ts';
import { checkThresholds, winnerAt } from '../pipeline/class-columns.ts';
import type { LogicalSchema } from '../pipeline/logical-schema.ts';
import { Model, notFitted } from '../pipeline/model.ts';
import { packed } from '../pipeline/module/module-literals.ts';
import type { ModuleWriter } from '../pipeline/module/module-writer.ts';
import {
  type OffsetPaths,
  offsetFields,
  offsetPaths,
  offsetsOfRow,
} from '../pipeline/offset-column.ts';
import type { OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../pipeline/pmml/pmml-writer.ts';
import {
  type Prediction,
  RowReader,
  type Score,
  type Scorer,
  singlesOf,
} from '../pipeline/row-reader.ts';
import type { StageWriter } from '../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { ClassValue } from '../training/messages.ts';
import { type LinearModelData, saveLinearModel } from './linear-model-data.ts';
import {
  type LinearOutputs,
  linearFields,
  probabilityAt,
  rawOfMargin,
  schemaWithLinear,
} from './linear-outputs.ts';
import { linearOp } from './module-ops.ts';
import { addLinearModel } from './onnx-nodes.ts';
import { addLinearToPmml } from './pmml-nodes.ts';
import { featureInvalid, type PredictLinearSpec } from './predict-operator.ts';
import './worker-programs.ts';

/** What the fit of a linear model told about itself. */
export interface LinearSummary {
  /** How many rows took part. */
  readonly numRows: number;
  /** The objective before each step and after the last. */
  readonly objectiveHistory: readonly number[];
  /** Steps that were taken. */
  readonly totalIterations: number;
}

/** A fitted linear model. */
export abstract class LinearModel<
  S extends ParamSpecs = ParamSpecs,
  Q extends Prediction = Prediction,
> extends Model<S> {
  /** @internal */
  readonly data: LinearModelData;
  readonly inputSchema: LogicalSchema;

  constructor(
    schema: ParamSchema<S>,
    options: Options<S> | undefined,
    data: LinearModelData,
    estimator: string,
  ) {
    super(schema, options);
    if (data === undefined) throw notFitted(schema.owner, estimator);
    this.data = data;
    this.inputSchema = data.inputSchema;
    checkThresholds(schema.owner, this.thresholds ?? undefined, data.classes);
  }

  /** Names of the columns that are added. */
  protected abstract get outputs(): LinearOutputs;

  /** The column of margins that are added, where given. */
  protected abstract get offsetCol(): string | undefined;

  /** Thresholds of the classes, where given. */
  protected get thresholds(): readonly number[] | null {
    return null;
  }

  /** How many features the model was fitted on. */
  get numFeatures(): number {
    return this.data.names.length;
  }

  /** Names of the features, in the order of the coefficients. */
  get featureNames(): readonly string[] {
    return this.data.names;
  }

  /** Classes ascending, as the label column had them; empty for a regressor. */
  get classes(): readonly ClassValue[] {
    return this.data.classes;
  }

  /** What the fit told about itself. */
  get summary(): LinearSummary {
    const { numRows, objectiveHistory } = this.data;
    const totalIterations = Math.max(0, objectiveHistory.length - 1);
    return { numRows, objectiveHistory, totalIterations };
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const { names, paths, coefficients, intercepts, classes, labelType } = this.data;
    const { outputs, thresholds } = this;
    const shape = { outputs, classes, labelType };
    const offsets = this.#offsetPaths(table.schema);
    const spec: PredictLinearSpec = {
      kind: 'linear.predict',
      reads: [...new Set([...paths, ...offsets].map((path) => path[0] as string))],
      writes: linearFields(shape).map((field) => field.name),
      owner: this.className,
      singles: singlesOf(this.inputSchema, paths),
      ...{ names, paths, offsets, coefficients, intercepts, thresholds, ...shape },
    };
    return table.withOperator(spec, schema);
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    this.#offsetPaths(schema);
    const { outputs } = this;
    for (const [param, name] of Object.entries(outputs)) {
      if (typeof name === 'string') refuseExistingColumn(this.className, param, name, schema);
    }
    const { classes, labelType } = this.data;
    return schemaWithLinear(schema, { outputs, classes, labelType });
  }

  /**
   * A synchronous function of one row's values, by feature name or in the order of
   * {@link LinearModel.featureNames}; the same bits as transform. The probability of a model without
   * probabilities is empty.
   *
   * @typeParam P what is predicted, for the compiler alone: `scorer<'yes' | 'no'>()` where the classes are known
   */
  async scorer<P extends Prediction = Q>(): Promise<Scorer<Score<P>>> {
    const { names, coefficients, intercepts, classes, paths, inputSchema } = this.data;
    const { thresholds, className } = this;
    const reader = new RowReader(
      names.map((name) => ({ name, kind: 'numeric', categories: [] })),
      inputSchema,
      paths,
    );
    const width = classes.length;
    const hasProbability = this.outputs.probabilityCol !== null;
    const none = new Float64Array(0);
    const offsetCol = this.#usedOffsetCol;
    const shape = { numOutputs: intercepts.length, isShared: false };
    const marginOf = (k: number, offsets: readonly number[] | null): number => {
      let margin = intercepts[k] as number;
      for (let j = 0; j < names.length; j++) {
        margin += (coefficients[k * names.length + j] as number) * (reader.values[j] as number);
      }
      return offsets === null ? margin : margin + (offsets[k] as number);
    };
    return (row: object) => {
      reader.read(row);
      const bad = reader.values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw featureInvalid(className, names[bad] as string, reader.values[bad] as number, null);
      }
      const offsets = offsetCol === undefined ? null : offsetsOfRow(row, offsetCol, shape);
      if (width === 0) {
        const prediction = marginOf(0, offsets) as P;
        return { prediction, rawPrediction: none, probability: none };
      }
      const raw = new Float64Array(width);
      if (intercepts.length === 1) rawOfMargin(marginOf(0, offsets), raw, 0, width);
      else for (let k = 0; k < width; k++) raw[k] = marginOf(k, offsets);
      const probability = hasProbability ? new Float64Array(width) : none;
      if (hasProbability) {
        probabilityAt(raw, probability, 0, { width, isOne: intercepts.length === 1 });
      }
      const code = winnerAt(hasProbability ? probability : raw, 0, width, thresholds);
      return { prediction: classes[code] as P, rawPrediction: raw, probability };
    };
  }

  /** The offset column that predictions read; a model of one class says it whatever the margin. */
  get #usedOffsetCol(): string | undefined {
    return this.data.classes.length === 1 ? undefined : this.offsetCol;
  }

  override get offsetColumns(): LogicalSchema {
    return offsetFields(this.#usedOffsetCol, this.data.intercepts.length);
  }

  #offsetPaths(schema: Schema): OffsetPaths {
    const { length } = this.data.intercepts;
    return offsetPaths(this.className, schema, this.#usedOffsetCol, length);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { names, coefficients, intercepts, classes, paths, inputSchema } = this.data;
    const cells = writer.isKnown
      ? paths.map((path) => writer.cell(path))
      : writer.features(
          names.map((name) => ({ name, isCategory: false })),
          inputSchema,
          paths,
        );
    const slots = cells.map(({ slot }) => slot);
    const offsetCol = this.#usedOffsetCol;
    const offsetSlots = writer.margins(offsetCol);
    const hasProbability = this.outputs.probabilityCol !== null;
    const found = writer.predicted(this.outputs, { classes });
    // a model without probabilities has no places for them
    const places = hasProbability ? found : { ...found, probability: [] };
    writer.step(linearOp, {
      ...{ from: [...slots, ...(offsetSlots ?? [])], to: Object.values(places).flat(), places },
      ...{ slots, names, classes, intercepts: [...intercepts], hasProbability },
      ...{ coefficients: packed(coefficients, true), thresholds: this.thresholds },
      ...{ offsetCol: offsetCol ?? null, offsetSlots, sharesOffset: false },
    });
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { data, outputs, thresholds } = this;
    addLinearModel(graph, { data, outputs, thresholds, offsetCol: this.#usedOffsetCol });
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const { data, outputs, thresholds } = this;
    const { labelCol } = this.params as { readonly labelCol?: string };
    const written = { data, outputs, thresholds, offsetCol: this.#usedOffsetCol };
    await addLinearToPmml(writer, written, labelCol);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveLinearModel(writer, this.data);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.data];
  }
}

/** The coefficients of one output. */
export function coefficientsOf(data: LinearModelData, output: number): Float64Array {
  const { length } = data.names;
  return data.coefficients.slice(output * length, (output + 1) * length);
}
