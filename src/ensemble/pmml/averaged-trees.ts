/** Forests and single trees in PMML: the mean of the trees' numbers, or of their shares of each class. */
import { classOutputs, classType } from '../../pipeline/pmml/class-outputs.ts';
import { continuous, element, outputField } from '../../pipeline/pmml/pmml-text.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { WrittenModel } from '../prediction/written-model.ts';
import { appendLeaf, appendTree, appendTrees, fieldsOf } from './mining-models.ts';
import type { PmmlSaid } from './pmml-said.ts';
import type { PmmlFeature } from './split-predicates.ts';
import type { WrittenTree } from './tree-text.ts';

/** Adds a forest or a tree, or any model of one class. @throws CoppiceError `COLUMN_EXISTS` */
export function addAveragedTrees(
  writer: PmmlWriter,
  model: WrittenModel,
  { labelCol, features }: PmmlSaid & { readonly features: readonly (PmmlFeature | undefined)[] },
): void {
  const { data, outputs } = model;
  const { trees, classes } = data;
  const isClass = classes.length > 0;
  // a model of one class says it whatever the trees do
  const numTrees = classes.length === 1 ? 0 : trees.numTrees;
  const of = Array.from({ length: numTrees }, (_, tree) => tree);
  const { predictionCol: name } = outputs;
  const said = isClass
    ? classOutputs({ classes, thresholds: model.thresholds, ...outputs })
    : {
        text: outputField(name, continuous, { feature: 'predictedValue' }),
        names: [name],
      };
  const type = isClass ? classType(classes) : continuous;
  const target = writer.target(labelCol, type, classes.map(String));
  const schema = writer.miningSchema(fieldsOf({ trees, of, features }), target);
  const head = {
    functionName: isClass ? 'classification' : 'regression',
    head: schema + element('Output', {}, said.text),
  } as const;
  const leaf = isClass ? leafOfShares(model) : leafOfValue(model);
  const parts: string[] = [];
  if (classes.length === 1) appendLeaf(parts, head, ...oneClass(String(classes[0])));
  else if (of.length === 1) appendTree(parts, head, { trees, tree: 0, features, leaf });
  else appendTrees(parts, writer, { ...head, method: 'average' }, { trees, of, features, leaf });
  writer.model(parts, said.names);
}

function leafOfValue({ data }: WrittenModel): WrittenTree['leaf'] {
  return (node) => [` score="${data.trees.value[node]}"`, ''];
}

/** The leaf of a model that knows one class: its attributes and what it contains. */
function oneClass(value: string): [string, string] {
  const distribution = { value, recordCount: 1, probability: 1 };
  return [attribute('score', value), element('ScoreDistribution', distribution)];
}

/** A leaf with its share of each class. */
function leafOfShares({ data }: WrittenModel): WrittenTree['leaf'] {
  const { trees, classes } = data;
  const heads = classes.map((value) => `<ScoreDistribution${attribute('value', String(value))}`);
  const scores = classes.map((value) => attribute('score', String(value)));
  return (node) => {
    const width = classes.length;
    const shares = trees.value.subarray(node * width, (node + 1) * width);
    const rows = trees.rows[node] as number;
    let best = 0;
    const told = heads.map((head, k) => {
      const share = shares[k] as number;
      if (share > (shares[best] as number)) best = k;
      return `${head} recordCount="${share * rows}" probability="${share}"/>`;
    });
    return [scores[best] as string, told.join('')];
  };
}

/** An attribute behind a space. */
function attribute(name: string, value: string): string {
  return element('x', { [name]: value }).slice(2, -2);
}
