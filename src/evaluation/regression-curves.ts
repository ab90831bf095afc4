/** Curves of a regressor as tables: how well its predictions order the rows, and whether they are right on average. */
import { CoppiceError } from '../base/errors.ts';
import { float64Column } from '../table/columns/make-column.ts';
import { tableFromColumns } from '../table/create-table.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { CurveOptions } from './binary-curves.ts';
import type { LorenzCurve, PredictedRows, PredictionBins } from './lorenz.ts';

/**
 * A curve of a regressor; every column is float64, rows are ordered by ascending prediction:
 *
 * - `lorenz`: `prediction`, `share` of the weight that rows of at most that prediction have, `labelShare`, their share of
 *   the labels' sum, from (0, 0) to (1, 1)
 * - `calibration`: bins of about equal weight that have rows: `lower` and `upper` (the least and the largest prediction),
 *   `meanPrediction`, `meanLabel`, `weight`
 */
export type RegressionCurve = 'lorenz' | 'calibration';

/** What a curve is made of. */
interface CurveRequest {
  readonly owner: string;
  readonly kind: RegressionCurve;
  readonly table: PartitionedTable;
  readonly parts: readonly PredictedRows[];
  readonly numBins: number;
}

/** A curve as a table. @throws CoppiceError `DATA_INVALID` for labels that have no shares of their sum */
export async function regressionCurve(
  { owner, kind, table, parts, numBins }: CurveRequest,
  { signal, maxPoints = 1000 }: CurveOptions,
): Promise<PartitionedTable> {
  const columns =
    kind === 'lorenz'
      ? lorenzColumns(
          owner,
          await table.runner.run<LorenzCurve | null>(
            'evaluation.lorenz',
            { parts, maxPoints },
            { signal },
          ),
        )
      : binColumns(
          await table.runner.run<PredictionBins>(
            'evaluation.predictionBins',
            { parts, numBins },
            { signal },
          ),
        );
  const vectors = Object.entries(columns).map(
    ([name, values]) => [name, float64Column(values)] as const,
  );
  return tableFromColumns(table.runner, Object.fromEntries(vectors));
}

type Columns = Readonly<Record<string, Float64Array>>;

function lorenzColumns(owner: string, curve: LorenzCurve | null): Columns {
  if (curve === null)
    throw new CoppiceError(
      'DATA_INVALID',
      `the lorenz curve of ${owner}: labels must be at least 0, and one of them above`,
      { context: { owner } },
    );
  const { predictions: prediction, shares: share, labelShares: labelShare } = curve;
  return { prediction, share, labelShare };
}

function binColumns({
  lower,
  upper,
  meanPredictions,
  meanLabels,
  weights,
}: PredictionBins): Columns {
  return { lower, upper, meanPrediction: meanPredictions, meanLabel: meanLabels, weight: weights };
}
