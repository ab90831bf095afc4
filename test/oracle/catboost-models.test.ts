/**
 * Do models that CatBoost saved predict here what they predicted there? The fixture holds the files and the recorded
 * predictions (fixtures/make-catboost-models.py).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  createTable,
  GBTClassificationModel,
  type ImportedModel,
  loadStage,
  readCatBoostModel,
  type ScorerRow,
} from '../../src/index.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

type Cell = number | string | null;

interface SavedCase {
  readonly name: string;
  readonly columns: readonly string[];
  /** Deflated bytes. */
  readonly base64: string;
  /** Scores row by row, one a class. */
  readonly raw?: readonly number[];
  /** Predictions or probabilities row by row, where they are not the scores. */
  readonly predicted?: readonly number[];
  readonly classes?: readonly (string | number | boolean)[];
  readonly refused?: string;
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/catboost-models.json', import.meta.url), 'utf8'),
) as {
  readonly rows: Readonly<Record<string, readonly Cell[]>>;
  readonly cases: readonly SavedCase[];
};
const folder = temporaryFolder('catboost-models');
const known = fixture.cases.filter(({ refused }) => refused === undefined);
/** What the column code holds, of which some models read nothing. */
const categories = { code: [3, 5, -11] };
const optionsOf = ({ columns }: SavedCase) => (columns.includes('code') ? { categories } : {});
const textOf = ({ base64 }: SavedCase): string =>
  inflateSync(Buffer.from(base64, 'base64')).toString();

/** JSON has no infinities. */
function cellsOf(name: string): Cell[] {
  const cells = fixture.rows[name] ?? [];
  const isNumber = cells.some((cell) => typeof cell === 'number');
  return cells.map((cell) => {
    if (!isNumber || typeof cell !== 'string') return cell;
    return cell === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  });
}

function rowsOf({ columns }: SavedCase): ScorerRow[] {
  const cells = columns.map((name) => [name, cellsOf(name)] as const);
  const count = fixture.rows['size']?.length ?? 0;
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(cells.map(([name, own]) => [name, own[row] ?? null])),
  );
}

function farthest(found: readonly number[], wanted: readonly number[]): number {
  expect(found.length).toBe(wanted.length);
  return found.reduce((most, value, i) => {
    const own = wanted[i] as number;
    return Math.max(most, Math.abs(value - own) / Math.max(1, Math.abs(own)));
  }, 0);
}

/** Probabilities of three classes, which add up to 1 here. */
function shares(values: readonly number[]): number[] {
  return values.map((p, i) => {
    const first = i - (i % 3);
    return p / values.slice(first, first + 3).reduce((sum, one) => sum + one, 0);
  });
}

/** Scores and predictions of a model, row by row. */
async function said(model: ImportedModel, saved: SavedCase) {
  const score = await model.scorer();
  const found = rowsOf(saved).map((row) => score(row));
  const list = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : [...(value as Float64Array)];
  if (!(model instanceof GBTClassificationModel)) {
    const predictions = found.flatMap(({ prediction }) => list(prediction));
    return { scores: predictions, predictions };
  }
  const isPair = model.numClasses === 2;
  return {
    scores: found.flatMap(({ rawPrediction }) => [...rawPrediction].slice(isPair ? 1 : 0)),
    predictions: found.flatMap(({ probability }) => [...probability]),
  };
}

describe.each(known)('the model $name of CatBoost', (saved) => {
  it('predicts what it predicted there', async () => {
    const model = await readCatBoostModel(textOf(saved), optionsOf(saved));
    const { scores, predictions } = await said(model, saved);
    let { raw = [] } = saved;
    if (raw.length === 2 * scores.length && model instanceof GBTClassificationModel)
      raw = scores.map((_, i) => (raw[2 * i + 1] as number) - (raw[2 * i] as number));
    const areLogs = /poisson|tweedie|shares/.test(saved.name);
    if (!areLogs) expect(farthest(scores, raw)).toBeLessThan(1e-14);
    if (saved.predicted !== undefined) {
      const wanted = saved.name === 'one against all' ? shares(saved.predicted) : saved.predicted;
      expect(farthest(predictions, wanted)).toBeLessThan(1e-14);
    }
    if (saved.classes !== undefined)
      expect((model as GBTClassificationModel).classes).toEqual(saved.classes);
  });

  it('scores tables as single rows, before and after saving, and tells its source', async () => {
    const model = await readCatBoostModel(textOf(saved), optionsOf(saved));
    expect(model.data.source).toBe('CatBoost 1.2.10');
    const wanted = await said(model, saved);
    const columns = Object.fromEntries(saved.columns.map((name) => [name, cellsOf(name)]));
    const table = createTable(columns as Record<string, (number | null)[]>);
    const path = join(folder, saved.name);
    await model.save(path);
    const loaded = (await loadStage(path)) as ImportedModel;
    expect(await said(loaded, saved)).toEqual(wanted);
    const rows = (await (await loaded.transform(table)).collect()).toArray();
    const found = rows.flatMap((row) => {
      const value: unknown = row['probability'] ?? row['prediction'];
      return typeof value === 'number' ? [value] : [...(value as Iterable<number>)];
    });
    expect(found).toEqual(wanted.predictions);
  });
});

describe('models of CatBoost that have no counterpart', () => {
  it.each(fixture.cases.filter(({ refused }) => refused !== undefined))(
    '$name is refused by name',
    async (saved) => {
      await expect(readCatBoostModel(textOf(saved))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(saved.refused as string),
      });
    },
  );

  it('are refused where they are damaged, or in the binary format', async () => {
    const whole = JSON.parse(textOf(known[0] as SavedCase)) as Record<string, unknown>;
    const [tree] = whole['oblivious_trees'] as Record<string, unknown>[];
    const malformed = { code: 'MODEL_FORMAT' };
    for (const change of [
      { scale_and_bias: [1] },
      { scale_and_bias: ['1', [0]] },
      { oblivious_trees: {} },
      { oblivious_trees: [{ ...tree, leaf_values: [1, 2] }] },
      { oblivious_trees: [{ ...tree, splits: [{ split_type: 'FloatFeature' }] }] },
      { features_info: {} },
    ]) {
      const text = JSON.stringify({ ...whole, ...change });
      await expect(readCatBoostModel(text)).rejects.toMatchObject(malformed);
    }
    await expect(readCatBoostModel('{"features_info": ')).rejects.toMatchObject(malformed);
    await expect(readCatBoostModel(Buffer.from('CBM1....'))).rejects.toThrow(/save it as JSON/);
  });
});

describe('coppice import', () => {
  it('knows a file of CatBoost by its first key', async () => {
    const saved = known.find(({ name }) => name === 'three classes') as SavedCase;
    const file = join(folder, 'model.json');
    writeFileSync(file, textOf(saved));
    const path = join(folder, 'imported');
    const done = await runForTest(['import', '--file', file, '--model', path, '--json']);
    expect(done.json).toMatchObject({ source: 'CatBoost 1.2.10', classes: saved.classes });
    const wanted = await said(await readCatBoostModel(file), saved);
    expect(await said((await loadStage(path)) as ImportedModel, saved)).toEqual(wanted);
  });
});
