/**
 * Which features are left when the least important ones are taken away, a few at a time, and the estimator is fitted
 * anew on what remains? Driver: fits one after another. Cost: a fit for each step, of every fold too where the number of
 * features is chosen. (I. Guyon, J. Weston, S. Barnhill and V. Vapnik, "Gene selection for cancer classification using
 * support vector machines", 2002)
 */
import { throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { slicedTable } from '../../feature/vectors/vector-parts.ts';
import { LinearModel } from '../../linear/linear-model.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import type { Model } from '../../pipeline/model.ts';
import { PipelineModel } from '../../pipeline/pipeline-model.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';

/** What is eliminated from. */
export interface EliminationRequest {
  readonly owner: string;
  readonly estimator: Estimator;
  readonly featuresCol: string;
  /** Features in the column. */
  readonly numFeatures: number;
  /** So many are left. */
  readonly least: number;
  /** So many go at once. */
  readonly step: number;
  /** Rows that measure the model of each step, the last one too. */
  readonly measured?: { readonly table: PartitionedTable; readonly evaluator: Evaluator };
  /** Hears of each fit. */
  readonly onFit: () => void;
}

/** What is left. */
export interface Elimination {
  /** Positions, ascending. */
  readonly kept: readonly number[];
  /** For each feature 1 where it is left, 2 where it went last, and so on. */
  readonly ranking: readonly number[];
  /** The metric of each step, where it was measured; the first is of all features. */
  readonly metrics: readonly number[];
}

/**
 * Takes features away until few enough are left.
 *
 * @throws CoppiceError `UNSUPPORTED` for a model without importances, `ABORTED`, and what the estimator throws
 */
export async function eliminateFeatures(
  table: PartitionedTable,
  request: EliminationRequest,
  options: FitOptions,
): Promise<Elimination> {
  const { owner, estimator, numFeatures, least, step, measured, onFit } = request;
  let kept = Array.from({ length: numFeatures }, (_, i) => i);
  const ranking = kept.map(() => 1);
  const metrics: number[] = [];
  const { signal, validation } = options;
  while (kept.length > least || measured !== undefined) {
    throwIfAborted(signal, `${owner}.fit`);
    const model = await estimator.fit(withFeatures(table, request, kept), {
      ...{ signal, ...oneDeeper(options) },
      ...(validation === undefined ? {} : { validation: withFeatures(validation, request, kept) }),
    });
    if (measured !== undefined) {
      const scored = await model.transform(withFeatures(measured.table, request, kept), { signal });
      metrics.push(await measured.evaluator.evaluate(scored, { signal }));
    }
    onFit();
    if (kept.length <= least) break;
    const importances = importancesOf(owner, model, kept.length);
    const order = [...kept.keys()].sort(
      (a, b) => (importances[a] as number) - (importances[b] as number) || a - b,
    );
    const gone = new Set(order.slice(0, Math.min(step, kept.length - least)));
    kept = kept.filter((_, place) => !gone.has(place));
    const left = new Set(kept);
    ranking.forEach((rank, i) => {
      if (!left.has(i)) ranking[i] = rank + 1;
    });
  }
  return { kept, ranking, metrics };
}

/** The table with fewer features in its column. */
function withFeatures(
  table: PartitionedTable,
  { owner, featuresCol: input, numFeatures }: EliminationRequest,
  kept: readonly number[],
): PartitionedTable {
  if (kept.length === numFeatures) return table;
  let output = `${input}__kept`;
  while (table.columns.includes(output)) output += '_';
  const sliced = slicedTable({ owner, param: 'featuresCol', input, output }, table, kept);
  return sliced.drop(input).rename({ [output]: input });
}

/** One number a feature: importances, or the squares of coefficients, summed over the classes. */
function importancesOf(owner: string, model: Model, numFeatures: number): ArrayLike<number> {
  const last: unknown = model instanceof PipelineModel ? model.stages.at(-1) : model;
  const { featureImportances } = last as { readonly featureImportances?: unknown };
  const found =
    last instanceof LinearModel
      ? squaredCoefficients(last.data.coefficients, last.numFeatures)
      : (featureImportances as Float64Array | undefined);
  if (found?.length === numFeatures) return found;
  const { className } = model;
  throw new CoppiceError(
    'UNSUPPORTED',
    `estimator of ${owner} must make a model with an importance or a coefficient for each feature; ` +
      `${className} has ${found === undefined ? 'none' : found.length} for ${numFeatures} features`,
    { context: { owner, estimator: className } },
  );
}

function squaredCoefficients(coefficients: Float64Array, numFeatures: number): Float64Array {
  const sums = new Float64Array(numFeatures);
  coefficients.forEach((value, i) => {
    sums[i % numFeatures] = (sums[i % numFeatures] as number) + value * value;
  });
  return sums;
}
