/**
 * Stages that are fitted and applied one after another. Transformers are applied, estimators are fitted
 * on what the stages before them gave and their models applied; after the last estimator nothing more
 * needs to be computed, so later transformers are only kept.
 */

import type { Schema } from 'apache-arrow';
import { throwIfAborted } from '../base/abort.ts';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { object } from '../params/object-kinds.ts';
import { paramInvalid } from '../params/resolve-params.ts';
import { columnNames, findField } from '../table/columns/find-column.ts';
import { plannedSchema } from '../table/columns/planned-field.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { checkFit } from './check-fit.ts';
import { Estimator, type FitOptions, type Fitted } from './estimator.ts';
import { logicalSchema } from './logical-schema.ts';
import { PipelineModel } from './pipeline-model.ts';
import type { StageReader } from './stage-reader.ts';
import { registerStage } from './stage-registry.ts';
import type { SavableStage, StageWriter } from './stage-writer.ts';
import { Transformer } from './transformer.ts';

/** Parameters of {@link Pipeline}. */
export const pipelineParams = defineParams('Pipeline', {
  /** Estimators and transformers, in the order in which they run. */
  stages: object({
    required: true,
    rule: 'a list of estimators and transformers',
    accepts: acceptStages,
  }),
});

/** Options of {@link Pipeline}. @interface */
export type PipelineOptions = Options<typeof pipelineParams.schema>;

/**
 * Runs stages as one estimator.
 *
 * Input: the columns that the stages read. Output: a {@link PipelineModel}.
 *
 * @throws CoppiceError `PARAM_INVALID`, and what the stages throw
 */
export class Pipeline extends Estimator<PipelineModel, typeof pipelineParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = pipelineParams;

  constructor(options: PipelineOptions) {
    super(pipelineParams, options);
  }

  /** The stages, in order. */
  get stages(): readonly (Estimator | Transformer)[] {
    return this.params.stages;
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<PipelineModel> {
    checkFit(this.className, table, options);
    return (await this.#run(table, options, false)).model;
  }

  override async fitTransform(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<Fitted<PipelineModel>> {
    return await this.#run(table, options, true);
  }

  /** @param toTheEnd whether the last estimator's columns, and those behind it, are wanted too */
  async #run(
    table: PartitionedTable,
    options: FitOptions,
    toTheEnd: boolean,
  ): Promise<Fitted<PipelineModel>> {
    this.#refuseClashes(table.schema);
    const how = { signal: options.signal, onProgress: options.onProgress };
    const numEstimators = this.stages.filter((stage) => stage instanceof Estimator).length;
    const initial = this.#initialStages(options.initialModel);
    const lastGrown = this.stages.findLastIndex(continues);
    const fitted: Transformer[] = [];
    let numFitted = 0;
    let current = table;
    let { validation, validationSets } = options;
    for (const [i, stage] of this.stages.entries()) {
      throwIfAborted(options.signal, 'Pipeline.fit');
      if (stage instanceof Estimator) numFitted++;
      const isNeeded = toTheEnd || numFitted < numEstimators;
      // what is behind the last model that grows is of what it says now
      const initialModel = i <= lastGrown ? initial?.[i] : undefined;
      const isKept = initialModel !== undefined && !continues(stage);
      if (isKept || !(stage instanceof Estimator)) {
        const step = isKept ? initialModel : (stage as Transformer);
        fitted.push(step);
        if (isNeeded) current = await step.transform(current, how);
      } else {
        const given = { ...options, validation, validationSets, initialModel };
        if (isNeeded) {
          const { model, transformed } = await stage.fitTransform(current, given);
          fitted.push(model);
          current = transformed;
        } else fitted.push(await stage.fit(current, given));
      }
      if (!isNeeded) continue;
      const step = fitted[i] as Transformer;
      validation = validation === undefined ? undefined : await step.transform(validation, how);
      if (validationSets === undefined) continue;
      const transformed: Record<string, PartitionedTable> = {};
      for (const [name, held] of Object.entries(validationSets))
        transformed[name] = await step.transform(held, how);
      validationSets = transformed;
    }
    const { stages: _, ...rest } = this.givenOptions;
    const inputSchema = logicalSchema(table.schema);
    return {
      model: new PipelineModel(rest, { stages: fitted, inputSchema }),
      transformed: current,
    };
  }

  override get continuesModels(): boolean {
    return this.stages.some(continues);
  }

  /** The fitted stages to go on from, one a stage; null without a fitted pipeline. */
  #initialStages(model: Transformer | undefined): readonly Transformer[] | null {
    if (model === undefined) return null;
    const numStages = this.stages.length;
    const context = { owner: this.className };
    if (!(model instanceof PipelineModel) || model.stages.length !== numStages) {
      const got =
        model instanceof PipelineModel ? `one of ${model.stages.length}` : model.className;
      throw new CoppiceError(
        'MODEL_CLASS',
        `initialModel of ${this.className} must be a PipelineModel of ${numStages} stages; got ${got}`,
        { context },
      );
    }
    if (this.continuesModels) return model.stages;
    throw new CoppiceError(
      'UNSUPPORTED',
      `${this.className} must have a stage of boosted trees or a forest to go on from an initial model; got none`,
      { context },
    );
  }

  /** Two stages that make one column would be fitted, and then transform no table. */
  #refuseClashes(schema: Schema): void {
    let before = schema;
    for (const stage of this.stages) {
      const after = plannedBy(stage, before);
      const names = columnNames(after);
      const made = columnNames(before).filter((name) => findField(schema, name) === undefined);
      const twice = made.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
      if (twice !== undefined) {
        throw new CoppiceError(
          'COLUMN_EXISTS',
          `columns that stages of ${this.className} make must have names of their own; got "${twice}" of ${stage.className}, which a stage before it makes: give one of them another name, by its parameters that name columns (predictionCol, outputCol and their like)`,
          { context: { owner: this.className, column: twice } },
        );
      }
      before = after;
    }
  }

  override transformSchema(schema: Schema): Schema {
    return this.stages.reduce((current, stage) => plannedBy(stage, current), schema);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    writer.extra({ numStages: this.stages.length });
    await writer.stages(this.stages);
  }

  static override async fromSaved(reader: StageReader): Promise<Pipeline> {
    return new Pipeline({ ...reader.options, stages: acceptLoaded(await reader.stages()) });
  }

  protected override nestedStages(): readonly (readonly [number, SavableStage])[] {
    return this.stages.map((stage, index) => [index, stage] as const);
  }
}

/** The schema behind a stage; of one that has to be fitted first, as far as it is known. */
function plannedBy(stage: Estimator | Transformer, schema: Schema): Schema {
  const after = stage.transformSchema(schema);
  return stage instanceof Estimator ? plannedSchema(schema, after) : after;
}

function acceptStages(value: unknown): readonly (Estimator | Transformer)[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((stage) => isStage(stage)) ? Object.freeze([...value]) : undefined;
}

function isStage(value: unknown): value is Estimator | Transformer {
  return value instanceof Estimator || value instanceof Transformer;
}

function acceptLoaded(stages: readonly SavableStage[]): readonly (Estimator | Transformer)[] {
  const accepted = acceptStages(stages);
  if (accepted === undefined)
    throw paramInvalid('Pipeline', 'stages', 'stages', describeValue(stages));
  return accepted;
}

/** Does a stage go on from a fitted model? */
function continues(stage: Estimator | Transformer): boolean {
  return stage instanceof Estimator && stage.continuesModels;
}

registerStage(Pipeline);
