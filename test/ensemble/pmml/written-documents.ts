/** Models that were written as PMML, the rows they are asked about, and what transform says of these. */
import fc from 'fast-check';
import {
  Binarizer,
  Bucketizer,
  createTable,
  type Estimator,
  GBTClassifier,
  GBTRegressor,
  Imputer,
  IsolationForest,
  KMeans,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  MinMaxScaler,
  type Model,
  Normalizer,
  OneHotEncoder,
  Pipeline,
  type PredictionColumns,
  QuantileDiscretizer,
  RandomForestClassifier,
  SparseProjector,
  StandardScaler,
  StringIndexer,
  TargetEncoder,
  VectorAssembler,
  VectorSlicer,
} from '../../../src/index.ts';
import { columnsOf } from '../../tools/fitted-bytes.ts';
import { randomData, randomNumbers } from '../../tools/random-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import { alikeByRow, estimatorCases, recipes } from '../../training/random-estimators.ts';
import { errorOf, otherData } from '../onnx/written-models.ts';
import { type PmmlRows, pmmlOutputs, pmmlRows, rowsOf } from './pmml-rows.ts';

/** A model as a document. */
export interface WrittenDocument {
  readonly name: string;
  readonly text: string;
  readonly rows: PmmlRows;
  /** By output field, row by row. */
  readonly wanted: Readonly<Record<string, readonly unknown[]>>;
  /** How far an output may be off. */
  readonly error: (output: string) => number;
}

type Cells = Readonly<Record<string, readonly (number | string | boolean | null)[]>>;

/** Random models of every kind that can be written. @param numRuns of each */
export async function randomDocuments(numRuns: number, seed?: number): Promise<WrittenDocument[]> {
  const found: WrittenDocument[] = [];
  for (const [name, cases] of Object.entries(estimatorCases)) {
    const settings = seed === undefined ? { numRuns } : { numRuns, seed };
    for (const [one, recipe] of fc.sample(fc.tuple(cases, recipes), settings)) {
      const { linearLeaves, quantileAlphas, labelCols, treatments } = one.options;
      if ((linearLeaves ?? false) !== false || quantileAlphas !== undefined) continue;
      if (labelCols !== undefined || treatments !== undefined) continue;
      const model = await fitSample(alikeByRow(one, recipe), randomData(recipe));
      const data = otherData(recipe);
      const said = errorOf(one);
      found.push({
        ...{ name: `${name} ${JSON.stringify(one.options)}`, text: await model.toPmml() },
        ...{ rows: pmmlRows(model, data) },
        wanted: pmmlOutputs(model.classes, await scoreSample(model, data)),
        // the mean of shares is no share of their sum
        error: (output) => (output === 'probability' ? 1e-14 : said(output)),
      });
    }
  }
  return found;
}

