/**
 * How sure is a metric? The rows are drawn again many times, each time the metric is taken, and the spread of the
 * values says how far the one value may be from the truth.
 *
 * A row comes into a sample as often as a Poisson draw of mean 1 says, keyed by seed, sample and the row's id, so that
 * no partitioning shows and rows of one id come together. (N. Chamandy et al., "Estimating uncertainty for massive
 * data streams", 2012)
 *
 * Driver: evaluates one weighted table a sample. Executor: `evaluation.bootstrap` (draw-weights.ts) multiplies the weights.
 */

import { Field, Float64, Schema } from 'apache-arrow';
import { throwIfAborted } from '../base/abort.ts';
import { checkObject } from '../base/check-options.ts';
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import { deriveSeed, purposes } from '../base/rng.ts';
import { defineParams } from '../params/define-params.ts';
import { column, float, int } from '../params/kinds.ts';
import { resolveParams } from '../params/resolve-params.ts';
import { requireColumn } from '../pipeline/check-schema.ts';
import { checkTable } from '../table/check-table.ts';
import { findField } from '../table/columns/find-column.ts';
import { float64Column, utf8Column } from '../table/columns/make-column.ts';
import { tableFromColumns } from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { mapInOrder } from '../table/plan/map-in-order.ts';
import type { BootstrapSpec } from './draw-weights.ts';
import { columnsNamed, type Evaluator, groupColOf, type Metrics } from './evaluators/evaluator.ts';

const owner = 'bootstrap';

const specs = defineParams(owner, {
  numSamples: int({ default: 200, min: 2, max: 100_000 }),
  level: float({ default: 0.95, above: 0, below: 1 }),
  seed: int({ default: 0 }),
  idCol: column({}),
});

