/**
 * The model of a search: the best candidate fitted on all rows, and what every trial reached. Saved, it is
 *
 *     bestModel/ estimator/ evaluator/        stages
 *     trials.safetensors                      metrics by round, candidate and split
 *     fold<split>-candidate<n>/               the model of each trial, where they were collected
 */
import type { Schema } from 'apache-arrow';
import { InlineRunner } from '../../cluster/task-runner.ts';
import type { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import type { Options, ParamSchema } from '../../params/define-params.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import type { Estimator } from '../../pipeline/estimator.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { PredictionColumns } from '../../pipeline/prediction-columns.ts';
import type { Prediction, Score, Scorer } from '../../pipeline/row-reader.ts';
import { rowScorer } from '../../pipeline/row-scorer.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { RowIdMode, SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import type { TransformOptions } from '../../pipeline/transformer.ts';
import {
  fixedSizeListColumn,
  float64Column,
  int32Column,
  utf8Column,
} from '../../table/columns/make-column.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { bestOf, rankCandidates } from './choose-best.ts';
import type { ParamMap } from './param-map.ts';
import { readSearched, saveSearched } from './search-params.ts';

/** Trials of several candidates with the same means. */
export interface TrialRound {
  /** The share of the rows, or the value of the parameter, that the trials were given; 1 where all is given. */
  readonly resource: number;
  /** The candidates' places in `estimatorParamMaps`. */
  readonly candidates: readonly number[];
  /** Metrics by candidate, then by split. */
  readonly metrics: readonly (readonly number[])[];
}

/** What the model of a search is made of. */
export interface TunedState {
  /** The best candidate, fitted on all rows. */
  readonly bestModel: Model;
  /** The estimator as it was given. */
  readonly estimator: Estimator;
  /** What measured the trials. */
  readonly evaluator: Evaluator;
  /** The rounds, in order; a search without rounds has one. */
  readonly rounds: readonly TrialRound[];
  /** Models by split, then by candidate; null where they were not kept. */
  readonly subModels: readonly (readonly Model[])[] | null;
}

/** The base of the models of searches. */
export abstract class TunedModel<
  S extends ParamSpecs & Readonly<Record<'estimatorParamMaps', unknown>>,
> extends Model<S> {
  /** The best candidate, fitted on all rows. */
  readonly bestModel: Model;
  /** What every trial reached, round by round. */
  readonly rounds: readonly TrialRound[];
  /** The models of the trials by split, then by candidate; null unless `collectSubModels` asked for them. */
  readonly subModels: readonly (readonly Model[])[] | null;
  readonly inputSchema: LogicalSchema;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode | undefined;
  readonly #state: TunedState;

  constructor(
    schema: ParamSchema<S>,
    options: Options<S> | undefined,
    given: { readonly state: TunedState; readonly estimator: string },
  ) {
    super(schema, options);
    const { state } = given;
    if (state === undefined) throw notFitted(schema.owner, given.estimator);
    this.#state = state;
    this.bestModel = state.bestModel;
    this.rounds = state.rounds;
    this.subModels = state.subModels;
    this.inputSchema = state.bestModel.inputSchema;
    this.rowIdMode = (state.bestModel as SavableStage).rowIdMode;
  }

  /** The place of the best candidate in `estimatorParamMaps`. */
  get bestIndex(): number {
    const { metrics, candidates } = this.rounds.at(-1) as TrialRound;
    const ranking = rankCandidates(metrics, this.#state.evaluator.isLargerBetter());
    return candidates[bestOf(this.className, ranking)] as number;
  }

  /** The parameters of the best candidate. */
  get bestParams(): ParamMap {
    return this.#candidates[this.bestIndex] as ParamMap;
  }

  /** The average metric of the best candidate. */
  get bestMetric(): number {
    const { metrics, candidates } = this.rounds.at(-1) as TrialRound;
    const own = metrics[candidates.indexOf(this.bestIndex)] as readonly number[];
    return rankCandidates([own], true).averages[0] as number;
  }

  /** The estimator as it was given. */
  get estimator(): Estimator {
    return this.#state.estimator;
  }

  /** What measured the trials. */
  get evaluator(): Evaluator {
    return this.#state.evaluator;
  }

  override async transform(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    return await this.bestModel.transform(table, options);
  }

  override get predictionColumns(): PredictionColumns | null {
    return this.bestModel.predictionColumns;
  }

  /**
   * A synchronous function of one row's values, by column name; the same bits as transform.
   *
   * @typeParam P what is predicted, for the compiler alone: `scorer<number>()` of a regressor
   */
  async scorer<P extends Prediction = Prediction>(): Promise<Scorer<Score<P>>> {
    return await rowScorer<P>(this);
  }

  override transformSchema(schema: Schema): Schema {
    return this.bestModel.transformSchema(schema);
  }

  /**
   * What every candidate reached, one row a round and candidate: `round`, `resource`, `candidate`, `params` (JSON),
   * `average`, `deviation` and `metrics` (a vector, one value a split).
   */
  trialsToTable(): PartitionedTable {
    const rows = this.rounds.flatMap(({ resource, candidates, metrics }, round) => {
      const { averages, deviations } = rankCandidates(metrics, true);
      return candidates.map((candidate, i) => ({
        ...{ round, resource, candidate, metrics: metrics[i] as readonly number[] },
        average: averages[i] as number,
        deviation: deviations[i] as number,
      }));
    });
    const numSplits = rows[0]?.metrics.length ?? 0;
    const params = rows.map(({ candidate }) => JSON.stringify(this.#candidates[candidate]));
    return tableFromColumns(new InlineRunner(), {
      round: int32Column(Int32Array.from(rows, ({ round }) => round)),
      resource: float64Column(Float64Array.from(rows, ({ resource }) => resource)),
      candidate: int32Column(Int32Array.from(rows, ({ candidate }) => candidate)),
      params: utf8Column(params),
      average: float64Column(Float64Array.from(rows, ({ average }) => average)),
      deviation: float64Column(Float64Array.from(rows, ({ deviation }) => deviation)),
      metrics: fixedSizeListColumn(
        Float64Array.from(rows.flatMap(({ metrics }) => [...metrics])),
        numSplits,
      ),
    });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    this.addRowToModule(writer);
    this.bestModel.addToModule(writer);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    graph.know(this.inputSchema);
    this.bestModel.addToOnnx(graph);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    writer.know(this.inputSchema);
    await this.bestModel.addToPmml(writer);
  }

  override async saveData(writer: StageWriter): Promise<void> {
    const { bestModel, rounds, subModels } = this.#state;
    await writer.stage('bestModel', bestModel);
    await saveSearched(writer, this.#state);
    const numSplits = rounds[0]?.metrics[0]?.length ?? 0;
    writer.extra({
      numSplits,
      hasSubModels: subModels !== null,
      rounds: rounds.map(({ resource, candidates }) => ({ resource, candidates })),
    });
    const metrics = Float64Array.from(rounds.flatMap((round) => round.metrics.flat()));
    await writer.tensors('trials', { metrics });
    for (const [split, models] of (subModels ?? []).entries()) {
      for (const [i, model] of models.entries()) await writer.stage(placeOf(split, i), model);
    }
  }

  protected override nestedStages(): readonly (readonly [string, SavableStage])[] {
    const { bestModel, estimator, evaluator } = this.#state;
    return [
      ['bestModel', bestModel],
      ['estimator', estimator],
      ['evaluator', evaluator],
    ];
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#state];
  }

  get #candidates(): readonly ParamMap[] {
    return (this.params as { readonly estimatorParamMaps: readonly ParamMap[] }).estimatorParamMaps;
  }
}

/** The state of a saved model; whatever does not add up is an error. */
export async function readTunedState(reader: StageReader): Promise<TunedState> {
  const { numSplits, hasSubModels, rounds: saved } = reader.extraObject();
  const numCandidates = numCandidatesOf(reader);
  if (!isCount(numSplits) || !Array.isArray(saved) || saved.length === 0)
    throw reader.malformed('does not say what was tried');
  const facts = saved.map((round: unknown) => {
    const { resource, candidates } = round as { resource?: unknown; candidates?: unknown };
    const isSound =
      typeof resource === 'number' &&
      Array.isArray(candidates) &&
      candidates.length > 0 &&
      candidates.every((i) => Number.isSafeInteger(i) && i >= 0 && i < numCandidates);
    if (!isSound) throw reader.malformed('has a round of trials that names no candidates');
    return { resource, candidates: candidates as number[] };
  });
  const numMetrics = facts.reduce((sum, { candidates }) => sum + candidates.length, 0) * numSplits;
  const metrics = reader.tensors('trials').get('metrics', Float64Array, numMetrics);
  let at = 0;
  const next = (): number[] => {
    at += numSplits;
    return [...metrics.subarray(at - numSplits, at)];
  };
  const rounds = facts.map((fact) => ({ ...fact, metrics: fact.candidates.map(next) }));
  const subModels: Model[][] | null = hasSubModels === true ? [] : null;
  for (let split = 0; subModels !== null && split < numSplits; split++) {
    const models: Model[] = [];
    for (let i = 0; i < numCandidates; i++) models.push(await readModel(reader, placeOf(split, i)));
    subModels.push(models);
  }
  const bestModel = await readModel(reader, 'bestModel');
  return { ...(await readSearched(reader)), bestModel, rounds, subModels };
}

async function readModel(reader: StageReader, name: string): Promise<Model> {
  const model = await reader.stage(name);
  if (model instanceof Model) return model as Model;
  throw reader.malformed(`has a ${model.className} where its model should be`);
}

function numCandidatesOf(reader: StageReader): number {
  const maps = reader.options['estimatorParamMaps'];
  return Array.isArray(maps) ? maps.length : 1;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function placeOf(split: number, candidate: number): string {
  return `fold${split}-candidate${candidate}`;
}