const count = 240;
const random = randomNumbers(5);
const at = <T>(make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
/** Words that a list, an attribute or a document might take for something else. */
export const oddWords = [
  ...[
    '',
    ' ',
    'a "b"',
    "it's",
    'c\\',
    '\\"',
    'tab\there',
    'line\nbreak\r',
    '<&>',
    ']]>',
    '-- 🙂',
    'null',
  ],
];
const columns = {
  x: at((i) => (i % 7 === 0 ? null : Math.cos(i) * 4)),
  z: at((i) => [-0, 0, 1, null, 5e-324, -1e300][i % 6] as number | null),
  far: at(
    (i) =>
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, Number.MAX_VALUE][i % 4] as number,
  ),
  'a "name" <&>': at(() => random()),
  odd: at((i) =>
    i % 11 === 0 ? null : (oddWords[Math.floor(random() * oddWords.length)] as string),
  ),
  word: at((i) =>
    i % 9 === 0 ? null : (['fig', 'pear', 'plum'][Math.floor(random() * 3)] as string),
  ),
  flag: at((i) => (i % 13 === 0 ? null : random() < 0.4)),
};
const score = at((i) => {
  const { x, z, odd, word, flag, far } = columns;
  const of = (text: string | null): number => (text === null ? 0.4 : (text.length * 7) % 5);
  const own = (x[i] ?? 2) + ((z[i] ?? 1) > 0 ? 1 : 0) + of(odd[i] ?? null) + of(word[i] ?? null);
  return own + (flag[i] === true ? 2 : 0) + ((far[i] as number) > 1 ? 1 : 0) + random();
});
const labels = {
  y: score,
  two: score.map((value) => (value > 6 ? 'yes & no' : 'no "one"')),
  flagged: score.map((value) => value > 5),
  three: score.map((value) => Math.min(2, Math.max(0, Math.floor(value / 3) - 1))),
  halves: score.map((value) => Math.min(2, Math.max(0, Math.floor(value / 3) - 1)) / 2),
  alike: at((i) => (i % 2 === 0 ? 'a' : 'b')),
  one: at(() => 'only'),
};
const margins = { margin: at((i) => (i % 5) / 4 - 0.3) };
const table = createTable({ ...columns, ...labels, ...margins } as never);
const asked: Cells = {
  ...Object.fromEntries(
    Object.entries(columns).map(([name, cells]) => [name, [...cells].reverse()]),
  ),
  odd: columns.odd.map((word, i) => (i % 4 === 0 ? `new ${word}` : word)),
  word: columns.word.map((word, i) => (i % 4 === 1 ? 'kiwi' : word)),
  ...margins,
};
const askedTable = createTable(asked as never);
const featuresCols = Object.keys(columns);
const small = {
  ...{ maxIter: 12, maxLeaves: 6, minInstancesPerNode: 3 },
  ...{ minCategoryRows: 0, categorySmoothing: 0 },
};

const keep = { handleInvalid: 'keep' } as const;
const line = { featuresCols: ['fx', 'bz', 'o', 'to', 'a "name" <&>'] };

type Fits = { fit(given: typeof table): Promise<Model> };