/** Options of {@link bootstrap}. */
export interface BootstrapOptions {
  /** How many samples are drawn (200). */
  readonly numSamples?: number | undefined;
  /** How sure the intervals are (.95). */
  readonly level?: number | undefined;
  /** Seed of the draws (0). */
  readonly seed?: number | undefined;
  /** An id of each row that the draws hang on, by default its position, of rankings its group; rows of one id are drawn
   *  together. */
  readonly idCol?: string | undefined;
  /** Ends the work, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how many samples are done. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Confidence intervals of every metric that the table has the columns for, by the bootstrap.
 *
 * Input: a scored table. Output: a table with one row a metric: `metric`, `value` (of the table itself), `lower` and
 * `upper` (percentiles of the samples), `deviation` (the standard error), `samples` (how many gave a number: a sample
 * may lack a class). With `idCol: 'customer'` whole customers are drawn, which is right where rows of one depend on
 * each other.
 *
 * Determinism: a row's weight in a sample hangs on the seed and its id, metrics are exact; the same intervals for any
 * partitioning and number of threads. Cost: numSamples evaluations; the columns read are kept in memory meanwhile.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `UNSUPPORTED` for an evaluator without weights, `ABORTED`,
 *   and what the evaluator throws
 * @example
 * ```ts
 * import { bootstrap, createTable, RegressionEvaluator } from 'coppice';
 * const label = Float64Array.from({ length: 500 }, (_, row) => row % 10);
 * const prediction = label.map((value, row) => value + Math.sin(row));
 * const table = createTable({ label, prediction });
 * const found = await (await bootstrap(new RegressionEvaluator(), table)).take(1);
 * const { metric, value = 0, lower = 0, upper = 0 } = found[0] as Record<string, number>;
 * console.log(metric, lower < value && value < upper); // rmse true
 * ```
 * @see docs/guides/evaluation.md
 */
export async function bootstrap(
  evaluator: Evaluator,
  table: PartitionedTable,
  options: BootstrapOptions = {},
): Promise<PartitionedTable> {
  checkTable(`given to ${owner}`, table);
  checkObject(`options of ${owner}`, options, owner);
  const { signal, onProgress, ...rest } = options;
  const { numSamples, level, seed, idCol: given } = resolveParams(specs, rest);
  // of a query whose rows are drawn one by one a ranking would be another
  const idCol = given ?? groupColOf(evaluator);
  if (idCol !== undefined) requireColumn(owner, 'idCol', idCol, table.schema);
  const { weightCol } = weightOf(evaluator);
  const kept = table.select(...columnsRead(table, evaluator, idCol)).cache();
  try {
    const whole = await evaluator.evaluateAll(kept, { signal });
    const name = freeName(kept);
    const weighted = evaluator.copy({ weightCol: name } as never);
    const evaluate = async (sample: number): Promise<Metrics> => {
      throwIfAborted(signal, owner);
      const own = deriveSeed(seed, purposes.resample, sample);
      const draw = { seed: own, idCol: idCol ?? null, weightCol: weightCol ?? null };
      try {
        return await weighted.evaluateAll(withDraws(kept, name, draw), { signal });
      } catch (error) {
        // of few rows a sample may have none
        if (isCoppiceError(error, 'DATA_EMPTY')) return {};
        throw error;
      }
    };
    const limit = Math.max(1, Math.ceil(table.runner.numThreads / table.numPartitions));
    const samples: Metrics[] = [];
    for await (const metrics of mapInOrder(Array(numSamples).keys(), limit, evaluate)) {
      samples.push(metrics);
      await onProgress?.({
        phase: 'predict',
        done: samples.length,
        total: numSamples,
        message: 'samples',
      });
    }
    return summary(table, whole, { samples, level });
  } finally {
    kept.unpersist();
  }
}

function withDraws(
  table: PartitionedTable,
  name: string,
  draw: Pick<BootstrapSpec, 'seed' | 'idCol' | 'weightCol'>,
): PartitionedTable {
  const { idCol, weightCol } = draw;
  const spec: BootstrapSpec = {
    kind: 'evaluation.bootstrap',
    reads: [idCol, weightCol].filter((column) => column !== null),
    writes: [name],
    usesPosition: idCol === null,
    ...draw,
  };
  const field = new Field(name, new Float64(), false);
  const schema = new Schema([...table.schema.fields, field], table.schema.metadata);
  return table.withOperator(spec, schema);
}

function weightOf(evaluator: Evaluator): { readonly weightCol: string | undefined } {
  if ('weightCol' in evaluator.params) return evaluator.params as { weightCol: string | undefined };
  throw new CoppiceError(
    'UNSUPPORTED',
    `evaluator of ${owner} must have weights (weightCol); ${evaluator.className} has none`,
    { context: { owner, evaluator: evaluator.className } },
  );
}

/** The columns that the evaluator names and the table has. */
function columnsRead(
  table: PartitionedTable,
  evaluator: Evaluator,
  idCol: string | undefined,
): string[] {
  const wanted = [...columnsNamed(evaluator), ...(idCol === undefined ? [] : [idCol])];
  return [...new Set(wanted)].filter((name) => findField(table.schema, name) !== undefined);
}

function freeName(table: PartitionedTable): string {
  let name = 'bootstrapWeight';
  while (table.columns.includes(name)) name += '_';
  return name;
}

function summary(
  table: PartitionedTable,
  whole: Metrics,
  { samples, level }: { readonly samples: readonly Metrics[]; readonly level: number },
): PartitionedTable {
  const names = Object.keys(whole);
  const values = names.map((name) =>
    Float64Array.from(samples, (metrics) => metrics[name] ?? Number.NaN)
      .filter(Number.isFinite)
      .sort(),
  );
  const each = (of: (sorted: Float64Array) => number) =>
    float64Column(Float64Array.from(values, (sorted) => of(sorted)));
  return tableFromColumns(table.runner, {
    metric: utf8Column(names),
    value: float64Column(Float64Array.from(names, (name) => whole[name] as number)),
    lower: each((sorted) => quantileOf(sorted, (1 - level) / 2)),
    upper: each((sorted) => quantileOf(sorted, (1 + level) / 2)),
    deviation: each(deviationOf),
    samples: Int32Array.from(values, (sorted) => sorted.length),
  });
}

/** By straight lines between the sorted values; NaN where there are none. */
function quantileOf(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low + (place - Math.floor(place)) * (high - low);
}

function deviationOf(sorted: Float64Array): number {
  if (sorted.length < 2) return Number.NaN;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return Math.sqrt(squares / (sorted.length - 1));
}
