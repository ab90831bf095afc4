/** A model of trees as data of a JavaScript module: nodes as narrow arrays, leaves numbered one by one. */

import { packed } from '../../pipeline/module/module-literals.ts';
import type { ModuleCell, ModuleWriter } from '../../pipeline/module/module-writer.ts';
import { nodeFlag } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { WrittenModel } from '../prediction/written-model.ts';
import { treesOp } from './tree-op.ts';

/** Adds the trees, and names what they predict. @throws CoppiceError `UNSUPPORTED` */
export function addTreesToModule(writer: ModuleWriter, written: WrittenModel): void {
  const { data, link, outputs, thresholds, offsetCol } = written;
  const { trees, baseScores, classes, features } = data;
  const offsetSlots = writer.margins(offsetCol);
  const cells = cellsOf(writer, data);
  const numOutputs = trees.numOutputs > 1 ? trees.numOutputs : baseScores.length;
  const places = writer.predicted(outputs, {
    classes,
    width: isVector(written, numOutputs) ? numOutputs : undefined,
    scores: link === 'flags' ? numOutputs : classes.length,
  });
  writer.step(treesOp, {
    from: [...cells.map(({ slot }) => slot), ...(offsetSlots ?? [])],
    to: Object.values(places).flat(),
    ...{ places, link, thresholds, baseScores, classes },
    ...{ offsetCol: offsetCol ?? null, offsetSlots, sharesOffset: classes.length === 0 },
    numTrees: trees.numTrees,
    ...{ width: trees.numOutputs, numOutputs },
    features: features.map(({ kind, categories, zeroIsMissing }, f) => ({
      slot: cells[f]?.slot,
      categories: kind === 'category' ? categories : null,
      ...(zeroIsMissing === true ? { zeroIsMissing } : {}),
    })),
    ...tablesOf(trees),
    planes: planesOf(trees),
  });
}

/** Of each split by a plane its terms; null where splits have one feature each. */
function planesOf({ planes }: TreeEnsemble): Record<string, unknown> | null {
  if (planes === undefined) return null;
  const { start, feature, factor, centre } = planes;
  return {
    ...{ start: packed(start), feature: packed(feature) },
    ...{ factor: packed(factor, true), centre: packed(centre, true) },
  };
}

/** Also of one number, where the column of predictions has vectors of one. */
function isVector({ data, link, outputs }: WrittenModel, numOutputs: number): boolean {
  if (link === 'flags' || link === 'quantiles') return true;
  return data.classes.length === 0 && (numOutputs > 1 || (outputs.labels ?? null) !== null);
}

function cellsOf(writer: ModuleWriter, data: TreeModelData): ModuleCell[] {
  if (writer.isKnown) return data.paths.map((path) => writer.cell(path));
  return writer.features(
    data.features.map(({ name, kind }) => ({ name, isCategory: kind === 'category' })),
    data.inputSchema,
    data.paths,
  );
}

/**
 * Nodes in their order. Where a split has its threshold, a leaf of one output has its value; where it has its feature, a
 * leaf has the number of what else it says, if it says more.
 */
function tablesOf(e: TreeEnsemble): Record<string, unknown> {
  const { numOutputs, linear } = e;
  const numNodes = e.feature.length;
  const leaves = [...e.leftChild.keys()].filter((node) => e.leftChild[node] === 0);
  const isPlain = numOutputs === 1 && linear === undefined;
  const feature = Uint32Array.from(e.feature);
  const x = new Float64Array(numNodes);
  leaves.forEach((node, leaf) => {
    feature[node] = isPlain ? 0 : leaf;
    if (numOutputs === 1) x[node] = e.value[node] as number;
  });
  const bits = { start: [] as number[], count: [] as number[] };
  for (let node = 0; node < numNodes; node++) {
    if (e.leftChild[node] === 0) continue;
    x[node] = e.threshold[node] as number;
    if (((e.flags[node] as number) & nodeFlag.isCategory) === 0) continue;
    x[node] = bits.start.length;
    bits.start.push(e.categoryStart[node] as number);
    bits.count.push(e.categoryCount[node] as number);
  }
  const known = nodeFlag.missingGoesLeft | nodeFlag.unseenGoesLeft | nodeFlag.isCategory;
  const trees = {
    start: packed(e.treeStart),
    left: packed(e.leftChild),
    feature: packed(feature),
    flags: packed(e.flags.map((flags) => flags & known)),
    x: packed(x, true),
    values: packed(
      numOutputs === 1
        ? []
        : leaves.flatMap((node) => [
            ...e.value.subarray(node * numOutputs, (node + 1) * numOutputs),
          ]),
      true,
    ),
    ...{ bitsStart: packed(bits.start), bitsCount: packed(bits.count) },
    leftBits: packed(e.categoryBits),
  };
  if (linear === undefined) return { trees, linear: null };
  const starts = [0];
  const terms = leaves.flatMap((node) => {
    const [from, to] = [linear.start[node] as number, linear.start[node + 1] as number];
    starts.push((starts.at(-1) as number) + to - from);
    return Array.from({ length: to - from }, (_, i) => from + i);
  });
  const own = {
    start: packed(starts),
    feature: packed(terms.map((term) => linear.feature[term] as number)),
    factor: packed(
      terms.map((term) => linear.factor[term] as number),
      true,
    ),
    centre: packed(
      terms.map((term) => linear.centre[term] as number),
      true,
    ),
    intercept: packed(
      leaves.map((node) => linear.intercept[node] as number),
      true,
    ),
    unit: packed(linear.unit, true),
  };
  return { trees, linear: own };
}
