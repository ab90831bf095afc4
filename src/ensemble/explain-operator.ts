/**
 * Explanation of one partition in a worker thread: adds the column of contributions. The explainer is made
 * once a thread and model.
 */
import { fixedSizeListColumn, withColumns } from '../table/make-column.ts';
import type { Operator } from '../table/operators.ts';
import type { OperatorSpec } from '../table/partition-spec.ts';
import type { ClassValue, TrainedFeature } from '../training/messages.ts';
import { TreeExplainer } from '../tree/explainer.ts';
import type { TreeEnsemble } from '../tree/tree.ts';
import { contributionsField } from './contributions-field.ts';
import { featureValues } from './read-features.ts';

/** What the operator is told. */
export interface ExplainSpec extends OperatorSpec {
  readonly kind: 'ensemble.explainTrees';
  /** Names the model within this process; explainers are kept by it. */
  readonly modelId: string;
  readonly trees: TreeEnsemble;
  readonly features: readonly TrainedFeature[];
  readonly paths: readonly (readonly string[])[];
  /** What each score is about. */
  readonly outputs: readonly ClassValue[];
  readonly baseScores: readonly number[];
  readonly numOutputs: number;
  /** What sums of leaves are divided by. */
  readonly divisor: number;
  readonly outputCol: string;
}

/** Models whose explainers a thread keeps. */
const keptExplainers = 4;
const explainers = new Map<string, TreeExplainer>();

/** Makes the operator of a model. */
export function makeExplainOperator(spec: ExplainSpec): Operator {
  const explainer = explainerOf(spec);
  const field = contributionsField(spec.outputCol, {
    features: spec.features.map(({ name }) => name),
    numOutputs: spec.numOutputs,
    outputs: spec.outputs,
  });
  const width = spec.numOutputs * (spec.features.length + 1);
  return (batch) => {
    const values = featureValues(batch, spec, explainer);
    const contributions = explainer.contributions(values, batch.numRows);
    return withColumns(batch, [[field, fixedSizeListColumn(contributions, width)]]);
  };
}

function explainerOf(spec: ExplainSpec): TreeExplainer {
  const known = explainers.get(spec.modelId);
  if (known !== undefined) return known;
  const explainer = new TreeExplainer(spec.trees, {
    numOutputs: spec.numOutputs,
    numFeatures: spec.features.length,
    baseScores: spec.baseScores,
    divisor: spec.divisor,
  });
  explainers.set(spec.modelId, explainer);
  const oldest = explainers.keys().next().value;
  if (explainers.size > keptExplainers && oldest !== undefined) explainers.delete(oldest);
  return explainer;
}
