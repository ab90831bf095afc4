/** The command `inspect`: what is in a saved model, its importances, one of its trees. */
import { CoppiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { TreeModel } from '../ensemble/tree-model.ts';
import type { LogicalField } from '../pipeline/logical-schema.ts';
import { PipelineModel } from '../pipeline/pipeline-model.ts';
import type { Transformer } from '../pipeline/transformer.ts';
import { treeToText } from '../tree/tree-text.ts';
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
  if (options.tree === undefined && options.importance !== true) sections.push(overview(model));
  if (options.importance === true) sections.push(importance(requireTrees(model, trees)));
  if (options.tree !== undefined) sections.push(oneTree(requireTrees(model, trees), options.tree));
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
  const shares = model.featureImportances;
  const sorted = model.featureNames
    .map((name, index) => ({ name, importance: shares[index] as number }))
    .sort((a, b) => b.importance - a.importance);
  const rows = sorted.map((one) => [one.name, `${(100 * one.importance).toFixed(2)} %`]);
  return {
    value: { importance: sorted },
    text: textTable(['feature', 'importance'], rows),
  };
}

function oneTree(model: TreeModel, tree: number): CommandResult {
  if (tree >= model.numTrees) {
    throw new CoppiceError(
      'USAGE',
      `--tree must be a tree's number, 0 to ${model.numTrees - 1}; got ${tree}`,
    );
  }
  const text = treeToText(model.trees, tree, model.data.features);
  return { value: { tree: text }, text: text.trimEnd() };
}

function requireTrees(model: Transformer, trees: TreeModel | null): TreeModel {
  if (trees !== null) return trees;
  throw new CoppiceError(
    'USAGE',
    `--tree and --importance need a model of trees; got a ${model.className}`,
  );
}
