/**
 * Models that LightGBM and XGBoost train now, at random, on random rows: does what is read of them predict the same? Runs
 * where the benchmark's Python environment is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createTable,
  GBTClassificationModel,
  readLightGBMModel,
  readXGBoostModel,
} from '../../src/index.ts';
import { python } from '../bench/bench-home.ts';
import { suiteRuns } from '../tools/suite-runs.ts';

interface PeerModel {
  readonly library: 'LightGBM' | 'XGBoost';
  readonly name: string;
  readonly text?: string;
  readonly base64?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly columns: Record<string, (number | string | null)[]>;
  readonly raw: readonly number[];
  readonly predicted: readonly number[];
}

const script = fileURLToPath(new URL('./fixtures/peer-models.py', import.meta.url));
const missing = existsSync(python) ? null : 'there is no Python environment of the benchmark';
const runs = suiteRuns('peer-models', missing);
const seed = Number(process.env['COPPICE_PEER_SEED'] ?? 1);
const count = Number(process.env['COPPICE_PEER_MODELS'] ?? 16);

describe.runIf(runs)('models that are trained in Python now', () => {
  let models: readonly PeerModel[] = [];

  beforeAll(() => {
    const { status, stdout, stderr } = spawnSync(python, [script, String(seed), String(count)], {
      ...{ encoding: 'utf8', maxBuffer: 2 ** 30, timeout: 240_000 },
    });
    if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
    models = JSON.parse(stdout) as PeerModel[];
  }, 250_000);

  it.each(Array.from({ length: count }, (_, i) => i))(
    `model %i of seed ${seed} predicts all its rows as it did there`,
    async (i) => {
      const { library, text, base64, columns, raw, predicted, params } = models[i] as PeerModel;
      const isExact = library === 'LightGBM';
      const content = text ?? new Uint8Array(Buffer.from(base64 ?? '', 'base64'));
      const model = await (isExact ? readLightGBMModel : readXGBoostModel)(content);
      const table = createTable(columns as Record<string, number[]>);
      const rows = (await (await model.transform(table)).collect()).toArray();
      const isPair = model instanceof GBTClassificationModel && model.numClasses === 2;
      const vectors = (name: string): number[] =>
        rows.flatMap((row) => {
          const value = row[name] as number | Iterable<number>;
          const list = typeof value === 'number' ? [value] : [...value];
          return isPair ? list.slice(1) : list;
        });
      const isClassifier = model instanceof GBTClassificationModel;
      const scores = vectors(isClassifier ? 'rawPrediction' : 'prediction');
      const told = JSON.stringify(params);
      if (isExact) expect(scores, told).toEqual(raw);
      // float32 sums of the library: an error for each tree
      const reach = raw.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const near = isExact ? 4e-15 : model.numTrees * 2 ** -23 * reach;
      const farthest = (found: readonly number[], wanted: readonly number[]): number =>
        found.reduce((most, v, k) => Math.max(most, Math.abs(v - (wanted[k] as number))), 0);
      expect(scores.length, told).toBe(raw.length);
      expect(farthest(scores, raw), told).toBeLessThanOrEqual(near);
      if (isClassifier)
        expect(farthest(vectors('probability'), predicted), told).toBeLessThanOrEqual(near);
    },
  );
});
