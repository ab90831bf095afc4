/**
 * A model of trees in PMML: sums and means of trees are a MiningModel; where a link is behind them, a chain hands each
 * score on to regressions of one term, whose normalization is the link. What boosting starts from is a last tree of one leaf,
 * so that engines add as transform does.
 */
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import { refuseUnwritable, type WrittenModel } from '../prediction/written-model.ts';
import { addAveragedTrees } from './averaged-trees.ts';
import { addBoostedTrees } from './boosted-trees.ts';
import { featureFields } from './feature-fields.ts';
import type { PmmlSaid } from './pmml-said.ts';
import { usedFeatures } from './tree-text.ts';

/** Adds a model of trees. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export async function addTreesToPmml(
  writer: PmmlWriter,
  model: WrittenModel,
  said: PmmlSaid,
): Promise<void> {
  const { data, link, outputs } = model;
  const { trees } = data;
  refuseUnwritable(writer, model);
  if (trees.linear !== undefined) {
    const remedy = 'write it as ONNX or a JavaScript module, or fit without linearLeaves';
    throw writer.refusal('leaves of one value', 'linear leaves', remedy);
  }
  const several =
    outputs.quantiles !== null ? 'quantileAlphas' : (outputs.labelsKey ?? 'labelCols');
  if (outputs.quantiles !== null || (outputs.labels ?? null) !== null) {
    const remedy = 'write it as ONNX or a JavaScript module, or fit a model for each';
    throw writer.refusal('one prediction a row', `a vector of them (${several})`, remedy);
  }
  const all = Array.from({ length: trees.numTrees }, (_, tree) => tree);
  const features = featureFields(writer, data, usedFeatures(trees, all));
  const isAverage = link === 'mean' || link === 'share' || data.classes.length === 1;
  (isAverage ? addAveragedTrees : addBoostedTrees)(writer, model, { ...said, features });
}
