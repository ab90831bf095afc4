/** Models written as ONNX say in the ONNX Runtime what they say here: random models of every kind. */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { IsolationForest } from '../../../src/ensemble/isolation/isolation-forest.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import {
  fixedSizeListColumn,
  float64Column,
  utf8Column,
} from '../../../src/table/columns/make-column.ts';
import '../../../src/feature/worker-operators.ts';
import { predictionsOf } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { randomData } from '../../tools/random-data.ts';
import {
  columnNamed,
  cutTable,
  type SampleData,
  withSampleColumn,
} from '../../tools/sample-data.ts';
import { drawsOf, it, itDivided } from '../../tools/some-cases.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import {
  alikeByRow,
  boostedLabelsCases,
  type EstimatorCase,
  estimatorCases,
  recipes,
} from '../../training/random-estimators.ts';
import { hasOnnxRuntime, type NumberInput, runOnnx } from './onnx-runtime.ts';
import {
  compare,
  errorOf,
  inputsOf,
  missingText,
  otherData,
  probabilityError,
  type Written,
  writtenModel,
  writtenPipelines,
} from './written-models.ts';

const runs = hasOnnxRuntime();
const folder = temporaryFolder('onnx');

describe.runIf(runs)('a model written as ONNX', () => {
  for (const [name, cases] of [
    ...Object.entries(estimatorCases),
    ['GBTRegressor of several labels', boostedLabelsCases] as const,
  ]) {
    itDivided(`says the same in the ONNX Runtime: ${name}`, async () => {
      const written: (Written & { readonly found: EstimatorCase })[] = [];
      const some = fc.sample(fc.tuple(cases, recipes), { numRuns: drawsOf(8) });
      for (const [found, recipe] of some) {
        const model = await fitSample(alikeByRow(found, recipe), randomData(recipe));
        written.push({ found, ...(await writtenModel(model, otherData(recipe))) });
      }
      runOnnx(folder, written).forEach((outputs, i) => {
        const { found, wanted } = written[i] as (typeof written)[number];
        compare(outputs, wanted, errorOf(found), found.name === 'UpliftForest');
      });
    });
  }

  const recipe = {
    seed: 8,
    numRows: 3000,
    kinds: ['float32', 'integers', 'words', 'flags', 'many words'],
    missing: 0.1,
  } as const;
  const featuresCols = ['x0', 'x1', 'x2', 'x3', 'x4'];

  it('adds many trees of several values up without looking at all leaves at once', async () => {
    const options = { featuresCols, labelCol: 'k', numTrees: 200, maxDepth: 4 };
    const model = await fitSample({ name: 'RandomForestClassifier', options }, randomData(recipe));
    const written = await writtenModel(model, otherData(recipe));
    compare(runOnnx(folder, [written])[0] ?? {}, written.wanted);
  });

  it('chooses classes by thresholds, and says them in the type of the label', async () => {
    const found: Written[] = [];
    for (const [labelCol, thresholds] of [
      ['v', [0.9, 0.3]],
      ['v', [0.5, 0]],
      ['k', [0.2, 0.4, 0, 0.3]],
      ['b', undefined],
      ['s', undefined],
    ] as const) {
      const options = { featuresCols, labelCol, thresholds, numTrees: 5, maxDepth: 5 };
      const data = labelCol === 's' ? withHalves(randomData(recipe)) : randomData(recipe);
      const model = await fitSample({ name: 'RandomForestClassifier', options }, data);
      found.push(await writtenModel(model, otherData(recipe)));
    }
    const outputs = runOnnx(folder, found);
    outputs.forEach((one, i) => {
      compare(one, found[i]?.wanted ?? {});
    });
    const types = outputs.map(({ prediction }) => prediction?.type);
    expect(types).toEqual(['bool', 'bool', 'int64', 'string', 'float64']);
  });

  it('takes zeros for missing values where the model was told to', async () => {
    const options = { featuresCols, labelCol: 'y', zeroAsMissing: true, maxIter: 20 };
    const model = await fitSample({ name: 'GBTRegressor', options }, randomData(recipe));
    const data = otherData(recipe);
    expect(columnNamed(data, 'x1').cells).toContain(0);
    const written = await writtenModel(model, data);
    compare(runOnnx(folder, [written])[0] ?? {}, written.wanted);
  });

  it('takes a matrix of float32 or float64', async () => {
    const options = { featuresCols: ['x0', 'x3', 'x1'], labelCol: 'k', maxIter: 5 };
    const model = await fitSample({ name: 'GBTClassifier', options }, randomData(recipe));
    const data = otherData(recipe);
    const columns = inputsOf(model, data);
    const values = Float64Array.from(
      Array.from({ length: 120 }, (_, row) =>
        ['x0', 'x3', 'x1'].map((name) => (columns[name] as NumberInput).values[row] as number),
      ).flat(),
    );
    const wanted = await scoreSample(model, data);
    const cases = (['float', 'double'] as const).map((numberType) => ({
      bytes: model.toOnnx({ inputs: 'matrix', numberType }),
      inputs: {
        features: { width: 3, values, type: numberType === 'float' ? 'float32' : 'float64' },
      } as const,
    }));
    for (const outputs of runOnnx(folder, cases)) compare(outputs, wanted, () => 1e-14);
  });

  it('takes vectors, and the children of structs under their names', async () => {
    const data = randomData({ ...recipe, missing: 0 });
    const table = cutTable(new InlineRunner(), data);
    const assembled = await new VectorAssembler({
      inputCols: ['x0', 'x2'],
      outputCol: 'features',
    }).transform(table);
    const struct = await new GBTRegressor({ labelCol: 'y', maxIter: 5 }).fit(assembled);
    const { x0, x1, x2 } = Object.fromEntries(data.map((column) => [column.name, column.cells]));
    const pairs = Float64Array.from(
      [...(x0 ?? [])].flatMap((cell, row) => [cell, x1?.[row]]),
      Number,
    );
    const vectors = inlineTable({
      v: fixedSizeListColumn(pairs, 2),
      x2: utf8Column((x2 ?? []) as string[]),
      y: float64Column(Float64Array.from(columnNamed(data, 'y').cells, Number)),
    });
    const options = { featuresCols: ['x2', 'v'], labelCol: 'y', maxIter: 5 };
    const mixed = await new GBTRegressor(options).fit(vectors);
    const texts = (x2 ?? []).map(String);
    const [a, b] = runOnnx(folder, [
      {
        bytes: struct.toOnnx({ missingText }),
        inputs: { x0: { width: 1, values: Float64Array.from(x0 ?? [], Number) }, x2: texts },
      },
      {
        bytes: mixed.toOnnx({ missingText }),
        inputs: { v: { width: 2, values: pairs }, x2: texts },
      },
    ]);
    compare(a ?? {}, await predictionsOf(struct, assembled));
    compare(b ?? {}, await predictionsOf(mixed, vectors));
  });

  it('says the same behind the stages of a pipeline', async () => {
    const written = await writtenPipelines();
    runOnnx(folder, written).forEach((outputs, i) => {
      compare(outputs, written[i]?.wanted ?? {}, probabilityError);
    });
  });

  it('tells the same anomalies', async () => {
    const data = randomData(recipe);
    const table = cutTable(new InlineRunner(), data);
    const forest = new IsolationForest({ featuresCols, contamination: 0.1, numTrees: 50 });
    const model = await forest.fit(table);
    const wanted = await predictionsOf(model, table);
    const bytes = model.toOnnx({ missingText });
    const [found = {}] = runOnnx(folder, [{ bytes, inputs: inputsOf(model, data) }]);
    compare(found, wanted, (name) => (name === 'anomalyScore' ? 1e-14 : 0));
    expect(found['prediction']?.values.filter((value) => value === 1).length).toBe(300);
  });
});

/** A label of float64 that is a class: halves. */
function withHalves(data: SampleData): SampleData {
  const cells = columnNamed(data, 'k').cells.map((cell) => Number(cell) / 2);
  return withSampleColumn(data, { name: 's', type: 'float64', cells });
}
