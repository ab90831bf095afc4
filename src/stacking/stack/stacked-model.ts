/** What fitted stacks share: members, the final model, and how a table passes through both. */
import type { Schema } from 'apache-arrow';
import { Schema as ArrowSchema } from 'apache-arrow';
import { isPlainObject } from '../../base/json.ts';
import type { Options, ParamSchema } from '../../params/define-params.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PredictionColumns } from '../../pipeline/prediction-columns.ts';
import type { Prediction, Score, Scorer } from '../../pipeline/row-reader.ts';
import { rowScorer } from '../../pipeline/row-scorer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { RowIdMode, SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { TransformOptions } from '../../pipeline/transformer.ts';
import { findField } from '../../table/columns/find-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OutputNames } from '../column-names.ts';
import { withMembers } from '../level-one/cross-fit.ts';
import { levelOneColumns } from '../level-one/level-one.ts';
import { addMembersToModule } from '../level-one/module-columns.ts';
import { addMembersToOnnx } from '../level-one/onnx-columns.ts';
import { placesOf, readModels } from '../members.ts';
import { withNumberFields } from '../number-fields.ts';
import {
  combinerSchema,
  combinerTable,
  nameCombinerColumns,
  nameCombinerTensors,
  restoredTable,
} from './combiner-table.ts';
import type { StackState } from './fit-stack.ts';
import { isTexts, planFromJson, planToJson, textFrom } from './plan-state.ts';

/** The parameters that name a stack's outputs; where they are left out the final model's names stay. */
export interface StackOutputParams {
  readonly idCol: string | undefined;
  readonly predictionCol: string | undefined;
  readonly probabilityCol?: string | undefined;
  readonly rawPredictionCol?: string | undefined;
}

/** A fitted stack. */
export abstract class StackedModel<
  S extends ParamSpecs = ParamSpecs,
  Q extends Prediction = Prediction,
