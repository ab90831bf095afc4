/** A stage that learns from a table and gives a model. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { Model } from './model.ts';
import { PipelineStage } from './pipeline-stage.ts';
import type { Transformer } from './transformer.ts';

/** Options of fit. */
export interface FitOptions {
  /** Ends the fit, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives reports while the fit runs; of quick rounds some are left out, of a fit with checkpoints none. */
  readonly onProgress?: OnProgress | undefined;
  /** Rows that are watched but not learned from (early stopping). */
  readonly validation?: PartitionedTable | undefined;
  /**
   * More such rows, by the names of their sets: boosted trees measure each after every round, for the history in
   * `summary`. `validation` stops early where it is given, else the first of these.
   */
  readonly validationSets?: Readonly<Record<string, PartitionedTable>> | undefined;
  /**
   * A fitted model to go on from: boosted trees and forests grow further trees behind its own. A pipeline takes a
   * fitted pipeline; its stages that can go on do, the others are taken over as they are.
   */
  readonly initialModel?: Transformer | undefined;
  /**
   * How many out-of-fold fits this one is inside of: whatever cuts folds inside draws them with a seed of that depth.
   * Ensembles and searches set it.
   */
  readonly nesting?: number | undefined;
}

/** A fitted model, and the table that it was fitted on with the model's columns. */
export interface Fitted<M extends Model = Model> {
  /** The fitted model. */
  readonly model: M;
  /** The table with the columns that later stages learn from. */
  readonly transformed: PartitionedTable;
}

/** A stage that can be fitted. */
export abstract class Estimator<
  M extends Model = Model,
  S extends ParamSpecs = ParamSpecs,
> extends PipelineStage<S> {
  /** True where fit can go on from a fitted model (`initialModel`). */
  get continuesModels(): boolean {
    return false;
  }

  /** Learns from a table; the table and this stage stay as they are. */
  abstract fit(table: PartitionedTable, options?: FitOptions): Promise<M>;

  /**
   * Learns from a table and gives it back with the model's columns, for later stages to learn from. For most stages
   * that is what `transform` gives; a stage that learns from labels gives its training rows columns that know nothing
   * of their own.
   */
  async fitTransform(table: PartitionedTable, options: FitOptions = {}): Promise<Fitted<M>> {
    const model = await this.fit(table, options);
    const { signal, onProgress } = options;
    return { model, transformed: await model.transform(table, { signal, onProgress }) };
  }

  /**
   * The schema of what the fitted model's transform gives; no data is read.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
   */
  abstract transformSchema(schema: Schema): Schema;

  /**
   * Always refused: only the model that fit returns can transform.
   *
   * @throws CoppiceError `NOT_FITTED`
   */
  transform(_table: unknown): never {
    throw new CoppiceError(
      'NOT_FITTED',
      `${this.className} must be fitted before it transforms: call fit(table) and use the model it returns`,
      { context: { owner: this.className } },
    );
  }
}
