/**
 * Explanation of one partition in a worker thread: adds the column of contributions, or of interactions. The
 * explainer is made once a thread and model.
 */

import { fixedSizeListColumn, withColumns } from '../../table/columns/make-column.ts';
import type { Operator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import type { ClassValue } from '../../training/messages.ts';
import { TreeExplainer } from '../../tree/explainer.ts';
import { PairExplainer } from '../../tree/pair-explainer.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { contributionsField, interactionsField, matrixSize } from './contributions-field.ts';
import type { FeaturePlaces } from './feature-places.ts';
import { featureValues } from './read-features.ts';

/** What the operator is told. */
export interface ExplainSpec extends OperatorSpec, FeaturePlaces {
  /** Each feature's values, or those of pairs. */
  readonly kind: 'ensemble.explainTrees' | 'ensemble.explainPairs';
  /** Names the model within this process; explainers are kept by it. */
  readonly modelId: string;
  readonly trees: TreeEnsemble;
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
const pairExplainers = new Map<string, PairExplainer>();

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

/** Makes the operator of a model's pairs. */
export function makeExplainPairsOperator(spec: ExplainSpec): Operator {
  const explainer = explainerOf(spec);
  const pairs = kept(pairExplainers, keyOf(spec), () => {
    const { numOutputs, features, divisor } = spec;
    return new PairExplainer(spec.trees, { numOutputs, numFeatures: features.length, divisor });
  });
  const field = interactionsField(spec.outputCol, {
    features: spec.features.map(({ name }) => name),
    numOutputs: spec.numOutputs,
    outputs: spec.outputs,
  });
  const width = spec.numOutputs * matrixSize(spec.features.length);
  return (batch) => {
    const values = featureValues(batch, spec, explainer);
    const singles = explainer.contributions(values, batch.numRows);
    const found = pairs.interactions(values, batch.numRows, singles);
    return withColumns(batch, [[field, fixedSizeListColumn(found, width)]]);
  };
}

function explainerOf(spec: ExplainSpec): TreeExplainer {
  return kept(
    explainers,
    keyOf(spec),
    () =>
      new TreeExplainer(spec.trees, {
        numOutputs: spec.numOutputs,
        numFeatures: spec.features.length,
        baseScores: spec.baseScores,
        divisor: spec.divisor,
      }),
  );
}

/** Models of the same trees, of a single leaf each for instance, may differ in all else. */
function keyOf({ modelId, numOutputs, features, baseScores, divisor }: ExplainSpec): string {
  return JSON.stringify([modelId, numOutputs, features.length, baseScores, divisor]);
}

/** What a thread keeps of a model, made when it is first asked for. */
function kept<T>(all: Map<string, T>, key: string, make: () => T): T {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = make();
  all.set(key, made);
  const oldest = all.keys().next().value;
  if (all.size > keptExplainers && oldest !== undefined) all.delete(oldest);
  return made;
}
