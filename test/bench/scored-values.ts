/** Fits an estimator on one table, predicts another, and gives the predictions as score.ts wants them. */
import {
  GBTClassifier,
  GBTRegressor,
  type PartitionedTable,
  RandomForestClassifier,
  RandomForestRegressor,
} from '../../src/index.ts';

/** What is fitted. */
export interface FitRequest {
  readonly estimator: 'gbt' | 'rf';
  readonly metric: 'auc' | 'logLoss' | 'rmse';
  readonly label: string;
  /** Columns that are neither label nor feature. */
  readonly ignored: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
}

/** Predictions of the second table, its labels, and the fit's seconds. */
export interface ScoredValues {
  readonly predictions: Float64Array;
  readonly labels: Float64Array;
  readonly fitSeconds: number;
}

/** Does it. */
export async function fitAndScore(
  request: FitRequest,
  train: PartitionedTable,
  test: PartitionedTable,
): Promise<ScoredValues> {
  const skipped = new Set([request.label, ...request.ignored]);
  const featuresCols = train.columns.filter((name) => !skipped.has(name));
  const options = { labelCol: request.label, featuresCols, ...request.params };
  const start = performance.now();
  if (request.metric === 'rmse') {
    const Estimator = request.estimator === 'gbt' ? GBTRegressor : RandomForestRegressor;
    const model = await new Estimator(options).fit(train);
    const fitSeconds = (performance.now() - start) / 1000;
    const scored = await (await model.transform(test))
      .select(request.label, 'prediction')
      .collect();
    return {
      predictions: numbersOf(scored.getChild('prediction')),
      labels: numbersOf(scored.getChild(request.label)),
      fitSeconds,
    };
  }
  const Estimator = request.estimator === 'gbt' ? GBTClassifier : RandomForestClassifier;
  const model = await new Estimator(options).fit(train);
  const fitSeconds = (performance.now() - start) / 1000;
  const scored = await (await model.transform(test)).select(request.label, 'probability').collect();
  const places = new Map(model.classes.map((value, place) => [String(value), place]));
  const labels = Float64Array.from(
    scored.getChild(request.label) ?? [],
    (value) => places.get(String(value)) ?? Number.NaN,
  );
  const all = Float64Array.from(
    Array.from(scored.getChild('probability') ?? [], (row) => [...row]).flat(),
  );
  const isBinary = request.metric === 'auc';
  return {
    predictions: isBinary ? all.filter((_, i) => i % 2 === 1) : all,
    labels,
    fitSeconds,
  };
}

function numbersOf(values: Iterable<unknown> | null): Float64Array {
  return Float64Array.from(values ?? [], Number);
}
