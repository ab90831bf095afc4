/**
 * Do models that LightGBM and XGBoost saved predict here what they predicted there? The fixture holds the files and the
 * recorded predictions (fixtures/make-foreign-models.py).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  createTable,
  GBTClassificationModel,
  type ImportedModel,
  type ImportOptions,
  loadStage,
  type PartitionedTable,
  readLightGBMModel,
  readXGBoostModel,
  type ScorerRow,
  type TreeModel,
} from '../../src/index.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

type Cell = number | string | null;

interface SavedCase {
  readonly name: string;
  readonly library: 'LightGBM' | 'XGBoost';
  /** How the column colour was given: as text, as integer codes, or not at all. */
  readonly kind: 'text' | 'codes' | 'none';
  readonly text?: string;
  /** Deflated bytes. */
  readonly base64?: string;
  readonly best?: number;
  /** Scores row by row, one a class; none of averaged trees, of which LightGBM gives sums. */
  readonly raw?: readonly number[];
  /** Predictions row by row, where they are not the scores. */
  readonly predicted?: readonly number[];
  readonly contributions?: readonly number[];
  readonly refused?: string;
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/foreign-models.json', import.meta.url), 'utf8'),
) as {
  readonly rows: Readonly<Record<string, readonly Cell[]>>;
  readonly cases: readonly SavedCase[];
};
const folder = temporaryFolder('foreign-models');
const known = fixture.cases.filter(({ refused }) => refused === undefined);

function contentOf({ text, base64 }: SavedCase): string | Uint8Array {
  return text ?? new Uint8Array(inflateSync(Buffer.from(base64 ?? '', 'base64')));
}

async function read(saved: SavedCase, options: ImportOptions = {}): Promise<ImportedModel> {
  const reader = saved.library === 'LightGBM' ? readLightGBMModel : readXGBoostModel;
  return await reader(contentOf(saved), options);
}

/** The rows as the model saw them. */
function cellsOf({ kind, library }: SavedCase): Record<string, readonly Cell[]> {
  const { colour = [], code = [], ...numbers } = fixture.rows;
  if (kind === 'none') return numbers;
  if (kind === 'codes') return { ...numbers, colour: code };
  if (library === 'LightGBM') return { ...numbers, colour };
  // XGBoost refuses what was never seen, so the recorded rows have nothing there, and ASCII names
  const there = new Map<Cell, Cell>([['violet', null]]).set('grün', 'grey');
  return {
    ...numbers,
    colour: colour.map((name) => (there.has(name) ? (there.get(name) ?? null) : name)),
  };
}

function rowsOf(saved: SavedCase): ScorerRow[] {
  const cells = cellsOf(saved);
  return Array.from({ length: fixture.rows['size']?.length ?? 0 }, (_, row) =>
    Object.fromEntries(Object.entries(cells).map(([name, values]) => [name, values[row] ?? null])),
  );
}

function tableOf(saved: SavedCase, numPartitions = 1): PartitionedTable {
  return createTable(cellsOf(saved) as Record<string, (number | null)[]>, { numPartitions });
}

interface Scored {
  readonly scores: number[];
  readonly predictions: number[];
}

/** What transform gives, row by row. */
async function scoresOf(model: ImportedModel, table: PartitionedTable): Promise<Scored> {
  const rows = (await (await model.transform(table)).collect()).toArray();
  const list = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : [...(value as Iterable<number>)];
  if (model instanceof GBTClassificationModel) {
    const raw = rows.map((row) => list(row['rawPrediction']));
    const probability = rows.map((row) => list(row['probability']));
    const isPair = model.numClasses === 2;
    return {
      scores: raw.flatMap((scores) => (isPair ? scores.slice(1) : scores)),
      predictions: probability.flat(),
    };
  }
  const predictions = rows.flatMap((row) => list(row['prediction']));
  return { scores: predictions, predictions };
}

/** How far two numbers are apart, as a share of the larger (of 1 where both are smaller). */
function distance(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b));
}

function farthest(found: readonly number[], wanted: readonly number[]): number {
  expect(found.length).toBe(wanted.length);
  return found.reduce((most, value, i) => Math.max(most, distance(value, wanted[i] as number)), 0);
}

const inLogs = /poisson|gamma|tweedie|cross_entropy|counts|reg:logistic|cox|aft/;
/** Sums that are rounded in another order: a steepness, a difference of two scores. */
const nearly = /sigmoid|two classes/;

