/** The scores of rows by classifiers that have not seen them, sorted into runs for each curve. */
import { throwIfAborted } from '../../base/abort.ts';
import { emitWarning } from '../../base/warn.ts';
import type { FoldParams } from '../../feature/folds/fold-params.ts';
import { foldsOf } from '../../feature/folds/folds.ts';
import { oneDeeper } from '../../feature/folds/nesting.ts';
import { planFolds } from '../../feature/folds/plan-folds.ts';
import type { Estimator, FitOptions } from '../../pipeline/estimator.ts';
import { type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { curveElements, type ScoreLayout } from './calibration-curve.ts';
import { scoreColumn } from './calibration-params.ts';
import { type CurveRuns, gatherScores } from './calibration-scores.ts';

/** What is fitted, and how its scores are read. */
interface CrossFit {
  readonly owner: string;
  readonly params: FoldParams & { readonly estimator: Estimator };
  readonly columns: {
    readonly labelCol: string;
    readonly weightCol: string | null;
    readonly rawPredictionCol: string;
  };
  readonly classes: readonly LabelValue[];
  readonly layout: ScoreLayout;
}

/** The runs of each curve, from the scores of every fold. */
export async function outOfFoldRuns(
  { owner, params, columns, classes, layout }: CrossFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<CurveRuns[]> {
  const { estimator } = params;
  const elements = curveElements(layout);
  const runs = elements.map(() => ({
    positives: [] as CurveRuns['positives'][number][],
    negatives: [] as CurveRuns['negatives'][number][],
  }));
  const inner = { ...options, ...oneDeeper(options) };
  const request = { owner, params, labelCol: columns.labelCol };
  const { signal, nesting } = options;
  const folds = foldsOf(table, await planFolds(table, request, { signal, nesting }));
  for (const [fold, { inside, outside }] of folds.entries()) {
    throwIfAborted(options.signal, `${owner}.fit`);
    if ((await inside.count(options)) === 0) continue;
    const model = await estimator.fit(outside, inner);
    const scored = await model.transform(inside);
    const own = scoreColumn(owner, scored.schema, columns.rawPredictionCol);
    const sources = elements.map((element, i) => ({
      classIndex: elements.length === 1 ? 1 : i,
      element: elementIn(own.classes ?? classes, classes, { element, curve: i, layout }),
    }));
    if (sources.some((source) => source.element < 0)) {
      emitWarning(
        `${owner}: the rows outside of fold ${fold} lack a class; the fold does not calibrate it`,
      );
    }
    const wanted = {
      scoreCol: columns.rawPredictionCol,
      labelCol: columns.labelCol,
      weightCol: columns.weightCol,
      classes,
      curves: sources,
    };
    const found = await gatherScores(scored, wanted, options);
    found.forEach(({ positives, negatives }, i) => {
      runs[i]?.positives.push(...positives);
      runs[i]?.negatives.push(...negatives);
    });
  }
  return runs;
}

/** The element of a fold's scores that a curve reads; −1 where the fold's model does not know the class. */
function elementIn(
  own: readonly LabelValue[],
  classes: readonly LabelValue[],
  at: { readonly element: number; readonly curve: number; readonly layout: ScoreLayout },
): number {
  if (classes.length === 2) return own.length === 2 ? at.element : -1;
  // where only two classes are left a score is the margin between them, which is another thing
  if (own.length < 3) return -1;
  const wanted = labelKey(classes[at.curve] as LabelValue);
  return own.findIndex((value) => labelKey(value) === wanted);
}
