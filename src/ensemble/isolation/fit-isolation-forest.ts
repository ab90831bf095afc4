/**
 * How an isolation forest is fitted: the positions of each tree's rows are drawn, the rows that any tree wants are
 * gathered (a few thousand, whatever the table has), and the trees are grown from them. With `idCol` the places of rows
 * are those in the order of their ids, so that the same rows are drawn whatever their order in the table.
 *
 * The score of a row is 2^(−h / c): h is its mean depth over the trees, c the depth that is expected of a tree of so
 * many rows. A leaf's value is its part of −ln 2 · h / c, on a grid of a power of two, so the score is e to their sum.
 */
import { CoppiceError } from '../../base/errors.ts';
import { powerOfTwo } from '../../base/portable-math.ts';
import { sortedOrder } from '../../base/sorted-order.ts';
import { mergeCategories } from '../../binning/category-dictionary.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import { findFeatures, rowIdModeOf } from '../../pipeline/fit-columns.ts';
import { idNumbers } from '../../pipeline/id-numbers.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { columnOf, encodeCategories, fillRounded } from '../../table/columns/column-values.ts';
import type { FeatureColumn } from '../../table/columns/feature-columns.ts';
import { hasZeros, zerosAsMissing } from '../../table/columns/zeros-as-missing.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { packTrees } from '../../tree/tree.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { checkExtension } from './check-extension.ts';
import { drawnRows, drawPositions, lowerBound } from './drawn-rows.ts';
import { expectedDepth } from './expected-depth.ts';
import { type DrawnColumn, growIsolationTree } from './grow-isolation-tree.ts';

const ln2 = 0.6931471805599453;

/** What the fit reads of its parameters. */
export interface IsolationFit {
  readonly owner: string;
  readonly params: {
    readonly featuresCol: string;
    readonly featuresCols: readonly string[] | undefined;
    readonly numTrees: number;
    readonly maxSamples: number;
    readonly extensionLevel?: number | undefined;
    readonly zeroAsMissing: boolean | undefined;
    readonly idCol?: string | undefined;
    readonly seed: number;
  };
}

