/** A fitted SurvivalCurves: from hazards or times to chances of survival. */
import { type Field, Schema } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { column, float, numbers, oneOf } from '../../params/kinds.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PredictionColumns } from '../../pipeline/prediction-columns.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { addSurvivalToModule } from './module-ops.ts';
import { addSurvivalToOnnx } from './onnx-nodes.ts';
import {
  type Baseline,
  checkPrediction,
  preparedSurvival,
  type SurvivalFunction,
} from './survival-function.ts';
import { survivalFields, tableWithSurvival } from './survival-operator.ts';

/** Parameters of {@link SurvivalCurvesModel} and its estimator. */
export const survivalCurvesSpecs = {
  /** The times, in the label's unit, that chances of survival are told of. */
  survivalTimes: numbers({
    required: true,
    minLength: 1,
    min: 0,
    ascending: true,
    since: '0.1.0',
  }),
  /** The column of predictions: hazards (lossType cox) or times (lossType aft). */
  predictionCol: column({ default: 'prediction', since: '0.1.0' }),
  /** What is predicted; by default what the model wrote beside the column, else a hazard, or a time where aftDistribution is given. */
  predictionKind: oneOf(['time', 'hazard'], { since: '0.1.0' }),
  /** Of hazards: the column of times, above 0. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /** Of hazards: 1 where the event came at that time, 0 where it had not come until then; without it every event came. */
  censorCol: column({ since: '0.1.0' }),
  /** Of hazards: weights of rows, at least 0; a row of weight 0 takes no part. */
  weightCol: column({ since: '0.1.0' }),
  /** Of times: what log time is distributed as about the score; by default what the model wrote beside the column. */
  aftDistribution: oneOf(['normal', 'logistic', 'extreme'], { since: '0.1.0' }),
  /** Of times: how widely log time is spread about the score; by default what the model wrote beside the column. */
  aftScale: float({ above: 0, since: '0.1.0' }),
  /** Name of the column of chances of survival, one a time. */
  survivalCol: column({ default: 'survival', since: '0.1.0' }),
  /** Name of the column of median times. */
  medianCol: column({ default: 'medianTime', since: '0.1.0' }),
};

/** Parameters of {@link SurvivalCurvesModel}. */
export const survivalCurvesModelParams = defineParams('SurvivalCurvesModel', survivalCurvesSpecs);

/** Options of {@link SurvivalCurvesModel}. @interface */
export type SurvivalCurvesModelOptions = Options<typeof survivalCurvesModelParams.schema>;

/** What a {@link SurvivalCurvesModel} is made of. */
export interface SurvivalCurvesState {
  /** How a prediction becomes a curve. */
  readonly function: SurvivalFunction;
  /** The column of predictions. */
  readonly inputSchema: LogicalSchema;
}

/**
 * The result of `SurvivalCurves.fit`. `copy({ survivalTimes })` tells of other times.
 *
 * Input: the column of predictions, finite and ≥ 0. Output: adds `survival`, the chances that the event has not come by each of
 * `survivalTimes`, and `medianTime`, the first time by which at most half survive (Infinity where the curve does not fall
 * so low).
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`; rows with `DATA_INVALID`
 */
