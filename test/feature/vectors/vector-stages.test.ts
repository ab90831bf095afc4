import { Float32, type Struct } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { VarianceThresholdSelector } from '../../../src/feature/selection/variance-threshold-selector.ts';
import { Normalizer } from '../../../src/feature/vectors/normalizer.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { VectorSlicer } from '../../../src/feature/vectors/vector-slicer.ts';
import { fixedSizeListColumn } from '../../../src/table/columns/make-column.ts';
import { contentOf, inlineTable, valuesOf } from '../../tools/inline-table.ts';

const columns = {
  x: [3, -1, null, 0],
  word: ['a', null, 'b', 'a'],
  y: [4, 2.5, 1, 0],
  same: [7, 7, 7, 7],
};
const assembler = new VectorAssembler({ inputCols: ['x', 'word', 'y', 'same'] });
const structs = async (numPartitions = 2) =>
  await assembler.transform(inlineTable(columns, numPartitions));
const lists = inlineTable({
  v: fixedSizeListColumn(Float32Array.from([1, 2, 3, 4, 5, 6]), 3, Uint8Array.of(1, 0)),
});

describe('VectorSlicer', () => {
  it('takes children of a struct by position, then by name, with their types', async () => {
    const slicer = new VectorSlicer({ outputCol: 'part', indices: [3], names: ['word', 'x'] });
    const sliced = await slicer.transform(await structs());
    const type = sliced.schema.fields.at(-1)?.type as Struct;
    expect(type.children.map((child) => `${child.name}: ${child.type}`)).toEqual([
      'same: Float64',
      'word: Utf8',
      'x: Float64',
    ]);
    expect(await valuesOf(sliced, 'part')).toEqual([
      { same: 7, word: 'a', x: 3 },
      { same: 7, word: null, x: -1 },
      { same: 7, word: 'b', x: null },
      { same: 7, word: 'a', x: 0 },
    ]);
  });

  it('takes elements of vectors and leaves a missing vector missing', async () => {
    const slicer = new VectorSlicer({ inputCol: 'v', outputCol: 'part', indices: [2, 0] });
    const sliced = await slicer.transform(lists);
    const field = sliced.schema.fields.at(-1);
    expect(field?.type.children[0].type).toEqual(new Float32());
    expect((await valuesOf(sliced, 'part')).map((row) => row && [...(row as number[])])).toEqual([
      [3, 1],
      null,
    ]);
  });

  it('says which part is not there', async () => {
    const table = await structs();
    const slice = (options: object, given = table) =>
      new VectorSlicer({ outputCol: 'part', ...options }).transform(given);
    await expect(slice({ indices: [4] })).rejects.toThrow(
      'indices of VectorSlicer must be positions below 4, the number of parts of column features; got 4',
    );
    await expect(slice({ names: ['words'] })).rejects.toThrow('did you mean word?');
    await expect(slice({ inputCol: 'v', names: ['f0'] }, lists)).rejects.toThrow(
      'whose parts have no names: use indices',
    );
    await expect(slice({ indices: [0], names: ['x'] })).rejects.toThrow(
      'names of VectorSlicer must be different from the indices; got "x"',
    );
    await expect(slice({ inputCol: 'x', indices: [0] })).rejects.toThrow('a struct, or a list');
    expect(() => new VectorSlicer({ outputCol: 'part' })).toThrow(
      'indices of VectorSlicer must have a position',
    );
  });
});

describe('Normalizer', () => {
  it('brings rows to length 1 and passes text, missing parts and rows of zeros', async () => {
    const table = await new VectorAssembler({ inputCols: ['x', 'word', 'y'] }).transform(
      inlineTable(columns, 3),
    );
    const unit = await new Normalizer({ inputCol: 'features', outputCol: 'unit' }).transform(table);
    const length = Math.sqrt(1 + 2.5 * 2.5);
    const near = (value: number): unknown => expect.closeTo(value, 15);
    expect(await valuesOf(unit, 'unit')).toEqual([
      { x: 0.6, word: 'a', y: 0.8 },
      { x: near(-1 / length), word: null, y: near(2.5 / length) },
      { x: Number.NaN, word: 'b', y: 1 },
      { x: 0, word: 'a', y: 0 },
    ]);
  });

  it('does not overflow and takes vectors only', async () => {
    const vector = fixedSizeListColumn(Float64Array.from([3e300, 4e300]), 2);
    const normalizer = new Normalizer({ inputCol: 'v', outputCol: 'unit' });
    const [row] = await valuesOf(await normalizer.transform(inlineTable({ v: vector })), 'unit');
    expect([...(row as number[])]).toEqual([0.6, 0.8]);
    await expect(normalizer.transform(inlineTable({ v: [1] }))).rejects.toThrow(
      'column v, an input of Normalizer, must be a struct or a vector of numbers; got double',
    );
  });
});

describe('VarianceThresholdSelector', () => {
  it('keeps what varies, and text', async () => {
    const selector = new VarianceThresholdSelector({ outputCol: 'kept' });
    const table = await structs();
    const model = await selector.fit(table);
    expect(model.selectedFeatures).toEqual([0, 1, 2]);
    expect((await contentOf(await model.transform(table)))['kept']?.[1]).toEqual({
      x: -1,
      word: null,
      y: 2.5,
    });
    // the variances of x and y are 13/3 and 3.0625
    const strict = await selector.copy({ varianceThreshold: 4 }).fit(table);
    expect(strict.selectedFeatures).toEqual([0, 1]);
  });

  it('finds its features by name where a struct has them in another order', async () => {
    const model = await new VarianceThresholdSelector({ outputCol: 'kept' }).fit(await structs());
    const turned = new VectorAssembler({ inputCols: ['same', 'y', 'word', 'x'] });
    const table = await turned.transform(inlineTable(columns));
    expect((await valuesOf(await model.transform(table), 'kept'))[0]).toEqual({
      x: 3,
      word: 'a',
      y: 4,
    });
  });

  it('refuses to keep nothing', async () => {
    const vector = fixedSizeListColumn(Float64Array.from([3, 4, 3, 4]), 2);
    const selector = new VarianceThresholdSelector({ featuresCol: 'v', outputCol: 'kept' });
    await expect(selector.fit(inlineTable({ v: vector }))).rejects.toThrow(
      'must have a feature of a variance above 0; got none: lower varianceThreshold',
    );
  });
});
