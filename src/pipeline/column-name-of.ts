/** What does a stage call a column? Pipelines and what wraps an estimator are looked into. */
import { CoppiceError } from '../base/errors.ts';
import { Pipeline } from './pipeline.ts';
import { PipelineModel } from './pipeline-model.ts';
import { PipelineStage } from './pipeline-stage.ts';

/**
 * The name that a stage gives a column by a parameter; undefined where it gives none.
 *
 * @throws CoppiceError `UNSUPPORTED` for the label of a stage that has several
 */
export function columnNameOf(stage: PipelineStage, param: string): string | undefined {
  if (stage instanceof Pipeline || stage instanceof PipelineModel) {
    const names = stage.stages.map((inner) => columnNameOf(inner as PipelineStage, param));
    return names.filter((name) => name !== undefined).at(-1);
  }
  const { [param]: own, estimators, labelCols } = paramsOf(stage);
  if (param === 'labelCol' && Array.isArray(labelCols)) throw severalLabels(stage, labelCols);
  if (typeof own === 'string') return own;
  // what an ensemble reads is what its members read; what it writes is named by what combines them
  if (param.startsWith('label') || param.startsWith('weight')) {
    const members = Array.isArray(estimators) ? (estimators as PipelineStage[]) : [];
    const names = members.map((member) => columnNameOf(member, param));
    if (members.length > 0) return names.find((name) => name !== undefined);
  }
  const inner = wrappedBy(stage);
  return inner === undefined ? undefined : columnNameOf(inner, param);
}

/** The estimator or model inside a stage that adds to it. */
export function wrappedBy(stage: PipelineStage): PipelineStage | undefined {
  const { estimator, finalEstimator, classifier } = paramsOf(stage);
  const { model, bestModel, finalModel } = stage as unknown as Readonly<Record<string, unknown>>;
  return [finalEstimator, finalModel, estimator, classifier, model, bestModel].find(
    (inner): inner is PipelineStage => inner instanceof PipelineStage,
  );
}

function paramsOf(stage: PipelineStage): Readonly<Record<string, unknown>> {
  return stage.params as Readonly<Record<string, unknown>>;
}

function severalLabels({ className }: PipelineStage, labels: readonly unknown[]): CoppiceError {
  return new CoppiceError(
    'UNSUPPORTED',
    `${className} must have one label inside another estimator; it has the labelCols ${labels.join(', ')}: fit one for ` +
      'each of them, or name the labelCol of a stack',
    { context: { owner: className, param: 'labelCols' } },
  );
}