export class SurvivalCurvesModel extends Model<typeof survivalCurvesModelParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = survivalCurvesModelParams;
  readonly inputSchema: LogicalSchema;
  readonly #state: SurvivalCurvesState;

  constructor(options: SurvivalCurvesModelOptions, state: SurvivalCurvesState) {
    super(survivalCurvesModelParams, options);
    if (state === undefined) throw notFitted(this.className, 'SurvivalCurves');
    this.#state = state;
    this.inputSchema = state.inputSchema;
  }

  /** The cumulative hazard of a row of hazard 1, a step at each time of an event; null where predictions are times. */
  get baseline(): Baseline | null {
    const { function: of } = this.#state;
    return of.kind === 'hazard' ? of : null;
  }

  /**
   * The chances that the event has not come by each of some times.
   *
   * @param prediction a hazard or a time, as the model before predicts it @param times by default `survivalTimes`
   * @returns float64[times.length], falling from 1
   * @throws CoppiceError `DATA_INVALID`, `PARAM_INVALID`
   * @example
   * ```ts
   * import { createTable, SurvivalCurves } from 'coppice';
   * const scored = createTable({ label: [1, 2, 4], came: [1, 0, 1], prediction: [1, 1, 2] });
   * const model = await new SurvivalCurves({ censorCol: 'came', survivalTimes: [4] }).fit(scored);
   * console.log([...model.predictSurvival(1, [0.5, 1])].map((s) => s.toFixed(3))); // [ '1.000', '0.779' ]
   * ```
   */
  predictSurvival(
    prediction: number,
    times: readonly number[] = this.params.survivalTimes,
  ): Float64Array {
    const isSound = Array.isArray(times) && times.every((time) => time >= 0);
    if (!isSound)
      throw new CoppiceError(
        'PARAM_INVALID',
        `times of ${this.className}.predictSurvival must be numbers ≥ 0; got ${describeValue(times)}`,
        { context: { owner: this.className } },
      );
    this.#check(prediction);
    const out = new Float64Array(times.length);
    preparedSurvival(this.#state.function, times).fill(prediction, out, 0);
    return out;
  }

  /**
   * The first time by which at most half survive; Infinity where the curve does not fall so low.
   *
   * @param prediction a hazard or a time, as the model before predicts it
   * @throws CoppiceError `DATA_INVALID`
   */
  predictMedian(prediction: number): number {
    this.#check(prediction);
    return preparedSurvival(this.#state.function, []).median(prediction);
  }

  #check(prediction: number): void {
    checkPrediction(this.#state.function.kind, prediction, this.params.predictionCol);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    return tableWithSurvival(table, schema, { ...this.params, of: this.#state.function });
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schemaWithSurvival(this.className, schema, this.params);
  }

  /** Rows that are scored alone are answered with the median time, and the chances as `probability`. */
  override get predictionColumns(): PredictionColumns {
    const { medianCol: predictionCol, survivalCol: probabilityCol } = this.params;
    return { predictionCol, probabilityCol, rawPredictionCol: null };
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    this.addRowToModule(writer);
    const { predictionCol, survivalTimes } = this.params;
    const how = { predictionCol, survivalTimes, columns: this.predictionColumns };
    addSurvivalToModule(writer, this.#state.function, how);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    addSurvivalToOnnx(graph, this.#state.function, this.params);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { function: of } = this.#state;
    if (of.kind === 'time') {
      writer.extra({ kind: of.kind, distribution: of.distribution, scale: of.scale });
      return;
    }
    writer.extra({ kind: of.kind, numTimes: of.times.length });
    const { times, cumulativeHazard } = of;
    await writer.tensors('baseline', { times, cumulativeHazard });
  }

  static override fromSaved(reader: StageReader): SurvivalCurvesModel {
    const options = reader.options as unknown as SurvivalCurvesModelOptions;
    const inputSchema = savedInputSchema(reader);
    return new SurvivalCurvesModel(options, { function: readFunction(reader), inputSchema });
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#state];
  }
}

/** The schema with the columns of survival behind the others. */
export function schemaWithSurvival(
  owner: string,
  schema: Schema,
  params: {
    readonly survivalCol: string;
    readonly medianCol: string;
    readonly survivalTimes: readonly number[];
  },
): Schema {
  refuseExistingColumn(owner, 'survivalCol', params.survivalCol, schema);
  refuseExistingColumn(owner, 'medianCol', params.medianCol, schema);
  const fields: readonly Field[] = [...schema.fields, ...survivalFields(params)];
  return new Schema([...fields], schema.metadata);
}

/** What was saved; whatever does not add up is an error. */
function readFunction(reader: StageReader): SurvivalFunction {
  const { kind, distribution, scale, numTimes } = reader.extraObject();
  if (kind === 'time') {
    const known = (['normal', 'logistic', 'extreme'] as const).find((one) => one === distribution);
    if (known === undefined || typeof scale !== 'number' || !(scale > 0))
      throw reader.malformed('has no distribution of times');
    return { kind, distribution: known, scale };
  }
  if (kind !== 'hazard' || !Number.isSafeInteger(numTimes) || !((numTimes as number) > 0))
    throw reader.malformed('has no baseline');
  const stored = reader.tensors('baseline');
  const times = stored.get('times', Float64Array, numTimes as number);
  const cumulativeHazard = stored.get('cumulativeHazard', Float64Array, numTimes as number);
  const isSound = times.every((time, i) => {
    const hazard = cumulativeHazard[i] as number;
    const before = cumulativeHazard[i - 1] ?? 0;
    return (
      time > (times[i - 1] ?? 0) &&
      time < Number.POSITIVE_INFINITY &&
      hazard >= before &&
      hazard < Number.POSITIVE_INFINITY
    );
  });
  if (!isSound) throw reader.malformed('has a baseline that does not ascend');
  return { kind, times, cumulativeHazard };
}

registerStage(SurvivalCurvesModel);