/** Grows the forest; the threshold is still to be found. */
export async function fitIsolationForest(
  { owner, params }: IsolationFit,
  table: PartitionedTable,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<TreeModelData> {
  const { numTrees, seed, extensionLevel = 0 } = params;
  const noRoles = { labelCol: '', weightCol: undefined };
  const features = findFeatures(owner, table.schema, { idCol: undefined, ...params, ...noRoles });
  checkExtension(owner, extensionLevel, features);
  const inputs = [...new Set(features.map(({ path }) => path[0] as string))];
  const counts = await table.rowCounts(options);
  const numRows = counts.reduce((sum, count) => sum + count, 0);
  if (numRows === 0) {
    throw new CoppiceError(
      'DATA_EMPTY',
      `the table that ${owner} is fitted on must have at least one row; got 0 rows`,
    );
  }
  const size = Math.min(params.maxSamples, numRows);
  const byId = await rowsById({ owner, table, idCol: params.idCol, numRows, ...options });
  const draws = Array.from({ length: numTrees }, (_, tree) => {
    const places = drawPositions(numRows, size, { seed, tree });
    return byId === null ? places : places.map((place) => byId[place] as number).sort();
  });
  const positions = Float64Array.from(new Set(draws.flatMap((own) => [...own]))).sort();
  const zerosOf = (feature: FeatureColumn): boolean =>
    params.zeroAsMissing === true && hasZeros(feature.type);
  const drawn = drawnRows(table.select(...inputs), positions);
  const columns = await gather(drawn, features, { zerosOf, numRows: positions.length, ...options });
  const leafValue = leafValues(size, numTrees);
  const trees = draws.map((own, tree) => {
    const rows = Int32Array.from(own, (position) => lowerBound(positions, position));
    return growIsolationTree({ columns, rows, seed, tree, extensionLevel, leafValue });
  });
  return {
    inputSchema: logicalSchema(table.schema, inputs),
    rowIdMode: rowIdModeOf(table, params.idCol),
    features: features.map((feature, f) => ({
      name: feature.name,
      kind: feature.kind === 'category' ? 'category' : 'numeric',
      categories: columns[f]?.categories ?? [],
      ...(zerosOf(feature) ? { zeroIsMissing: true } : {}),
    })),
    paths: features.map(({ path }) => path),
    classes: [],
    labelType: 'double',
    baseScores: [0],
    trees: packTrees(trees, 1),
    numRows,
    history: [],
    memberRounds: [],
    chosen: null,
  };
}

/** The positions of rows in the order of their ids, rows of one id in the table's order; null without ids. */
async function rowsById({
  owner,
  table,
  idCol,
  numRows,
  signal,
}: {
  readonly owner: string;
  readonly table: PartitionedTable;
  readonly idCol: string | undefined;
  readonly numRows: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<Uint32Array | null> {
  if (idCol === undefined) return null;
  requireColumn(owner, 'idCol', idCol, table.schema);
  const ids = new Float64Array(numRows);
  let at = 0;
  for await (const batch of table.select(idCol).batches({ signal })) {
    ids.set(idNumbers(columnOf(batch, [idCol]), idCol), at);
    at += batch.numRows;
  }
  return sortedOrder(ids);
}

/** The value of leaves, by their depth and rows; without splits every row scores 0.5. */
function leafValues(size: number, numTrees: number): (depth: number, numRows: number) => number {
  const usual = expectedDepth(size);
  const unit = powerOfTwo(-48);
  const known = new Map<number, number>();
  return (depth, numRows) => {
    const more = known.get(numRows) ?? expectedDepth(numRows);
    known.set(numRows, more);
    const share = usual === 0 ? 1 : (depth + more) / usual;
    return Math.round((-ln2 * share) / numTrees / unit) * unit;
  };
}

interface GatheredColumn extends DrawnColumn {
  readonly categories: readonly string[];
}

/** The drawn rows, column by column; categories by their places in the dictionary of all drawn rows. */
async function gather(
  drawn: PartitionedTable,
  features: readonly FeatureColumn[],
  options: {
    readonly zerosOf: (feature: FeatureColumn) => boolean;
    readonly numRows: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<GatheredColumn[]> {
  const { zerosOf, numRows, signal } = options;
  const texts: string[][][] = features.map(() => []);
  const codes: Int32Array[][] = features.map(() => []);
  const values = features.map(() => new Float64Array(numRows));
  let firstRow = 0;
  for await (const batch of drawn.batches({ signal })) {
    features.forEach((feature, f) => {
      const vector = columnOf(batch, feature.path);
      if (feature.kind === 'category') {
        const own = new Int32Array(batch.numRows);
        texts[f]?.push([...encodeCategories(vector, own, 0)]);
        codes[f]?.push(own);
        return;
      }
      const part = new Float64Array(batch.numRows);
      fillRounded(vector, part, 0, feature.name);
      if (zerosOf(feature)) zerosAsMissing(part);
      values[f]?.set(part, firstRow);
    });
    firstRow += batch.numRows;
  }
  return features.map(({ kind, name }, f) => {
    const own = values[f] as Float64Array;
    if (kind !== 'category') return { numCategories: -1, values: own, categories: [] };
    const lists = texts[f] as string[][];
    const parts = codes[f] as Int32Array[];
    const used = lists.map((list, i) => [...new Set(parts[i])].flatMap((code) => list[code] ?? []));
    const categories = mergeCategories(used, name);
    const places = new Map(categories.map((text, place) => [text, place]));
    let at = 0;
    parts.forEach((part, i) => {
      for (const code of part) {
        own[at++] = code < 0 ? Number.NaN : (places.get(lists[i]?.[code] as string) as number);
      }
    });
    return { numCategories: categories.length, values: own, categories };
  });
}
