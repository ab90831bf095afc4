/** The command `inspect`: what is in a saved model, its importances, one of its trees. */
import { CoppiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { IsolationForestModel } from '../ensemble/isolation/isolation-forest.ts';
import type { TreeModel } from '../ensemble/model/tree-model.ts';
import type { LogicalField } from '../pipeline/logical-schema.ts';
import { PipelineModel } from '../pipeline/pipeline-model.ts';
import type { Transformer } from '../pipeline/transformer.ts';
import type { TreeNode } from '../tree/tree-node.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { loadModel } from './load-model.ts';
import { modelFacts, treeModelOf } from './model-facts.ts';
import { grouped } from './progress-line.ts';
import type { Printable } from './terminal.ts';
import { nameValueLines, textTable } from './text-table.ts';

/** Options of `inspect`. */
export interface InspectCommandOptions extends CommonOptions {
  readonly model: string;
  readonly tree?: number;
  readonly dot?: boolean;
  readonly importance?: boolean;
}

/** The command `inspect`. */
export async function inspect(
  options: InspectCommandOptions,
  _context: CommandContext,
): Promise<CommandResult> {
  const model = await loadModel(options.model);
  const trees = treeModelOf(model);
  const sections: CommandResult[] = [];
  const tree = options.tree ?? (options.dot === true ? 0 : undefined);
  if (tree === undefined && options.importance !== true) sections.push(overview(model));
  if (options.importance === true) sections.push(importance(requireTrees(model, trees)));
  if (tree !== undefined) {
    sections.push(oneTree(requireTrees(model, trees), tree, options.dot === true));
  }
  const values = sections.map(({ value }) => value as { readonly [key: string]: Printable });
  return {
    value: { command: 'inspect', model: options.model, ...Object.assign({}, ...values) },
    text: sections.map(({ text }) => text).join('\n\n'),
  };
}

function overview(model: Transformer): CommandResult {
  const facts = modelFacts(model);
  const schema = (model as { inputSchema?: readonly LogicalField[] }).inputSchema ?? [];
  const { set, default: defaults } = model.savedParams();
  const stages = model instanceof PipelineModel ? model.stages : [];
  const lines: [string, string][] = [
    ['class', model.className],
    ['uid', model.uid],
    ...stages.map((stage, index): [string, string] => [`stage ${index}`, stage.className]),
  ];
  const counts: readonly [string, number | undefined][] = [
    ['trees', facts.numTrees],
    ['nodes', facts.totalNumNodes],
    ['depth', facts.depth],
    ['training rows', facts.trainingRows],
    ['validation loss', facts.validationLoss],
  ];
  for (const [name, count] of counts) {
    if (count !== undefined)
      lines.push([name, Number.isInteger(count) ? grouped(count) : String(count)]);
  }
  if (facts.classes !== undefined) lines.push(['classes', facts.classes.map(String).join(', ')]);
  const parts = [nameValueLines(lines)];
  if (schema.length > 0) {
    parts.push(
      textTable(
        ['column', 'type'],
        schema.map(({ name, type }) => [name, type]),
      ),
    );
  }
  const params = [
    ...Object.entries(set).map(([name, value]) => [name, shortJson(value), 'set']),
    ...Object.entries(defaults).map(([name, value]) => [name, shortJson(value), '']),
  ];
  if (params.length > 0) parts.push(textTable(['parameter', 'value', ''], params));
  return {
    value: {
      class: model.className,
      uid: model.uid,
      stages: stages.map((stage) => stage.className),
      ...facts,
      inputSchema: schema.map(({ name, type }) => ({ name, type })),
      params: { set, default: defaults },
    },
    text: parts.join('\n\n'),
  };
}

function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function importance(model: TreeModel): CommandResult {
  if (model instanceof IsolationForestModel) return drawnFeatures(model);
  const kinds = ['gain', 'splits', 'totalGain', 'totalCover'] as const;
  const [shares, splits, gains, covers] = kinds.map((kind) => model.importances(kind));
  const sorted = model.featureNames
    .map((name, index) => ({
      name,
      importance: shares?.[index] as number,
      splits: splits?.[index] as number,
      totalGain: gains?.[index] as number,
      totalCover: covers?.[index] as number,
    }))
    .sort((a, b) => b.importance - a.importance);
  const rows = sorted.map((one) => [
    one.name,
    `${(100 * one.importance).toFixed(2)} %`,
    grouped(one.splits),
    one.totalGain.toPrecision(4),
  ]);
  return {
    value: { importance: sorted },
    text: textTable(['feature', 'importance', 'splits', 'total gain'], rows),
  };
}

/** An isolation forest draws the features of its splits, so none has a gain: there are only counts of them. */
function drawnFeatures(model: TreeModel): CommandResult {
  const splits = model.importances('splits');
  const covers = model.importances('totalCover');
  const sorted = model.featureNames
    .map((name, f) => ({
      name,
      importance: null,
      splits: splits[f] as number,
      totalGain: null,
      totalCover: covers[f] as number,
    }))
    .sort((a, b) => b.totalCover - a.totalCover);
  const rows = sorted.map((one) => [one.name, grouped(one.splits), grouped(one.totalCover)]);
  return {
    value: { importance: sorted },
    text: `${textTable(['feature', 'splits', 'rows split'], rows)}\n\nan isolation forest draws the features of its splits, so none has a gain`,
  };
}

function oneTree(model: TreeModel, tree: number, asDot: boolean): CommandResult {
  if (tree >= model.numTrees) {
    throw new CoppiceError(
      'USAGE',
      `--tree must be a tree's number, 0 to ${model.numTrees - 1}; got ${tree}`,
    );
  }
  const view = model.tree(tree);
  const text = asDot ? view.toDot() : view.toText();
  return { value: { tree: text, nodes: view.nodes.map(plainNode) }, text: text.trimEnd() };
}

/** A node whose links are numbers. */
function plainNode(node: TreeNode): Printable {
  const { index, depth, rows, cover, leafNumber, split } = node;
  const { parent, left, right } = node;
  return {
    ...{ index, depth, rows, cover, leafNumber, value: [...node.value] },
    ...{ parent: parent?.index ?? null, left: left?.index ?? null, right: right?.index ?? null },
    split:
      split === null
        ? null
        : { ...split, runnerUp: split.runnerUp === null ? null : { ...split.runnerUp } },
  };
}

function requireTrees(model: Transformer, trees: TreeModel | null): TreeModel {
  if (trees !== null) return trees;
  throw new CoppiceError(
    'USAGE',
    `--tree and --importance need a model of trees; got a ${model.className}`,
  );
}
