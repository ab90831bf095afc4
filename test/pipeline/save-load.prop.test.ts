/** Saved models with damage that the manifest does not show: whoever wrote it also mended the hashes. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../src/base/errors.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { OneHotEncoder } from '../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { Imputer } from '../../src/feature/numbers/imputer.ts';
import { StandardScaler } from '../../src/feature/numbers/standard-scaler.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { PipelineModel } from '../../src/pipeline/pipeline-model.ts';
import { inlineTable } from '../tools/inline-table.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';

const root = temporaryFolder('fuzz');

const table = inlineTable({
  word: ['a', 'b', 'é', 'a', 'b', null, 'a', 'b'],
  x: [1, null, 3, 4, 5, 6, 7, 8],
  y: [1, 1, 2, 5, 5, 6, 5, 9],
});

async function savedFiles(): Promise<Map<string, Buffer>> {
  const trees = { labelCol: 'y', featuresCols: ['index', 'x'], minInstancesPerNode: 1 };
  const pipeline = new Pipeline({
    stages: [
      new GBTRegressor({ ...trees, featuresCols: ['word', 'x'], maxIter: 3, predictionCol: 'p1' }),
      new StringIndexer({ inputCol: 'word', outputCol: 'index' }),
      new OneHotEncoder({ inputCol: 'word', outputCol: 'hot' }),
      new Imputer({ inputCol: 'x', outputCol: 'filled' }),
      new StandardScaler({ inputCols: ['filled', 'x'], outputCols: ['z', 'w'] }),
      new RandomForestClassifier({ ...trees, numTrees: 2, predictionCol: 'p2' }),
    ],
  });
  const path = join(root, 'model');
  await (await pipeline.fit(table)).save(path, { overwrite: true });
  const names = Object.keys(folderContent(path)).filter((name) => name !== 'MANIFEST.json');
  return new Map(names.map((name) => [name, readFileSync(join(path, name))]));
}

/** Writes the files with a manifest that fits them. */
function writeModel(path: string, files: ReadonlyMap<string, Buffer>): void {
  const entries = [...files].map(([name, bytes]) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path: name, size: bytes.byteLength, sha256 };
  });
  writeFileSync(join(path, 'MANIFEST.json'), JSON.stringify({ formatVersion: 1, files: entries }));
}

/** What load may say, and what transform may say of columns that were renamed in the files. */
const typedErrors = [
  ...['MODEL_FORMAT', 'MODEL_VERSION', 'MODEL_CLASS'],
  ...['COLUMN_NOT_FOUND', 'COLUMN_EXISTS', 'COLUMN_TYPE', 'SCHEMA_MISMATCH', 'CATEGORY_UNSEEN'],
];

interface Damage {
  readonly file: number;
  readonly at: number;
  readonly bytes: readonly number[];
  readonly removed: number | null;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  bytes: fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(...Buffer.from('{}[],":0123456789-eN')),
    ),
    { maxLength: 4 },
  ),
  // Mostly as many bytes as are put in, so that the files' structure survives.
  removed: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.nat({ max: 6 }) },
  ),
});

describe('a model whose files were changed together with their hashes', () => {
  it('loads, or is refused with a typed error, and pollutes nothing', async () => {
    const files = await savedFiles();
    const names = [...files.keys()].sort();
    const path = join(root, 'damaged');
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, at, bytes, removed }) => {
        const name = names[file % names.length] as string;
        const good = files.get(name) as Buffer;
        const place = at % good.byteLength;
        const bad = Buffer.concat([
          good.subarray(0, place),
          Buffer.from(bytes),
          good.subarray(place + (removed ?? bytes.length)),
        ]);
        rmSync(path, { recursive: true, force: true });
        writeModel(path, new Map(files).set(name, bad));
        try {
          const model = (await loadStage(path)) as PipelineModel;
          await (await model.transform(table)).collect();
        } catch (error) {
          refusals++;
          if (!isCoppiceError(error)) throw error;
          expect(typedErrors).toContain(error.code);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { seed: 7, numRuns: 300 },
    );
    expect(refusals).toBeGreaterThan(50);
  });

  it('is refused when a whole file is missing from files and manifest', async () => {
    const files = await savedFiles();
    expect(files.size).toBeGreaterThan(8);
    for (const name of files.keys()) {
      const path = join(root, 'without');
      rmSync(path, { recursive: true, force: true });
      writeModel(path, new Map([...files].filter(([other]) => other !== name)));
      await expect(loadStage(path)).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
    }
  });
});
