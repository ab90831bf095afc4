/**
 * Do models that Spark ML saved predict here what they predicted there? The fixtures hold the folders, rows and Spark's
 * columns, of two versions (fixtures/make-spark-models.py).
 */
import { join } from 'node:path';
import type { Vector } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import {
  createTable,
  loadStage,
  type Model,
  type PartitionedTable,
  type PipelineModel,
  readSparkModel,
  type ScorerRow,
  type TreeModel,
} from '../../src/index.ts';
import type { ColumnInput } from '../../src/table/columns/column-input.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import { type SavedFolder, sparkCases, writeSparkFolder } from '../tools/spark-folders.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

type Cell = number | string | null | readonly number[];

interface SavedCase extends SavedFolder {
  readonly refused?: string;
  readonly reads: readonly string[];
  readonly rows: Readonly<Record<string, readonly Cell[]>>;
  readonly gives: Readonly<Record<string, readonly Cell[]>>;
}

const folder = temporaryFolder('spark-models');
const versions = ['3.5.7', '4.3.0'];
const cases = versions.flatMap((version) =>
  sparkCases<SavedCase>(version).map((saved) => ({ ...withoutNegativeZero(saved), version })),
);

/** A Bucketizer of Spark puts −0 below an edge of 0, as Java orders them. */
function withoutNegativeZero(saved: SavedCase): SavedCase {
  if (saved.name !== 'buckets') return saved;
  const isKept = (saved.rows['x'] ?? []).map((x) => !Object.is(x, -0));
  const kept = (columns: SavedCase['rows']): SavedCase['rows'] =>
    Object.fromEntries(
      Object.entries(columns).map(([name, cells]) => [name, cells.filter((_, i) => isKept[i])]),
    );
  return { ...saved, rows: kept(saved.rows), gives: kept(saved.gives) };
}

const known = cases.filter(({ refused }) => refused === undefined);

function unpacked(saved: SavedCase & { readonly version: string }): string {
  const path = join(folder, saved.version, saved.name);
  writeSparkFolder(saved, path);
  return path;
}

/** JSON has no NaN. */
function numberOf(cell: Cell): Cell {
  return cell === 'NaN' ? Number.NaN : cell;
}

function columnOf(cells: readonly Cell[]): ColumnInput {
  const [first] = cells;
  if (!Array.isArray(first)) return cells.map(numberOf) as (number | null)[];
  return fixedSizeListColumn(Float64Array.from(cells.flat() as number[]), first.length);
}

function tableOf({ rows }: SavedCase, numPartitions = 1): PartitionedTable {
  const columns = Object.entries(rows).map(([name, cells]) => [name, columnOf(cells)] as const);
  return createTable(Object.fromEntries(columns), { numPartitions });
}

/** The columns that Spark adds, as plain values. */
async function given(
  { gives }: SavedCase,
  model: Model,
  table: PartitionedTable,
): Promise<Record<string, Cell[]>> {
  const scored = await (await model.transform(table)).collect();
  const plain = (value: unknown): Cell =>
    typeof value === 'object' && value !== null ? [...(value as Vector)] : (value as Cell);
  return Object.fromEntries(
    Object.keys(gives).map((name) => [
      name,
      Array.from(scored.getChild(name) ?? [], (value) => plain(value)),
    ]),
  );
}

/** Sums in another order, and exp. */
const nearly = /^(boosted|words-boosted|words-skip|logistic|linear|scaled)/;

function expectSame(saved: SavedCase, found: Record<string, Cell[]>): void {
  const { gives, name } = saved;
  const isBoostedClassifier = /^(boosted-(classes|thresholds)|words-boosted)$/.test(name);
  for (const [column, wanted] of Object.entries(gives)) {
    const factor = isBoostedClassifier && column === 'rawPrediction' ? 2 : 1;
    const own = wanted.map((cell) =>
      Array.isArray(cell) ? cell.map((value) => value * factor) : cell,
    );
    if (!nearly.test(name) || typeof own[0] === 'string') {
      expect(found[column], column).toEqual(own);
      continue;
    }
    const numbers = own.flat() as number[];
    const ours = (found[column] ?? []).flat() as number[];
    expect(ours.length, column).toBe(numbers.length);
    for (const [i, value] of ours.entries()) {
      const far = Math.abs(value - (numbers[i] as number));
      expect(far, `${column} ${i}`).toBeLessThan(
        4e-15 * Math.max(1, Math.abs(value), Math.abs(numbers[i] as number)),
      );
    }
  }
}

describe.each(known)('the model $name of Spark $version', (saved) => {
  it('predicts what it predicted there', async () => {
    const model = await readSparkModel(unpacked(saved));
    const found = await given(saved, model, tableOf(saved));
    expectSame(saved, found);
    expect(await given(saved, model, tableOf(saved, 3))).toEqual(found);
    const path = join(folder, 'ours', saved.version, saved.name);
    await model.save(path);
    const loaded = (await loadStage(path)) as Model;
    expect(loaded.className).toBe(model.className);
    expect(await given(saved, loaded, tableOf(saved))).toEqual(found);
  });

  it('scores single rows as tables', async () => {
    if (saved.name === 'words-skip') return;
    const model = (await readSparkModel(unpacked(saved))) as PipelineModel;
    const { prediction = [] } = await given(saved, model, tableOf(saved));
    const score = await model.scorer();
    prediction.forEach((wanted, row) => {
      const cells = saved.reads.map((name) => [name, numberOf(saved.rows[name]?.[row] ?? null)]);
      const [[name, value] = []] = cells;
      const isVector = name === 'features';
      const found = score((isVector ? value : Object.fromEntries(cells)) as ScorerRow);
      expect(found.prediction, `row ${row}`).toBe(wanted);
    });
  });
});

describe.each(versions)('models of Spark %s', (version) => {
  const named = (name: string): SavedCase & { readonly version: string } =>
    cases.find((one) => one.name === name && one.version === version) as (typeof cases)[0];

  it('are refused where a stage has no counterpart', async () => {
    const saved = named('no-counterpart');
    await expect(readSparkModel(unpacked(saved))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(saved.refused ?? '?'),
    });
  });

  it('explain what they say: shares of a tree, though its raw predictions are weights', async () => {
    const saved = named('tree-weighted');
    const model = (await readSparkModel(unpacked(saved))) as TreeModel;
    const table = await model.contributions(await model.transform(tableOf(saved)));
    const width = model.numFeatures + 1;
    for (const row of (await table.collect()).toArray()) {
      const parts = [...(row['contributions'] as number[])];
      const probability = [...(row['probability'] as number[])];
      probability.forEach((p, k) => {
        const sum = parts
          .slice(k * width, (k + 1) * width)
          .reduce((total, part) => total + part, 0);
        expect(sum).toBeCloseTo(p, 12);
      });
    }
  });

  it('take other names of columns and classes', async () => {
    const saved = named('tree-classes');
    const model = (await readSparkModel(unpacked(saved), {
      featuresCols: ['a', 'b', 'c'],
      classes: ['no', 'yes'],
      params: { predictionCol: 'answer' },
    })) as TreeModel;
    expect(model.featureNames).toEqual(['a', 'b', 'c']);
    const score = await model.scorer();
    const wanted = saved.gives['prediction'] ?? [];
    (saved.rows['features'] ?? []).forEach((cells, row) => {
      const [a, b, c] = cells as number[];
      expect(score({ a, b, c }).prediction).toBe(wanted[row] === 1 ? 'yes' : 'no');
    });
  });
});