/** Pipelines, and models of odd names, categories, numbers and labels. */
export const chosen: readonly (readonly [string, () => Fits])[] = [
  ['odd names and categories', () => new GBTRegressor({ ...small, featuresCols, labelCol: 'y' })],
  ['odd classes', () => new GBTClassifier({ ...small, featuresCols, labelCol: 'two' })],
  [
    'an odd forest',
    () => new RandomForestClassifier({ featuresCols, labelCol: 'two', numTrees: 4 }),
  ],
  ['true and false', () => new GBTClassifier({ ...small, featuresCols, labelCol: 'flagged' })],
  ['three classes', () => new GBTClassifier({ ...small, featuresCols, labelCol: 'three' })],
  ['halves', () => new RandomForestClassifier({ featuresCols, labelCol: 'halves', numTrees: 3 })],
  ['one class', () => new GBTClassifier({ ...small, featuresCols: ['x'], labelCol: 'one' })],
  [
    'a tie',
    () => new GBTClassifier({ ...small, featuresCols: ['z'], labelCol: 'alike', minInfoGain: 1e9 }),
  ],
  [
    'thresholds',
    () => new GBTClassifier({ ...small, featuresCols, labelCol: 'two', thresholds: [0.8, 0.3] }),
  ],
  [
    'thresholds of three',
    () =>
      new RandomForestClassifier({
        featuresCols,
        labelCol: 'three',
        numTrees: 5,
        thresholds: [0.2, 0.6, 0.4],
      }),
  ],
  [
    'a threshold of zero',
    () =>
      new GBTClassifier({ ...small, featuresCols, labelCol: 'three', thresholds: [0.2, 0, 0.4] }),
  ],
  [
    'one against all',
    () => new GBTClassifier({ ...small, featuresCols, labelCol: 'three', lossType: 'oneVsAll' }),
  ],
  [
    'zeros that are missing',
    () => new GBTRegressor({ ...small, featuresCols, labelCol: 'y', zeroAsMissing: true }),
  ],
  [
    'an offset',
    () => new GBTRegressor({ ...small, featuresCols, labelCol: 'y', offsetCol: 'margin' }),
  ],
  [
    'an offset of classes',
    () => new GBTClassifier({ ...small, featuresCols, labelCol: 'two', offsetCol: 'margin' }),
  ],
  ['anomalies', () => new IsolationForest({ featuresCols, numTrees: 20, contamination: 0.1 })],
  [
    'a pipeline of kept categories',
    () =>
      new Pipeline({
        stages: [
          new StringIndexer({
            ...{ inputCols: ['odd', 'word', 'flag'], outputCols: ['i', 'j', 'k'] },
            ...{ handleInvalid: 'keep', missingAsUnknown: true },
          }),
          new Imputer({ inputCols: ['x', 'z'], outputCols: ['fx', 'fz'], missingValue: 0 }),
          new VectorAssembler({ inputCols: ['i', 'fx', 'j', 'fz', 'k'] }),
          new GBTClassifier({ ...small, labelCol: 'two' }),
        ],
      }),
  ],
  [
    'a pipeline of zeros and ones',
    () =>
      new Pipeline({
        stages: [
          new StringIndexer({
            ...{ inputCols: ['odd', 'word'], outputCols: ['i', 'j'], handleInvalid: 'keep' },
          }),
          new OneHotEncoder({
            inputCols: ['i', 'j', 'flag'],
            outputCols: ['oi', 'oj', 'of'],
            handleInvalid: 'keep',
            dropLast: false,
          }),
          new VectorAssembler({ inputCols: ['oi', 'x', 'oj', 'of'] }),
          new StandardScaler({ inputCol: 'features', outputCol: 'scaled', withMean: true }),
          new GBTRegressor({ ...small, featuresCol: 'scaled', labelCol: 'y' }),
        ],
      }),
  ],
  [
    'a pipeline of numbers',
    () =>
      new Pipeline({
        stages: [
          new OneHotEncoder({
            ...{ inputCol: 'word', outputCol: 'o', handleInvalid: 'keep', missingAsUnknown: true },
          }),
          new Binarizer({ inputCol: 'x', outputCol: 'above', threshold: 0.5 }),
          new VectorAssembler({ inputCols: ['x', 'flag', 'a "name" <&>', 'o'], outputCol: 'all' }),
          new VectorSlicer({ inputCol: 'all', outputCol: 'some', indices: [3, 0, 1, 4] }),
          new MinMaxScaler({ inputCol: 'some', outputCol: 'scaled' }),
          new VectorAssembler({ inputCols: ['scaled', 'above'] }),
          new RandomForestClassifier({ labelCol: 'flagged', numTrees: 6 }),
        ],
      }),
  ],
  [
    'a pipeline of buckets and encodings',
    () =>
      new Pipeline({
        stages: [
          new Bucketizer({
            ...{ inputCols: ['x', 'z'], outputCols: ['bx', 'bz'], handleInvalid: 'keep' },
            splits: [-2.5, -1, 0, 0.1, 3],
          }),
          new QuantileDiscretizer({
            ...{ inputCols: ['far', 'a "name" <&>', 'z'], outputCols: ['qf', 'qn', 'qz'] },
            numBuckets: 6,
          }),
          new TargetEncoder({
            ...{ inputCols: ['word', 'flag'], outputCols: ['tw', 'tf'], labelCol: 'y' },
            handleInvalid: 'keep',
          }),
          new TargetEncoder({
            inputCol: 'word',
            outputCol: 'three of',
            labelCol: 'three',
            ...keep,
          }),
          new VectorAssembler({
            inputCols: ['bx', 'bz', 'qf', 'qn', 'qz', 'tw', 'tf', 'three of'],
          }),
          new GBTRegressor({ ...small, labelCol: 'y' }),
        ],
      }),
  ],
  [
    'a pipeline of odd encodings',
    () =>
      new Pipeline({
        stages: [
          new TargetEncoder({ inputCol: 'odd', outputCol: 'to', labelCol: 'y', ...keep }),
          new GBTRegressor({ ...small, featuresCols: ['to'], labelCol: 'y' }),
        ],
      }),
  ],
  ['clusters', () => linear(new KMeans({ featuresCols: ['fx', 'bz', 'o'], k: 4, seed: 1 }))],
  ...[1, 2, Number.POSITIVE_INFINITY].map((p): (typeof chosen)[number] => [
    `a pipeline of vectors of p ${p}`,
    () =>
      new Pipeline({
        stages: [
          new Imputer({ inputCols: ['x', 'z'], outputCols: ['fx', 'fz'] }),
          new VectorAssembler({ inputCols: ['fx', 'a "name" <&>', 'flag'], outputCol: 'v' }),
          new Normalizer({ inputCol: 'v', outputCol: 'n', p }),
          new GBTRegressor({ ...small, featuresCol: 'n', labelCol: 'y' }),
        ],
      }),
  ]),
  [
    'a pipeline of oblique splits',
    () =>
      new Pipeline({
        stages: [
          new SparseProjector({
            ...{ inputCols: ['x', 'z', 'a "name" <&>', 'flag'], outputCol: 'v' },
            ...{ numProjections: 5, seed: 3, normalization: 'none' },
          }),
          new GBTRegressor({ ...small, featuresCol: 'v', labelCol: 'y' }),
        ],
      }),
  ],
  ['linear numbers', () => linear(new LinearRegression({ ...line, labelCol: 'y' }))],
  [
    'linear numbers with an offset',
    () => linear(new LinearRegression({ ...line, labelCol: 'y', offsetCol: 'margin' })),
  ],
  ['linear classes', () => linear(new LogisticRegression({ ...line, labelCol: 'two' }))],
  [
    'linear flags with an offset and thresholds',
    () =>
      linear(
        new LogisticRegression({
          ...{ ...line, labelCol: 'flagged', offsetCol: 'margin' },
          thresholds: [0.3, 0.8],
        }),
      ),
  ],
  ['linear classes of three', () => linear(new LogisticRegression({ ...line, labelCol: 'three' }))],
  ['linear sides', () => linear(new LinearSVC({ ...line, labelCol: 'two' }))],
  ['linear sides of flags', () => linear(new LinearSVC({ ...line, labelCol: 'flagged' }))],
  [
    'linear alone',
    () => new LogisticRegression({ featuresCols: ['a "name" <&>'], labelCol: 'two' }),
  ],
];

