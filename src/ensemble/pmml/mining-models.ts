/** Models of PMML that are made of others, and the words that all of them share. */
import { opened } from '../../pipeline/pmml/pmml-text.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { PmmlFeature } from './split-predicates.ts';
import { appendNodes, usedFeatures, type WrittenTree } from './tree-text.ts';

/** What a model predicts. */
export type FunctionName = 'regression' | 'classification';

/** What stands before the trees or segments of a model. */
export interface ModelHead {
  readonly functionName: FunctionName;
  /** Its fields and outputs, written. */
  readonly head: string;
}

/** The trees of a model, and how their leaves are told. */
export interface TreesOfModel {
  readonly trees: TreeEnsemble;
  readonly of: readonly number[];
  readonly features: readonly (PmmlFeature | undefined)[];
  readonly leaf: WrittenTree['leaf'];
  /** What is added behind them. */
  readonly constant?: number | undefined;
}

/** The fields that these trees compare. */
export function fieldsOf({
  trees,
  of,
  features,
}: Omit<TreesOfModel, 'leaf' | 'constant'>): string[] {
  return usedFeatures(trees, of).map((f) => (features[f] as PmmlFeature).field);
}

/** Appends one tree as a model. */
export function appendTree(
  parts: string[],
  { functionName, head }: ModelHead,
  written: WrittenTree,
): void {
  parts.push(openedTree(functionName), head, '\n');
  appendNodes(parts, written);
  parts.push('</TreeModel>\n');
}

/** Appends a tree of one leaf. */
export function appendLeaf(
  parts: string[],
  { functionName, head }: ModelHead,
  attributes: string,
  content = '',
): void {
  const leaf = `<Node id="0"${attributes}><True/>${content}</Node>`;
  parts.push(openedTree(functionName), head, leaf, '</TreeModel>\n');
}

function openedTree(functionName: FunctionName): string {
  return opened('TreeModel', {
    ...{ functionName, missingValueStrategy: 'defaultChild' },
    splitCharacteristic: 'binarySplit',
  });
}

/** Appends trees as one model. */
export function appendTrees(
  parts: string[],
  writer: PmmlWriter,
  { functionName, head, method }: ModelHead & { readonly method: 'sum' | 'average' },
  { trees, of, features, leaf, constant }: TreesOfModel,
): void {
  const segments = of.map((tree) => () => {
    const schema = writer.miningSchema(fieldsOf({ trees, of: [tree], features }));
    appendTree(parts, { functionName, head: schema }, { trees, tree, features, leaf });
  });
  const last = (): void =>
    appendLeaf(parts, { functionName, head: '<MiningSchema/>' }, ` score="${constant}"`);
  appendSegments(parts, { functionName, head, method }, [
    ...segments,
    ...(constant === undefined ? [] : [last]),
  ]);
}

/** Appends a model of segments. @param segments each appends its model */
export function appendSegments(
  parts: string[],
  { functionName, head, method }: ModelHead & { readonly method: 'sum' | 'average' | 'modelChain' },
  segments: readonly (() => void)[],
): void {
  parts.push(
    `${opened('MiningModel', { functionName })}${head}\n`,
    `${opened('Segmentation', { multipleModelMethod: method })}\n`,
  );
  segments.forEach((append, i) => {
    parts.push(`${opened('Segment', { id: i + 1 })}<True/>`);
    append();
    parts.push('</Segment>\n');
  });
  parts.push('</Segmentation>\n</MiningModel>\n');
}
