import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { RandomForestClassifier } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import {
  SparseProjector,
  type SparseProjectorOptions,
} from '../../../src/feature/vectors/sparse-projector.ts';
import { SparseProjectorModel } from '../../../src/feature/vectors/sparse-projector-model.ts';
import { VectorSlicer } from '../../../src/feature/vectors/vector-slicer.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { fixedSizeListColumn } from '../../../src/table/columns/make-column.ts';
import { errorOf } from '../../contract/error-of.ts';
import { inlineTable, valuesOf } from '../../tools/inline-table.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('sparse-projector');
const columns = {
  a: [1, 2, null, 8, 5],
  word: ['x', 'y', 'x', null, 'y'],
  b: Int32Array.of(3, -1, 4, 1, 5),
  c: Float32Array.of(0.5, Number.NaN, 0.25, 2, 3),
  same: [7, 7, 7, 7, 7],
};
const inputCols = ['a', 'word', 'b', 'c', 'same'];
const fitted = async (options: Partial<SparseProjectorOptions> = {}, numPartitions = 1) =>
  await new SparseProjector({ inputCols, ...options }).fit(inlineTable(columns, numPartitions));

describe('SparseProjector', () => {
  it('adds the sums that its model tells, missing where a part is, whatever the data and partitions', async () => {
    const cell = fc.option(fc.double({ min: -1e6, max: 1e6, noDefaultInfinity: true }), {
      nil: null,
    });
    const rows = fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 3, maxLength: 12 });
    const kinds = fc.record({
      numProjections: fc.integer({ min: 1, max: 12 }),
      featuresPerProjection: fc.integer({ min: 2, max: 5 }),
      weights: fc.constantFrom('binary', 'continuous'),
      normalization: fc.constantFrom('standardDeviation', 'minMax', 'none'),
      seed: fc.integer({ min: 0, max: 1e6 }),
    }) as fc.Arbitrary<Partial<SparseProjectorOptions>>;
    let told = 0;
    await fc.assert(
      fc.asyncProperty(rows, kinds, fc.integer({ min: 1, max: 4 }), async (data, kind, parts) => {
        const given = Object.fromEntries(
          ['p', 'q', 'r', 's'].map((name, at) => [name, data.map((row) => row[at] ?? null)]),
        );
        const projector = new SparseProjector({ inputCols: ['p', 'q', 'r', 's'], ...kind });
        const error = await errorOf(() => projector.fit(inlineTable(given))).catch(() => null);
        if (error !== null) {
          expect(['DATA_INVALID', 'DATA_EMPTY']).toContain(error.code);
          return;
        }
        const model = await projector.fit(inlineTable(given));
        const table = inlineTable(given, parts);
        expect((await projector.fit(table)).projections).toEqual(model.projections);
        const found = await valuesOf(await model.transform(table), 'features');
        found.forEach((cells, row) => {
          model.projections.forEach(({ features, weights }, index) => {
            let sum = 0;
            features.forEach((name, at) => {
              sum += (given[name]?.[row] ?? Number.NaN) * (weights[at] as number);
            });
            const value = (cells as Record<string, number>)[`projection${index}`] as number;
            expect(value + 0).toBe(sum + 0);
            told += Number.isNaN(sum) ? 0 : 1;
          });
        });
      }),
      { numRuns: 60 },
    );
    expect(told).toBeGreaterThan(100);
  });

  it('keeps what cannot be summed up beside the sums, and draws no column that never varies', async () => {
    const model = await fitted({ normalization: 'none', numProjections: 40 }, 2);
    expect(model.projections.flatMap(({ features }) => features)).not.toContain('same');
    const [first] = await valuesOf(await model.transform(inlineTable(columns)), 'features');
    expect(Object.keys(first as object).slice(0, 6)).toEqual([...inputCols, 'projection0']);
    expect((first as Record<string, unknown>)['word']).toBe('x');
    const alone = await fitted({ keepInputs: false, numProjections: 2 });
    const [sums] = await valuesOf(await alone.transform(inlineTable(columns)), 'features');
    expect(Object.keys(sums as object)).toEqual(['projection0', 'projection1']);
  });

  it('draws no sum twice, and all there are where more are asked for', async () => {
    const model = await fitted({ normalization: 'none', numProjections: 40 });
    // three columns that vary: a sum and a difference of each pair
    const texts = model.projections.map(({ features, weights }) => `${features} ${weights}`);
    expect(new Set(texts).size).toBe(6);
    expect(texts).toHaveLength(6);
    expect(texts).toContain('a,c 1,-1');
    const other = await fitted({ weights: 'continuous', numProjections: 40 });
    expect(new Set(other.projections.map(({ weights }) => String(weights))).size).toBe(40);
  });

  it('divides by the deviation or the range, and draws the same by the same seed', async () => {
    const [plain, scaled, ranged] = await Promise.all(
      (['none', 'standardDeviation', 'minMax'] as const).map((normalization) =>
        fitted({ normalization, seed: 4 }),
      ),
    );
    const variance = [1, 2, 8, 5].reduce((sum, x) => sum + (x - 4) ** 2, 0) / 3;
    plain?.projections.forEach(({ features, weights }, index) => {
      expect(scaled?.projections[index]?.features).toEqual(features);
      const at = features.indexOf('a');
      if (at < 0) return;
      const sign = weights[at] as number;
      expect(scaled?.projections[index]?.weights[at]).toBe(sign * (1 / Math.sqrt(variance)));
      expect(ranged?.projections[index]?.weights[at]).toBe(sign * (1 / 7));
    });
    const again = await fitted({ seed: 5 });
    expect(again.projections).not.toEqual(scaled?.projections);
  });

  it('reads vectors and structs, and is saved with their parts', async () => {
    const table = inlineTable({
      v: fixedSizeListColumn(Float64Array.of(1, 2, 3, 6, 5, 4), 3),
      x: [1, 3],
    });
    const one = await new SparseProjector({ inputCols: ['v', 'x'], outputCol: 'one' }).fit(table);
    expect(new Set(one.projections.flatMap(({ features }) => features))).toEqual(
      new Set(['v_0', 'v_1', 'v_2', 'x']),
    );
    const next = await one.transform(table);
    const two = await new SparseProjector({ inputCols: ['one'], outputCol: 'two' }).fit(next);
    await two.save(`${folder}/two`);
    const loaded = await SparseProjectorModel.load(`${folder}/two`);
    expect(loaded.projections).toEqual(two.projections);
    const found = await valuesOf(await loaded.transform(next), 'two');
    expect(found).toEqual(await valuesOf(await two.transform(next), 'two'));
    expect(Object.keys(found[0] as object)[0]).toBe('one.v_0');
  });

  it('gives one sum to whoever reads one', async () => {
    const model = await fitted();
    const slicer = new VectorSlicer({ outputCol: 'some', names: ['projection1', 'b'] });
    const all = await valuesOf(await model.transform(inlineTable(columns)), 'features');
    const some = await valuesOf(
      (await slicer.transform(await model.transform(inlineTable(columns, 2)))).select('some'),
      'some',
    );
    expect(some).toEqual(
      all.map((cells) => {
        const { projection1, b } = cells as Record<string, unknown>;
        return { projection1, b };
      }),
    );
  });

  it('refuses sums of a partition that would take more than a gibibyte', async () => {
    const numRows = 2 ** 17 + 1;
    const ids = Float64Array.from({ length: numRows }, (_, i) => i);
    const table = inlineTable({ x: ids, y: ids.map((i) => (i * 37) % 101) });
    const projector = new SparseProjector({
      ...{ inputCols: ['x', 'y'], weights: 'continuous', numProjections: 1024 },
    });
    const model = await projector.fit(table.limit(100));
    const made = await model.transform(table);
    const error = await errorOf(async () => await made.collect());
    expect([error.code, error.message]).toEqual([
      'MEMORY_LIMIT',
      'the sums of one partition of SparseProjector must fit 1073741824 bytes; got 1073750016 for 131073 rows and 1024 sums; give fewer numProjections, or smaller partitions by table.repartition',
    ]);
  });

  it('refuses what it cannot project, with the remedy', async () => {
    const table = inlineTable({
      ...columns,
      projection3: [1, 2, 3, 4, 5],
      far: [1, 2, 3, 4, 1 / 0],
    });
    const fit = (own: readonly string[], more: Partial<SparseProjectorOptions> = {}) =>
      errorOf(() => new SparseProjector({ inputCols: own, ...more }).fit(table));
    const few = await fit(['a', 'word']);
    expect([few.code, few.message]).toEqual([
      'COLUMN_TYPE',
      'inputCols of SparseProjector must have at least two columns or parts of integers, floats or decimals; got a, double; word, string',
    ]);
    const constant = await fit(['a', 'same']);
    expect([constant.code, constant.message]).toEqual([
      'DATA_INVALID',
      'columns given to SparseProjector must be at least two of numbers that vary; got a alone: leave the stage out, or give it more inputCols',
    ]);
    const twice = await fit(['a', 'b', 'projection3']);
    expect([twice.code, twice.message]).toEqual([
      'COLUMN_EXISTS',
      'outputCol of SparseProjector must have parts of different names, projection0 and so on beside the inputs; got "projection3" twice: rename the column',
    ]);
    for (const normalization of ['standardDeviation', 'minMax', 'none'] as const) {
      expect((await fit(['a', 'far'], { normalization })).code).toBe('DATA_INVALID');
    }
  });
});