/** A linear model behind stages that leave nothing missing. */
function linear(last: Estimator<Model>): Pipeline {
  return new Pipeline({
    stages: [
      new Imputer({ inputCols: ['x', 'z'], outputCols: ['fx', 'fz'] }),
      new Bucketizer({ inputCol: 'fz', outputCol: 'bz', splits: [-1, 0, 0.5, 2], ...keep }),
      new OneHotEncoder({
        ...{ inputCol: 'word', outputCol: 'o', handleInvalid: 'keep', missingAsUnknown: true },
      }),
      new TargetEncoder({ inputCol: 'odd', outputCol: 'to', labelCol: 'y', ...keep }),
      last,
    ],
  });
}

/** One of them. */
export async function chosenDocument(name: string, estimator: Fits): Promise<WrittenDocument> {
  const model = await estimator.fit(table);
  const names: Partial<PredictionColumns> = model.predictionColumns ?? {};
  const scored = await model.transform(askedTable);
  const wanted = [...Object.values(names), 'prediction', 'anomalyScore'];
  const kept = scored.columns.filter((column) => wanted.includes(column));
  const last = (model as { stages?: readonly Model[] }).stages?.at(-1) ?? model;
  const { classes = [] } = last as { classes?: readonly (string | number | boolean)[] };
  return {
    ...{ name, text: await model.toPmml(), rows: rowsOf(asked, model) },
    wanted: pmmlOutputs(classes, await columnsOf(scored.select(...kept))),
    error: (output) => {
      // engines add an intercept when they like
      if (name.startsWith('linear')) return 1e-9;
      return output === 'probability' || output === 'anomalyScore' ? 1e-14 : 0;
    },
  };
}
