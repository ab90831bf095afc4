/** A tree in the language of Graphviz. */
import type { TreeNode, TreeSplit } from './tree-node.ts';

/** Categories that a label shows; the others are counted. */
const shownCategories = 8;

/** A digraph: boxes for splits, rounded ones for leaves; edges say yes and no, and which takes missing values. */
export function treeToDot(number: number, nodes: Iterable<TreeNode>): string {
  const lines = [`digraph Tree_${number} {`, '  node [shape=box, fontname="sans-serif"];'];
  for (const node of nodes) {
    lines.push(
      `  n${node.index} [label=${quoted(labelOf(node))}${node.split === null ? ', style=rounded' : ''}];`,
    );
    const { split, left, right } = node;
    if (split === null || left === null || right === null) continue;
    const missing = [split.missingGoesLeft, !split.missingGoesLeft];
    [left, right].forEach((child, side) => {
      const answer = `${side === 0 ? 'yes' : 'no'}${missing[side] === true ? ', missing' : ''}`;
      lines.push(`  n${node.index} -> n${child.index} [label=${quoted(answer)}];`);
    });
  }
  return `${lines.join('\n')}\n}\n`;
}

function labelOf(node: TreeNode): string {
  const rows = `rows ${node.rows}`;
  if (node.split === null) return `${[...node.value].join(', ')}\n${rows}`;
  return `${conditionOf(node.split)}\n${node.split.isForced ? 'forced, ' : ''}gain ${Number(node.split.gain.toPrecision(6))}\n${rows}`;
}

function conditionOf(split: TreeSplit): string {
  const { feature, leftCategories: listed } = split;
  if (listed === null) return `${feature} <= ${split.threshold}`;
  const more = listed.length > shownCategories ? `, … ${listed.length - shownCategories} more` : '';
  return `${feature} in {${listed.slice(0, shownCategories).join(', ')}${more}}`;
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}
