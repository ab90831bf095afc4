/** What is written as PMML, read back and carried out by the words of the standard: no engine is needed. */
import { describe, expect, it } from 'vitest';
import {
  Bucketizer,
  createTable,
  FeatureHasher,
  GBTClassifier,
  GBTRegressor,
  IsolationForest,
  KMeans,
  LogisticRegression,
  type Model,
  Normalizer,
  Pipeline,
  RandomForestRegressor,
  StringIndexer,
  VectorAssembler,
} from '../../../src/index.ts';
import { errorOf } from '../../contract/error-of.ts';
import { readXml } from '../../tools/read-xml.ts';
import { comparePmml } from './pmml-rows.ts';
import { runDocument } from './run-document.ts';
import { chosen, chosenDocument, oddWords, randomDocuments } from './written-documents.ts';

const count = 80;
const at = <T>(make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const table = createTable({
  x: at((i) => (i * 7) % 13),
  word: at((i) => ['fig', 'pear', 'plum'][i % 3]),
  y: at((i) => ((i * 7) % 13) * 2 + (i % 3)),
  label: at((i) => ((i * 7) % 13 > 6 ? 'high' : 'low')),
  given: at((i) => i % 2),
  flagged: at((i) => (i % 3 === 0 ? 1 : 0)),
} as never);
const small = { maxIter: 2, maxLeaves: 3, minInstancesPerNode: 2 };
const numbers = { ...small, featuresCols: ['x'], labelCol: 'y' };

describe('what is written as PMML', () => {
  it('says the same: random models of every kind', async () => {
    for (const document of await randomDocuments(5))
      comparePmml(document, runDocument(document.text, document.rows));
  }, 60_000);

  it.each(chosen)('says the same: %s', async (name, make) => {
    const document = await chosenDocument(name, make());
    comparePmml(document, runDocument(document.text, document.rows));
  });

  it('names the fields, their types, the label and the outputs', async () => {
    const options = { ...small, featuresCols: ['x', 'word'], labelCol: 'label' };
    const model = await new GBTClassifier(options).fit(table);
    const text = await model.toPmml();
    const root = readXml(text);
    expect(root.attributes).toEqual({ xmlns: 'http://www.dmg.org/PMML-4_4', version: '4.4' });
    const [, dictionary, mining] = root.children;
    const fields = dictionary?.children.map(({ attributes }) => attributes);
    expect(fields).toContainEqual({ name: 'x', optype: 'continuous', dataType: 'double' });
    expect(fields?.at(-1)).toEqual({ name: 'label', optype: 'categorical', dataType: 'string' });
    expect(dictionary?.children.at(-1)?.children.map(({ attributes }) => attributes)).toEqual([
      { value: 'high' },
      { value: 'low' },
    ]);
    expect(mining?.tag).toBe('MiningModel');
    const names = [...text.matchAll(/<OutputField name="([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual([
      'rawPrediction(low)',
      ...['probability(high)', 'probability(low)', 'prediction'],
    ]);
    expect(await model.toPmml()).toBe(text);
  });

  it('gives thresholds back to the last bit', async () => {
    const estimator = new GBTRegressor({
      ...{ ...small, featuresCols: ['v'], labelCol: 'y', maxIter: 20, maxLeaves: 12 },
      minInstancesPerNode: 1,
    });
    const v = at((i) => (i % 2 === 0 ? i / 3 : 1e-310 * i));
    const model = await estimator.fit(createTable({ v, y: at((i) => i % 7) } as never));
    const { trees } = model;
    const own = [...trees.threshold].filter((_, node) => trees.leftChild[node] !== 0);
    expect(own.length).toBeGreaterThan(20);
    const text = await model.toPmml();
    const written = [...text.matchAll(/operator="lessOrEqual" value="([^"]*)"/g)].map(([, value]) =>
      Number(value),
    );
    expect(written.sort()).toEqual(own.sort());
  });

  it('lists categories in quotes, and one by one where a list cannot say them', async () => {
    const odd = at((i) => oddWords[i % oddWords.length]);
    // those with backslashes or quotes lie together, fewer than the others
    const y = odd.map((word = '', i) => (/[\\"]/.test(word) ? 9 : /['&]/.test(word) ? 4 : i % 2));
    const options = {
      ...{ ...small, featuresCols: ['odd'], labelCol: 'y' },
      ...{ maxOneHot: 0, minCategoryRows: 0, categorySmoothing: 0 },
    };
    const model = await new GBTRegressor(options).fit(createTable({ odd, y } as never));
    const text = await model.toPmml();
    expect(text.includes('<CompoundPredicate booleanOperator="or">')).toBe(true);
    const plain = oddWords.map((word) => word.replace(/["\\&<>\r]/g, '-'));
    const words = at((i) => plain[i % plain.length]);
    const other = await new GBTRegressor(options).fit(createTable({ odd: words, y } as never));
    const lists = await other.toPmml();
    expect(lists.includes('<CompoundPredicate')).toBe(false);
    expect(lists).toMatch(/<Array type="string" n="\d+">"[^"]+" "/);
  });

  const refused: readonly (readonly [string, () => Promise<Model>, string])[] = [
    [
      'linear leaves',
      async () => await new GBTRegressor({ ...numbers, linearLeaves: true }).fit(table),
      'linear leaves; write it as ONNX or a JavaScript module, or fit without linearLeaves',
    ],
    [
      'several quantiles',
      async () =>
        await new GBTRegressor({
          ...{ ...numbers, lossType: 'quantile', quantileAlphas: [0.1, 0.9] },
        } as never).fit(table),
      'a vector of them (quantileAlphas)',
    ],
    [
      'several labels',
      async () =>
        await new GBTClassifier({
          ...{ ...small, featuresCols: ['x'], labelCols: ['given', 'flagged'] },
        }).fit(table),
      'a vector of them (labelCols)',
    ],
    [
      'numbers of leaves',
      async () => await new GBTRegressor({ ...numbers, leafCol: 'leaf' }).fit(table),
      'a leafCol; leave it out: model.copy({ leafCol: undefined })',
    ],
    [
      'quantiles of a forest',
      async () =>
        await new RandomForestRegressor({
          ...{ featuresCols: ['x'], labelCol: 'y', numTrees: 2, quantilesCol: 'q' },
        }).fit(table),
      'a quantilesCol',
    ],
    [
      'planes',
      async () =>
        await new IsolationForest({
          ...{ featuresCols: ['x', 'y'], numTrees: 2, extensionLevel: 1 },
        }).fit(table),
      'splits by planes',
    ],
    [
      'lengths of another norm',
      async () =>
        await new Pipeline({
          stages: [
            new VectorAssembler({ inputCols: ['x', 'given'], outputCol: 'v' }),
            new Normalizer({ inputCol: 'v', outputCol: 'n', p: 3 }),
            new KMeans({ featuresCol: 'n', k: 2 }),
          ],
        }).fit(table),
      'a Normalizer of p 1, 2 or Infinity',
    ],
    [
      'a line of one class',
      async () =>
        await new LogisticRegression({ featuresCols: ['x'] }).fit(
          createTable({ x: [1, 2, 3], label: ['a', 'a', 'a'] }),
        ),
      'two classes or more',
    ],
    [
      'buckets of skipped rows',
      async () =>
        await new Pipeline({
          stages: [
            new Bucketizer({
              ...{ inputCol: 'x', outputCol: 'b', splits: [-1e9, 0, 1e9], handleInvalid: 'skip' },
            }),
            new GBTRegressor({ ...numbers, featuresCols: ['b'] }),
          ],
        }).fit(table),
      "Bucketizer with handleInvalid 'skip'",
    ],
    [
      'hashes',
      async () =>
        await new Pipeline({
          stages: [
            new FeatureHasher({ inputCols: ['word'], outputCol: 'h', numFeatures: 4 }),
            new GBTRegressor({ ...numbers, featuresCols: ['h'] }),
          ],
        }).fit(table),
      'a FeatureHasher',
    ],
    [
      'numbers as categories',
      async () =>
        await new Pipeline({
          stages: [
            new StringIndexer({ inputCol: 'x', outputCol: 'i' }),
            new GBTRegressor({ ...numbers, featuresCols: ['i'] }),
          ],
        }).fit(table),
      'numbers in x; make texts of them before the fit',
    ],
    [
      'skipped rows',
      async () =>
        await new Pipeline({
          stages: [
            new StringIndexer({ inputCol: 'word', outputCol: 'i', handleInvalid: 'skip' }),
            new GBTRegressor({ ...numbers, featuresCols: ['i'] }),
          ],
        }).fit(table),
      "StringIndexerModel with handleInvalid 'skip'",
    ],
    [
      'no model',
      async () =>
        await new Pipeline({ stages: [new VectorAssembler({ inputCols: ['x'] })] }).fit(table),
      'stages that predict nothing',
    ],
    [
      'what XML has no character for',
      async () =>
        await new GBTRegressor({
          ...{ ...small, featuresCols: ['bell'], labelCol: 'y', minCategoryRows: 0 },
        }).fit(
          createTable({
            bell: at((i) => (i % 2 === 0 ? '\u0007' : '\u0007\u0007')),
            y: at((i) => i % 2),
          } as never),
        ),
      'rename it before the fit',
    ],
  ];
  it.each(refused)('refuses by name: %s', async (_, fit, said) => {
    const model = await fit();
    const error = await errorOf(async () => await model.toPmml());
    expect([error.code, error.message]).toEqual(['UNSUPPORTED', expect.stringContaining(said)]);
  });

  it('refuses outputs that have the name of a field', async () => {
    const fitted = await new GBTRegressor(numbers).fit(table);
    const model = fitted.copy({ predictionCol: 'x' });
    const error = await errorOf(async () => await model.toPmml());
    expect([error.code, error.message]).toEqual([
      'COLUMN_EXISTS',
      expect.stringContaining('got x twice'),
    ]);
  });
});
