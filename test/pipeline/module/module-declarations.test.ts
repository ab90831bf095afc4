/** The declarations of a module: what tsc accepts and refuses of its use. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createTable,
  GBTClassifier,
  GBTRegressor,
  IsolationForest,
  LogisticRegression,
  Pipeline,
  VectorAssembler,
} from '../../../src/index.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('module-types');
const at = <T>(make: (i: number) => T): T[] => Array.from({ length: 60 }, (_, i) => make(i));
const odd = 'a "name" */ of\u2028 its own';
const table = createTable({
  city: at((i) => (i % 2 ? 'Oslo' : 'Rome')),
  price: at((i) => i % 20),
  when: at((i) => new Date(1.6e12 + i * 1e8)),
  isNew: at((i) => i % 3 === 0),
  [odd]: at((i) => i % 5),
  sold: at((i) => (i % 7 > 3 ? "it's" : 'not')),
  margin: at((i) => i / 60),
} as never);
const small = { maxIter: 2, minInstancesPerNode: 2 };

const cases = {
  trees: new GBTClassifier({
    ...small,
    labelCol: 'sold',
    featuresCols: ['city', 'price', 'when', 'isNew', odd],
  }),
  numbers: new GBTRegressor({
    ...small,
    labelCol: 'price',
    featuresCols: [odd],
    offsetCol: 'margin',
  }),
  anomalies: new IsolationForest({ featuresCols: ['price'], numTrees: 3 }),
  pipeline: new Pipeline({
    stages: [
      new VectorAssembler({ inputCols: ['price', 'isNew'] }),
      new LogisticRegression({ labelCol: 'isNew', maxIter: 2 }),
    ],
  }),
};

/** Uses of the modules, each with whether it is right. */
const uses: [keyof typeof cases, boolean, string][] = [
  ['trees', true, `const p: "it's" | 'not' = predict({ city: 'Oslo', price: 3 }).prediction;`],
  ['trees', true, 'predict({ city: null, price: undefined, when: new Date(), isNew: true });'],
  ['trees', true, `predict({ when: 5n, ${JSON.stringify(odd)}: 1 }).probability.at(0)?.toFixed();`],
  ['trees', true, `predict(['Oslo', 3, null, false, 2]);`],
  ['trees', true, `const c: "it's" = classes[0]; const n: 'city' = columns[0];`],
  ['trees', false, 'predict({ city: 5 });'],
  ['trees', false, `predict({ price: '3' });`],
  ['trees', false, `predict({ City: 'Oslo' });`],
  ['trees', false, `predict(['Oslo']);`],
  ['trees', false, `const p: 'other' = predict({ price: 3 }).prediction;`],
  ['trees', false, 'predict({ price: 3 }).anomalyScore;'],
  ['trees', false, 'predict({ price: 3 }).prediction = "not";'],
  ['numbers', true, `predict({ ${JSON.stringify(odd)}: 3, margin: 0.5 }).prediction.toFixed();`],
  ['numbers', false, `predict({ ${JSON.stringify(odd)}: 3 });`],
  ['numbers', false, 'predict([3]);'],
  [
    'anomalies',
    true,
    'const { prediction, anomalyScore } = predict(Float64Array.of(3)); prediction === true && anomalyScore > 0;',
  ],
  ['anomalies', false, 'predict({ price: 3 }).prediction.toFixed();'],
  ['pipeline', true, 'const p: boolean = predict({ price: 3, isNew: false }).prediction;'],
  ['pipeline', false, 'predict([3, 4]);'],
];

const complaints = new Map<string, string>();

beforeAll(async () => {
  const fileOf = (i: number): string => join(folder, `use-${i}.mts`);
  mkdirSync(folder, { recursive: true });
  for (const [name, estimator] of Object.entries(cases)) {
    const model = await estimator.fit(table);
    writeFileSync(join(folder, `${name}.d.mts`), model.toModuleDeclarations());
    writeFileSync(join(folder, `${name}.mjs`), model.toModule());
  }
  uses.forEach(([name, , text], i) => {
    const given = `import { classes, columns, predict } from './${name}.mjs';\n`;
    writeFileSync(fileOf(i), `${given}void [classes, columns];\n${text}\n`);
  });
  const program = ts.createProgram(
    uses.map((_, i) => fileOf(i)),
    {
      ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, types: [] },
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    },
  );
  for (const found of ts.getPreEmitDiagnostics(program)) {
    const text = ts.flattenDiagnosticMessageText(found.messageText, '\n');
    complaints.set(found.file?.fileName ?? '', text);
  }
});

describe('the declarations of a module', () => {
  it.each(
    uses.map(([name, isRight, text], i) => [isRight ? 'accept' : 'refuse', name, text, i] as const),
  )('%s of %s: %s', (verdict, _name, _text, i) => {
    const found = complaints.get(join(folder, `use-${i}.mts`)) ?? '';
    if (verdict === 'accept') expect(found).toBe('');
    else expect(found).not.toBe('');
  });

  it('have no complaint of their own', () => {
    const own = [...complaints.keys()].filter((file) => !/use-\d+\.mts$/.test(file));
    expect(own).toEqual([]);
  });

  it('are written beside the module by coppice export', async () => {
    const model = await cases.trees.fit(table);
    const saved = join(folder, 'saved');
    await model.save(saved);
    const out = join(folder, 'sold.mjs');
    const words = ['export', '--model', saved, '--out', out, '--types', '--json'];
    expect((await runForTest(words)).json).toMatchObject({ types: join(folder, 'sold.d.mts') });
    expect(readFileSync(join(folder, 'sold.d.mts'), 'utf8')).toBe(model.toModuleDeclarations());
    const again = await runForTest(words);
    expect(again.exitCode).toBe(2);
    const onnx = ['export', '--model', saved, '--out', join(folder, 'sold.onnx'), '--types'];
    expect((await runForTest(onnx)).stderr).toContain('--types');
  });
});
