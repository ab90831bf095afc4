/** What fitted committees share: members whose opinions are combined by a rule that has nothing more to learn. */
import { Schema } from 'apache-arrow';
import type { JsonObject } from '../../base/json.ts';
import type { Options, ParamSchema } from '../../params/define-params.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { Prediction, Score, Scorer } from '../../pipeline/row-reader.ts';
import { rowScorer } from '../../pipeline/row-scorer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { RowIdMode, SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { TransformOptions } from '../../pipeline/transformer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { withMembers } from '../level-one/cross-fit.ts';
import { levelOneColumns } from '../level-one/level-one.ts';
import type { LevelOnePlan } from '../level-one/level-one-plan.ts';
import { addMembersToModule } from '../level-one/module-columns.ts';
import { addMembersToOnnx } from '../level-one/onnx-columns.ts';
import { placesOf, readModels } from '../members.ts';
import { averageOp, surestOp, voteShareOp } from '../module-ops.ts';
import { classesFrom, planFromJson, planToJson, textFrom } from '../stack/plan-state.ts';
import {
  type Combination,
  type CombineRule,
  type CombineSpec,
  type CommitteeOutputs,
  combinedFields,
} from './combine-operator.ts';
import { addCombination } from './onnx-nodes.ts';

/** What a committee has learned. */
export interface CommitteeState extends Combination {
  readonly models: readonly Model[];
  readonly plan: LevelOnePlan;
  readonly inputSchema: LogicalSchema;
}

/** The parameters that name outputs. */
export interface OutputValues {
  readonly predictionCol: string;
  readonly probabilityCol?: string;
  readonly rawPredictionCol?: string;
  readonly idCol?: string | undefined;
}

/** A fitted committee. */
export abstract class CommitteeModel<
  S extends ParamSpecs = ParamSpecs,
  Q extends Prediction = Prediction,
> extends Model<S> {
  readonly inputSchema: LogicalSchema;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode;
  /** @internal */
  protected readonly state: CommitteeState;

  constructor(
    schema: ParamSchema<S>,
    options: Options<S> | undefined,
    state: CommitteeState,
    estimator: string,
  ) {
    super(schema, options);
    if (state === undefined) throw notFitted(schema.owner, estimator);
    this.state = state;
    this.inputSchema = state.inputSchema;
    const { idCol } = this.params as unknown as OutputValues;
    this.rowIdMode = idCol === undefined ? 'position' : 'idCol';
  }

  /** The fitted members. */
  get models(): readonly Model[] {
    return this.state.models;
  }

  /** One weight a member. */
  get memberWeights(): readonly number[] {
    return this.state.weights;
  }

  /** Classes ascending; empty where numbers are predicted. */
  get classes(): readonly LabelValue[] {
    return this.state.classes;
  }

  override async transform(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    this.transformSchema(table.schema);
    const { models, plan } = this.state;
    return this.combined(table, await withMembers(table, models, plan, options));
  }

  /** The table's columns and the committee's, from a table with what each member says. */
  protected combined(table: PartitionedTable, said: PartitionedTable): PartitionedTable {
    const outputs = outputsOf(this.params as unknown as OutputValues);
    const { plan, rule, weights, classes, labelType } = this.state;
    const fields = combinedFields(this.state, outputs);
    const names = fields.map((field) => field.name);
    const spec: CombineSpec = {
      kind: 'stacking.combine',
      reads: levelOneColumns(plan),
      writes: names,
      ...{ rule, weights, classes, labelType, outputs },
      members: plan.members.map((member) => member.columns),
      areMargins: plan.members.every((member) => member.take === 'margin'),
    };
    const schema = new Schema([...said.schema.fields, ...fields], said.schema.metadata);
    return said.withOperator(spec, schema).select(...table.columns, ...names);
  }

  override transformSchema(schema: Schema): Schema {
    for (const model of this.models) model.transformSchema(schema);
    return committeeSchema(this.className, schema, this.state, this.params as never);
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
    const { models, plan, rule, weights, classes } = this.state;
    const members = addMembersToModule(writer, models, plan);
    const from = members.flat();
    const names = outputsOf(this.params as unknown as OutputValues);
    const places = writer.predicted(names, { classes });
    const to = Object.values(places).flat();
    if (classes.length === 0) {
      const firsts = members.map(([first]) => first as number);
      writer.step(averageOp, { from: firsts, to: places.prediction, weights, rule });
    } else if (rule === 'oneVsRest') {
      const areMargins = plan.members.every(({ take }) => take === 'margin');
      writer.step(surestOp, { from, to, places, classes, thresholds: null, areMargins });
    } else {
      const step = { from, to, places, members, weights, classes };
      writer.step(voteShareOp, { ...step, thresholds: null });
    }
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    const { models, plan } = this.state;
    const members = addMembersToOnnx(graph, models, plan);
    const areMargins = plan.members.every(({ take }) => take === 'margin');
    const outputs = outputsOf(this.params as unknown as OutputValues);
    addCombination(graph, { ...this.state, outputs, areMargins }, members);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { models, plan, rule, weights, classes, labelType } = this.state;
    writer.extra({
      numStages: models.length,
      plan: planToJson(plan),
      ...{ rule, labelType },
      weights: [...weights],
      classes: [...classes],
    } as JsonObject);
    await writer.stages(models);
  }

  protected override nestedStages(): readonly (readonly [string | number, SavableStage])[] {
    return placesOf(this.models);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.state];
  }
}

/** The table's schema with a committee's columns behind it. @throws CoppiceError `COLUMN_EXISTS` */
export function committeeSchema(
  owner: string,
  schema: Schema,
  combination: Pick<Combination, 'classes' | 'labelType'>,
  params: OutputValues,
): Schema {
  const fields = combinedFields(combination, outputsOf(params));
  for (const field of fields) refuseExistingColumn(owner, 'predictionCol', field.name, schema);
  return new Schema([...schema.fields, ...fields], schema.metadata);
}

/** What a committee was saved with. */
export async function readCommittee(reader: StageReader): Promise<CommitteeState> {
  const models = await readModels(reader);
  const extra = reader.extraObject();
  const { weights, rule } = extra;
  const isWeights =
    Array.isArray(weights) &&
    weights.length === models.length &&
    weights.every((weight) => typeof weight === 'number' && weight >= 0);
  if (!isWeights) throw reader.malformed('has not one weight a member');
  if (rule !== 'mean' && rule !== 'median' && rule !== 'oneVsRest')
    throw reader.malformed('does not say how its members are combined');
  return {
    models,
    plan: planFromJson(reader, extra['plan'], models.length),
    rule: rule as CombineRule,
    weights: weights as number[],
    classes: classesFrom(reader, extra['classes']),
    labelType: textFrom(reader, extra, 'labelType'),
    inputSchema: savedInputSchema(reader),
  };
}

/** Every column that a model reads, each once. */
export function inputsOfModels(models: readonly Model[]): LogicalSchema {
  const all = models.flatMap((model) => model.inputSchema);
  return all.filter((field, i) => all.findIndex(({ name }) => name === field.name) === i);
}

function outputsOf(params: OutputValues): CommitteeOutputs {
  const { predictionCol, probabilityCol = null, rawPredictionCol = null } = params;
  return { rawPredictionCol, probabilityCol, predictionCol };
}