describe.each(known)('the model $name of $library', (saved) => {
  const roughly = saved.library === 'LightGBM' ? 4e-15 : 2e-6;

  it('predicts what it predicted there', async () => {
    const model = await read(saved);
    const { scores, predictions } = await scoresOf(model, tableOf(saved));
    if (saved.raw !== undefined && !inLogs.test(saved.name)) {
      let { raw } = saved;
      if (raw.length === 2 * scores.length && model instanceof GBTClassificationModel)
        raw = scores.map((_, i) => (raw[2 * i + 1] as number) - (raw[2 * i] as number));
      if (saved.name === 'sigmoid') raw = raw.map((score) => score * 0.7);
      if (saved.library === 'LightGBM' && !nearly.test(saved.name)) expect(scores).toEqual(raw);
      else expect(farthest(scores, raw)).toBeLessThan(roughly);
    }
    const { predicted } = saved;
    if (predicted === undefined || saved.name === 'margins') return;
    if (saved.name === 'hinge' || saved.name === 'softmax of two') {
      const rows = (await (await model.transform(tableOf(saved))).collect()).toArray();
      expect(rows.map((row) => row['prediction'])).toEqual(predicted);
    } else if (saved.name === 'one against all') {
      const shares = predicted.map((p, i) => {
        const first = i - (i % 3);
        return p / predicted.slice(first, first + 3).reduce((sum, one) => sum + one, 0);
      });
      expect(farthest(predictions, shares)).toBeLessThan(roughly);
    } else if (predicted.length < predictions.length) {
      const own = predictions.filter((_, i) => i % 2 === 1);
      expect(farthest(own, predicted)).toBeLessThan(roughly);
    } else if (saved.name === 'forest of numbers') {
      expect(predictions).toEqual(predicted);
    } else {
      expect(farthest(predictions, predicted)).toBeLessThan(roughly);
    }
  });

  it('scores single rows as tables, on any partitions, before and after saving', async () => {
    const model = await read(saved);
    const wanted = await scoresOf(model, tableOf(saved));
    expect(await scoresOf(model, tableOf(saved, 3))).toEqual(wanted);
    const score = await model.scorer<number | Float64Array>();
    // the first rows walk the trees as they lie, later ones in the layout of the kernels
    for (const round of [0, 1]) {
      const single = rowsOf(saved).map((row) => score(row));
      const found =
        model instanceof GBTClassificationModel
          ? single.flatMap(({ probability }) => [...probability])
          : single.flatMap(({ prediction }) =>
              typeof prediction === 'number' ? [prediction] : [...prediction],
            );
      expect(found, `round ${round}`).toEqual(wanted.predictions);
    }
    const path = join(folder, saved.library, saved.name);
    await model.save(path);
    const loaded = (await loadStage(path)) as ImportedModel;
    expect(loaded.className).toBe(model.className);
    expect(await scoresOf(loaded, tableOf(saved))).toEqual(wanted);
  });

  it('takes NaN for a missing category, as tables do', async () => {
    if (saved.kind !== 'codes') return;
    const score = await (await read(saved)).scorer();
    for (const row of rowsOf(saved)) {
      const cells = row as Record<string, number | null>;
      expect(score({ ...cells, colour: Number.NaN })).toEqual(score({ ...cells, colour: null }));
    }
  });

  it('explains its scores', async () => {
    const model: TreeModel = await read(saved);
    const table = await model.contributions(tableOf(saved));
    const rows = (await table.collect())
      .toArray()
      .map((row) => [...(row['contributions'] as number[])]);
    const width = model.numFeatures + 1;
    if (!inLogs.test(saved.name)) {
      const { scores } = await scoresOf(model as ImportedModel, tableOf(saved));
      const sums = rows.flatMap((row) =>
        Array.from({ length: row.length / width }, (_, k) =>
          row.slice(k * width, (k + 1) * width).reduce((sum, value) => sum + value, 0),
        ),
      );
      expect(farthest(sums, scores)).toBeLessThan(1e-12);
    }
    if (saved.contributions === undefined) return;
    const first = rows.slice(0, 8).flat();
    const near = saved.library === 'LightGBM' ? 1e-12 : 1e-5;
    expect(farthest(first, saved.contributions)).toBeLessThan(near);
  });
});

describe('models that have no counterpart', () => {
  it.each(fixture.cases.filter(({ refused }) => refused !== undefined))(
    '$name of $library is refused by name',
    async (saved) => {
      await expect(read(saved)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(saved.refused as string),
      });
    },
  );
});