> extends Model<S> {
  readonly inputSchema: LogicalSchema;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode;
  readonly #state: StackState;
  readonly #names: StackOutputParams;

  constructor(
    schema: ParamSchema<S>,
    options: Options<S> | undefined,
    state: StackState,
    estimator: string,
  ) {
    super(schema, options);
    if (state === undefined) throw notFitted(schema.owner, estimator);
    this.#state = state;
    this.#names = this.params as unknown as StackOutputParams;
    this.inputSchema = state.inputSchema;
    this.rowIdMode = this.#names.idCol === undefined ? 'position' : 'idCol';
  }

  /** The members, fitted on all rows; with `method: 'holdOut'` on those that were not held out. */
  get models(): readonly Model[] {
    return this.#state.models;
  }

  /** The model that was fitted on what the members say. */
  get finalModel(): Model {
    return this.#state.finalModel;
  }

  /** The names of the level-one columns, in the order of the final model's features. */
  get levelOneColumns(): readonly string[] {
    return levelOneColumns(this.#state.plan);
  }

  /**
   * What the final estimator learned from, in the order of the rows: `rowPosition`, `foldNumber`, label, weight and
   * ids, and what each member says about rows that it was not fitted on. Only with `keepOutOfFold`, and only until
   * the model is saved and loaded; else null.
   */
  get outOfFold(): PartitionedTable | null {
    return this.#state.outOfFold;
  }

  /** The table with the level-one columns of the members that predict. */
  async levelOne(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    return await withMembers(table, this.models, this.#state.plan, options);
  }

  override async transform(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    this.transformSchema(table.schema);
    const { input, finalModel } = this.#state;
    const combined = await combinerTable(await this.levelOne(table, options), input);
    const scored = await finalModel.transform(combined, options);
    const outputs = this.#outputs(scored.schema);
    return restoredTable(scored, input, table.columns, outputs);
  }

  override transformSchema(schema: Schema): Schema {
    const { models, finalModel, plan, input } = this.#state;
    for (const model of models) model.transformSchema(schema);
    const combined = combinerSchema(withNumberFields(schema, levelOneColumns(plan)), input);
    return schemaWithFinal(this.className, schema, {
      scored: finalModel.transformSchema(combined),
      outputs: this.#outputs.bind(this),
    });
  }

  #outputs(scored: Schema): (readonly [string, string])[] {
    return renamedOutputs(scored, this.#state.outputs, this.#names);
  }

  override get predictionColumns(): PredictionColumns {
    const { predictionCol, probabilityCol, rawPredictionCol } = this.#names;
    const { outputs } = this.#state;
    return {
      predictionCol: predictionCol ?? outputs.predictionCol,
      probabilityCol: probabilityCol ?? outputs.probabilityCol,
      rawPredictionCol: rawPredictionCol ?? outputs.rawPredictionCol,
    };
  }

  /**
   * A synchronous function of one row's values, by column name; the same bits as transform.
   *
   * @typeParam P what is predicted, for the compiler alone: `scorer<'yes' | 'no'>()` where the classes are known
   */
  async scorer<P extends Prediction = Q>(): Promise<Scorer<Score<P>>> {
    return await rowScorer<P>(this);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    this.addRowToModule(writer);
    const { models, finalModel, plan, input, outputs } = this.#state;
    const said = addMembersToModule(writer, models, plan).flat();
    const found = writer.inside(() => {
      nameCombinerColumns(writer, input, said);
      finalModel.addToModule(writer);
      return predictionParams.flatMap((param) => {
        const name = outputs[param];
        if (!writer.has(name)) return [];
        return [[this.#names[param] ?? name, writer.column(name)] as const];
      });
    });
    for (const [name, column] of found) writer.name(name, column);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    const { models, finalModel, plan, input, outputs } = this.#state;
    const members = addMembersToOnnx(graph, models, plan).flat();
    const found = graph.inside(() => {
      nameCombinerTensors(graph, input, members);
      finalModel.addToOnnx(graph);
      return [...predictionParams].reverse().flatMap((param) => {
        const said = graph.said(outputs[param]);
        return said === undefined ? [] : [[this.#names[param] ?? outputs[param], said] as const];
      });
    });
    for (const [name, said] of found) graph.say(name, said);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { models, finalModel, plan, input, outputs } = this.#state;
    writer.extra({
      numStages: models.length,
      plan: planToJson(plan),
      passthroughCols: [...input.passthroughCols],
      featuresCol: input.featuresCol,
      outputs: { ...outputs },
    });
    await writer.stages(models);
    await writer.stage('finalModel', finalModel);
  }

  protected override nestedStages(): readonly (readonly [string | number, SavableStage])[] {
    return [...placesOf(this.models), ['finalModel', this.finalModel] as const];
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#state];
  }
}

/** What a stack was saved with. */
export async function readStack(reader: StageReader): Promise<StackState> {
  const models = await readModels(reader);
  const finalModel = await reader.stage('finalModel');
  if (!(finalModel instanceof Model))
    throw reader.malformed(`has a ${finalModel.className} where its final model should be`);
  const extra = reader.extraObject();
  const { passthroughCols, outputs } = extra;
  if (!isTexts(passthroughCols) || !isPlainObject(outputs))
    throw reader.malformed('does not say what its final model reads');
  const plan = planFromJson(reader, extra['plan'], models.length);
  const featuresCol = textFrom(reader, extra, 'featuresCol');
  const nameOf = (key: string): string => textFrom(reader, outputs as never, key);
  return {
    models,
    finalModel,
    plan,
    input: { levelOneCols: levelOneColumns(plan), passthroughCols, featuresCol },
    outputs: {
      rawPredictionCol: nameOf('rawPredictionCol'),
      probabilityCol: nameOf('probabilityCol'),
      predictionCol: nameOf('predictionCol'),
    },
    inputSchema: savedInputSchema(reader),
    outOfFold: null,
  };
}

const predictionParams = ['rawPredictionCol', 'probabilityCol', 'predictionCol'] as const;

/** What is kept of the final model's columns, and under which names. */
export function renamedOutputs(
  scored: Schema,
  from: OutputNames,
  to: StackOutputParams,
): (readonly [string, string])[] {
  return predictionParams
    .filter((param) => findField(scored, from[param]) !== undefined)
    .map((param) => [from[param], to[param] ?? from[param]] as const);
}

/** The table's schema with the outputs behind it. @throws CoppiceError `COLUMN_EXISTS` */
export function schemaWithFinal(
  owner: string,
  schema: Schema,
  final: {
    readonly scored: Schema;
    readonly outputs: (scored: Schema) => readonly (readonly [string, string])[];
  },
): Schema {
  const { scored } = final;
  const added = final.outputs(scored).map(([from, to]) => {
    refuseExistingColumn(owner, 'predictionCol', to, schema);
    const field = findField(scored, from);
    if (field === undefined) throw new TypeError(from);
    return field.clone({ name: to });
  });
  return new ArrowSchema([...schema.fields, ...added], schema.metadata);
}
