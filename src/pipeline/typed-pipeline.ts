/**
 * A pipeline over a table whose columns are known at compile time: each stage may name only columns that the table has or
 * that a stage before it has added. At run time it is a Pipeline like any other.
 */

import type { ColumnName, WithColumn } from '../table/columns/typed-columns.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { Estimator, FitOptions } from './estimator.ts';
import { Pipeline } from './pipeline.ts';
import type { PipelineModel } from './pipeline-model.ts';
import type { Transformer } from './transformer.ts';

/** Parameters that name columns to read. */
type InputParam =
  | 'inputCol'
  | 'inputCols'
  | 'featuresCol'
  | 'featuresCols'
  | 'labelCol'
  | 'weightCol'
  | 'idCol'
  | 'groupCol'
  | 'timeCol'
  | 'foldCol'
  | 'offsetCol'
  | 'validationIndicatorCol'
  | 'categoricalCols'
  | 'passthroughCols';

/** Parameters that name columns to add. */
type OutputParam =
  | 'outputCol'
  | 'outputCols'
  | 'predictionCol'
  | 'probabilityCol'
  | 'rawPredictionCol'
  | 'leafCol';

/** The names that stages give their columns where they are not told. */
type DefaultOutput = 'features' | 'prediction' | 'probability' | 'rawPrediction';

/** A class of stages. */
export type StageConstructor = new (options: never) => Estimator | Transformer;

/** What the constructor of a class takes. */
export type OptionsOf<C extends StageConstructor> = NonNullable<ConstructorParameters<C>[0]>;

/**
 * What the compiler names for a column that is not there. No text is one; but unlike two different texts it does not
 * turn the whole of the options into `never`, so that the error stands at the misspelt name alone.
 */
export interface NoSuchColumn<Known extends string> {
  readonly known: Known;
}

type CheckedNames<S, L extends readonly unknown[]> = {
  readonly [I in keyof L]: CheckedName<S, L[I]>;
};

type CheckedName<S, N> = N extends ColumnName<S> ? N : ColumnName<S> | NoSuchColumn<ColumnName<S>>;

/** Options whose input columns are known, and which has no parameter that the class has not. */
export type CheckedOptions<S, O, P> = {
  readonly [K in keyof O & InputParam]: O[K] extends readonly unknown[]
    ? CheckedNames<S, O[K]>
    : CheckedName<S, O[K]>;
} & { readonly [K in Exclude<keyof O, keyof P>]: never };

/** The names of the columns that options add. */
export type OutputNames<O> =
  | DefaultOutput
  | {
      [K in keyof O & OutputParam]: O[K] extends readonly (infer N extends string)[]
        ? N
        : O[K] extends string
          ? O[K]
          : never;
    }[keyof O & OutputParam];

/** Stages in order, and the table that they are for. */
export class TypedPipeline<S> {
  readonly #table: PartitionedTable<S>;
  readonly #stages: readonly (Estimator | Transformer)[];

  /** @internal */
  constructor(table: PartitionedTable<S>, stages: readonly (Estimator | Transformer)[]) {
    this.#table = table;
    this.#stages = stages;
  }

  /** One more stage. A column that neither the table nor a stage before it has does not compile. */
  stage<C extends StageConstructor, const O extends OptionsOf<C>>(
    stageClass: C,
    options: O & CheckedOptions<S, O, OptionsOf<C>>,
  ): TypedPipeline<WithColumn<S, OutputNames<O>>> {
    const stage = new stageClass(options as never);
    type After = WithColumn<S, OutputNames<O>>;
    const table = this.#table as unknown as PartitionedTable<After>;
    return new TypedPipeline<After>(table, [...this.#stages, stage]);
  }

  /** The stages as an estimator for any table. */
  pipeline(): Pipeline {
    return new Pipeline({ stages: this.#stages });
  }

  /** Fits the stages on the table. @throws CoppiceError what the stages throw */
  async fit(options: FitOptions = {}): Promise<PipelineModel> {
    return await this.pipeline().fit(this.#table as unknown as PartitionedTable, options);
  }
}

/**
 * Begins a pipeline over a table of known columns ({@link PartitionedTable.typed}).
 *
 * @example
 * ```ts
 * import { createTable, GBTClassifier, pipelineOver, StringIndexer } from 'coppice';
 * const table = createTable({ carrier: ['UA', 'AA'], distance: [500, 90], isLate: [true, false] });
 * const flights = table.typed({ carrier: 'string', distance: 'number', isLate: 'boolean' });
 * const model = await pipelineOver(flights)
 *   .stage(StringIndexer, { inputCol: 'carrier', outputCol: 'index' }) // 'carier' does not compile
 *   .stage(GBTClassifier, { featuresCols: ['index', 'distance'], labelCol: 'isLate', maxIter: 2 })
 *   .fit();
 * console.log(model.stages.length); // 2
 * ```
 */
export function pipelineOver<S>(table: PartitionedTable<S>): TypedPipeline<S> {
  return new TypedPipeline(table, []);
}
