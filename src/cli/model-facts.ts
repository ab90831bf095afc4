/** What a fitted model says about itself, for `fit` and `inspect`. */
import { TreeModel } from '../ensemble/model/tree-model.ts';
import type { LabelValue } from '../pipeline/label-values.ts';
import { PipelineModel } from '../pipeline/pipeline-model.ts';
import type { Transformer } from '../pipeline/transformer.ts';

/** Facts of a model of trees; empty for another model. */
export interface ModelFacts {
  readonly numTrees?: number;
  readonly totalNumNodes?: number;
  readonly depth?: number;
  readonly classes?: readonly LabelValue[];
  readonly trainingRows?: number;
  readonly validationLoss?: number;
}

/** The model of trees that a model is, or that the last such stage of a pipeline is. */
export function treeModelOf(model: Transformer): TreeModel | null {
  if (model instanceof TreeModel) return model;
  if (!(model instanceof PipelineModel)) return null;
  const found = model.stages.map(treeModelOf).filter((one) => one !== null);
  return found.at(-1) ?? null;
}

/** The facts. */
export function modelFacts(model: Transformer): ModelFacts {
  const trees = treeModelOf(model);
  if (trees === null) return {};
  const { validationLosses, numRows } = trees.summary;
  return {
    numTrees: trees.numTrees,
    totalNumNodes: trees.totalNumNodes,
    depth: trees.depth,
    trainingRows: numRows,
    ...(trees.classes.length === 0 ? {} : { classes: trees.classes }),
    ...(validationLosses.length === 0
      ? {}
      : { validationLoss: validationLosses.reduce((least, loss) => Math.min(least, loss)) }),
  };
}