describe('splits of sums', () => {
  const ids = Array.from({ length: 600 }, (_, i) => i);
  const x = ids.map((i) => ((i * 37) % 101) / 101);
  const y = ids.map((i) => ((i * 61) % 97) / 97);
  const tilted = inlineTable({ x, y, label: ids.map((i) => Number((x[i] ?? 0) > (y[i] ?? 0))) });

  it('follow a tilted border in far fewer leaves', async () => {
    const leaves = async (featuresCol: string, table: typeof tilted) => {
      const tree = new DecisionTreeClassifier({ featuresCol, maxDepth: 20 });
      return ((await tree.fit(table)).totalNumNodes + 1) / 2;
    };
    const both = ['x', 'y'];
    const projector = new SparseProjector({ inputCols: both, normalization: 'none' });
    const projected = await (await projector.fit(tilted)).transform(tilted);
    const along = await new DecisionTreeClassifier({ featuresCols: both, maxDepth: 20 }).fit(
      tilted,
    );
    expect(await leaves('features', projected)).toBe(2);
    expect((along.totalNumNodes + 1) / 2).toBeGreaterThan(20);
  });

  it('tell importances and scores of rows by names', async () => {
    const model = await new Pipeline({
      stages: [
        new SparseProjector({ inputCols: ['x', 'y'] }),
        new RandomForestClassifier({ numTrees: 5, seed: 1 }),
      ],
    }).fit(tilted);
    const score = await model.scorer();
    expect(score({ x: 0.9, y: 0.1 }).prediction).toBe(1);
    expect(score({ x: 0.1, y: 0.9 }).prediction).toBe(0);
  });
});
