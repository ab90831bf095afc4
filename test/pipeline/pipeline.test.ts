import type { Schema } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { Binarizer } from '../../src/feature/numbers/binarizer.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { defineParams } from '../../src/params/define-params.ts';
import { Estimator, type FitOptions } from '../../src/pipeline/estimator.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { registerStage } from '../../src/pipeline/stage-registry.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { type ToyModel, toyModel } from './toy-model.ts';

const watcherParams = defineParams('Watcher', {});

/** An estimator that remembers what it was given. */
class Watcher extends Estimator<ToyModel, typeof watcherParams.schema> {
  static readonly paramSchema = watcherParams;
  seen: { columns: string[]; validation: string[] | undefined }[] = [];

  constructor(options = {}) {
    super(watcherParams, options);
  }

  override async fit(table: PartitionedTable, options: FitOptions = {}): Promise<ToyModel> {
    this.seen.push({ columns: table.columns, validation: options.validation?.columns });
    return toyModel(1);
  }

  override transformSchema(schema: Schema): Schema {
    return schema;
  }
}

const table = inlineTable({ x: [1, 2, 3], word: ['a', 'b', 'a'] }, 2);
const indexer = new StringIndexer({ inputCol: 'word', outputCol: 'index' });
const root = temporaryFolder('pipeline');

describe('Pipeline', () => {
  it('sends the validation table through the same stages', async () => {
    const watcher = new Watcher();
    await new Pipeline({ stages: [indexer, watcher] }).fit(table, { validation: table });
    expect(watcher.seen).toEqual([
      { columns: ['x', 'word', 'index'], validation: ['x', 'word', 'index'] },
    ]);
  });

  it('fits nested pipelines, and loads them', async () => {
    const inner = new Pipeline({
      stages: [indexer, new Binarizer({ inputCol: 'x', outputCol: 'big', threshold: 1 })],
    });
    const model = await new Pipeline({
      stages: [inner, new VectorAssembler({ inputCols: ['index', 'big'] })],
    }).fit(table);
    const expected = [
      { index: 'a', big: 0 },
      { index: 'b', big: 1 },
      { index: 'a', big: 1 },
    ];
    expect(await valuesOf(await model.transform(table), 'features')).toEqual(expected);
    await model.save(`${root}/nested`);
    const loaded = (await loadStage(`${root}/nested`)) as typeof model;
    expect(await valuesOf(await loaded.transform(table), 'features')).toEqual(expected);
  });

  it('with transformers only reads nothing in fit', async () => {
    const model = await new Pipeline({
      stages: [new Binarizer({ inputCol: 'x', outputCol: 'big' })],
    }).fit(table);
    expect(await valuesOf(await model.transform(table), 'big')).toEqual([1, 1, 1]);
    expect(
      await valuesOf(await (await new Pipeline({ stages: [] }).fit(table)).transform(table), 'x'),
    ).toEqual([1, 2, 3]);
  });

  it('refuses what is no stage', () => {
    expect(() => new Pipeline({ stages: [indexer, {} as never] })).toThrow(
      'stages of Pipeline must be a list of estimators and transformers; got [an object of class StringIndexer, {}]',
    );
    expect(() => new Pipeline({} as never)).toThrow(
      'stages of Pipeline must be given: a list of estimators and transformers',
    );
  });

  it('refuses stages that make one column before anything is fitted', async () => {
    const data = inlineTable({ x: [1, 2, 3], y: ['a', 'b', 'a'] });
    const trees = new GBTClassifier({ featuresCols: ['x'], labelCol: 'y', maxIter: 1 });
    const phases: string[] = [];
    const fit = (...stages: (Estimator | Transformer)[]) =>
      new Pipeline({ stages }).fit(data, { onProgress: ({ phase }) => phases.push(phase) });
    await expect(fit(trees, trees)).rejects.toMatchObject({
      code: 'COLUMN_EXISTS',
      message: expect.stringMatching(/got "\w+" of GBTClassifier, which a stage before it makes/),
    });
    expect(phases).toEqual([]);
    const named = trees.copy({
      ...{ predictionCol: 'p2', probabilityCol: 'q2', rawPredictionCol: 'r2' },
    });
    const model = await fit(trees, named);
    expect((await model.transform(data)).columns).toContain('p2');
    // a column that the table brings may be one of yesterday's predictions
    const scored = inlineTable({ x: [1, 2, 3], y: ['a', 'b', 'a'], prediction: [1, 2, 3] });
    await new Pipeline({ stages: [trees] }).fit(scored);
  });

  it('does not change when the list that it was made of does', () => {
    const stages = [indexer];
    const pipeline = new Pipeline({ stages });
    stages.pop();
    expect(pipeline.stages).toEqual([indexer]);
  });
});

describe('registerStage', () => {
  it('refuses a second class of the same name', () => {
    class Other extends Watcher {}
    registerStage(Watcher);
    registerStage(Watcher);
    expect(() => registerStage(Other)).toThrow('two classes of stages are named Watcher');
  });
});
