/** The trees of a model as a table, one row a node: for SQL, for a spreadsheet, for another program. */
import type { Vector } from 'apache-arrow';
import { InlineRunner } from '../../cluster/task-runner.ts';
import {
  boolColumn,
  fixedSizeListColumn,
  float64Column,
  int32Column,
  utf8Column,
} from '../../table/columns/make-column.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { TreeNode } from '../../tree/tree-node.ts';
import type { TreeView } from '../../tree/tree-view.ts';

/**
 * The nodes of all trees, tree by tree, in the order of their numbers.
 *
 * @param outputOf the output that a tree adds to; null where every tree adds to all
 */
export function treesToTable(
  trees: readonly TreeView[],
  numOutputs: number,
  outputOf: (tree: number) => number | null,
): PartitionedTable {
  const rows = trees.flatMap((tree) => tree.nodes.map((node) => ({ tree, node })));
  const nodes = rows.map(({ node }) => node);
  const values = Float64Array.from(nodes.flatMap(({ value }) => [...value]));
  const columns: Record<string, Vector> = {
    tree: integers(rows.map(({ tree }) => tree.number)),
    node: integers(nodes.map(({ index }) => index)),
    depth: integers(nodes.map(({ depth }) => depth)),
    parent: integers(nodes.map(({ parent }) => parent?.index)),
    left: integers(nodes.map(({ left }) => left?.index)),
    right: integers(nodes.map(({ right }) => right?.index)),
    leaf: integers(nodes.map(({ leafNumber }) => leafNumber)),
    feature: texts(nodes, ({ split }) => split?.feature),
    threshold: numbers(nodes.map(({ split }) => split?.threshold)),
    leftCategories: texts(nodes, ({ split }) =>
      split?.leftCategories ? JSON.stringify(split.leftCategories) : null,
    ),
    missingGoesLeft: flags(nodes.map(({ split }) => split?.missingGoesLeft)),
    gain: numbers(nodes.map(({ split }) => split?.gain)),
    isForced: flags(nodes.map(({ split }) => split?.isForced)),
    runnerUp: texts(nodes, ({ split }) => split?.runnerUp?.feature),
    runnerUpGain: numbers(nodes.map(({ split }) => split?.runnerUp?.gain)),
    rows: numbers(nodes.map((node) => node.rows)),
    cover: numbers(nodes.map((node) => node.cover)),
    output: integers(rows.map(({ tree }) => outputOf(tree.number))),
    value: numOutputs === 1 ? float64Column(values) : fixedSizeListColumn(values, numOutputs),
  };
  return tableFromColumns(new InlineRunner(), columns);
}

type Cell<T> = T | null | undefined;

function mask(cells: readonly Cell<unknown>[]): Uint8Array {
  return Uint8Array.from(cells, (cell) => (cell === null || cell === undefined ? 0 : 1));
}

function integers(cells: readonly Cell<number>[]): Vector {
  return int32Column(
    Int32Array.from(cells, (cell) => cell ?? 0),
    mask(cells),
  );
}

function numbers(cells: readonly Cell<number>[]): Vector {
  return float64Column(
    Float64Array.from(cells, (cell) => cell ?? 0),
    mask(cells),
  );
}

function flags(cells: readonly Cell<boolean>[]): Vector {
  return boolColumn(
    Uint8Array.from(cells, (cell) => (cell === true ? 1 : 0)),
    mask(cells),
  );
}

function texts(nodes: readonly TreeNode[], of: (node: TreeNode) => Cell<string>): Vector {
  return utf8Column(nodes.map((node) => of(node) ?? null));
}
