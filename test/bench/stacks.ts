/**
 * `npx tsx test/bench/stacks.ts [--sets adult,letter] [--logit true]`
 *
 * Does a stack of five bases beat its best base? Fits it on the training files of four sets of ../shared/data, and
 * prints the score of every base and of the stack on the test files. The bases' models are those of the stack.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  BinaryClassificationEvaluator,
  type Estimator,
  type Evaluator,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  GBTClassifier,
  GBTRegressor,
  Imputer,
  LinearRegression,
  LogisticRegression,
  MulticlassClassificationEvaluator,
  OneHotEncoder,
  type PartitionedTable,
  Pipeline,
  RandomForestClassifier,
  RandomForestRegressor,
  RegressionEvaluator,
  Session,
  StackingClassifier,
  StackingRegressor,
  StandardScaler,
  VectorAssembler,
} from '../../src/index.ts';
import { sharedData } from './bench-home.ts';

interface StackSet {
  readonly label: string;
  readonly kind: 'classes' | 'numbers';
  readonly metric: string;
  readonly words: readonly string[];
}

const sets: Readonly<Record<string, StackSet>> = {
  adult: {
    label: 'income',
    kind: 'classes',
    metric: 'auc',
    words: [
      'workclass',
      'education',
      'marital_status',
      'occupation',
      'relationship',
      'race',
      'sex',
      'native_country',
    ],
  },
  california_housing: { label: 'medianHouseValue', kind: 'numbers', metric: 'rmse', words: [] },
  diamonds: {
    label: 'price',
    kind: 'numbers',
    metric: 'rmse',
    words: ['cut', 'color', 'clarity'],
  },
  letter: { label: 'target', kind: 'classes', metric: 'logLoss', words: [] },
};

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: Object.keys(sets).join() },
    logit: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});

const logit = values.logit === undefined ? {} : { logit: values.logit === 'true' };
const session = await Session.local({ threads: Number(values.threads) });
console.log('| set | metric | boosted | shallow | forest | extra | linear | stack | s |');
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const name of values.sets.split(',')) await bench(name, sets[name] as StackSet);
await session.close();

async function bench(name: string, set: StackSet): Promise<void> {
  const read = async (part: string): Promise<PartitionedTable> => {
    const table = await session.read.parquet(join(sharedData, `${name}_${part}.parquet`));
    // a linear base needs a word in every row; to trees it is one more category
    return table.na.fill(Object.fromEntries(set.words.map((word) => [word, '?'])));
  };
  const [train, test] = [await read('train'), await read('test')];
  const features = train.columns.filter((column) => column !== set.label);
  const names = ['boosted', 'shallow', 'forest', 'extra', 'linear'];
  const estimators =
    set.kind === 'classes' ? classifiers(set, features) : regressors(set, features);
  const start = performance.now();
  const model =
    set.kind === 'classes'
      ? await new StackingClassifier({ estimators, names, ...logit }).fit(train)
      : await new StackingRegressor({ estimators, names }).fit(train);
  const seconds = (performance.now() - start) / 1000;
  const evaluator = evaluatorOf(set);
  const scores: number[] = [];
  for (const one of [...model.models, model])
    scores.push(await evaluator.evaluate(await one.transform(test)));
  const cells = scores.map((score) => score.toPrecision(6));
  console.log(`| ${name} | ${set.metric} | ${cells.join(' | ')} | ${seconds.toFixed(0)} |`);
}

function evaluatorOf({ metric, label: labelCol }: StackSet): Evaluator {
  if (metric === 'rmse') return new RegressionEvaluator({ labelCol, metricName: 'rmse' });
  if (metric === 'logLoss')
    return new MulticlassClassificationEvaluator({ labelCol, metricName: 'logLoss' });
  return new BinaryClassificationEvaluator({ labelCol });
}

function classifiers({ label: labelCol, words }: StackSet, features: string[]): Estimator[] {
  const columns = { labelCol, featuresCols: features };
  const many = labelCol === 'target';
  return [
    new GBTClassifier({ ...columns, maxIter: many ? 60 : 100, stepSize: 0.1 }),
    new GBTClassifier({
      ...columns,
      maxIter: many ? 60 : 200,
      maxDepth: 4,
      stepSize: 0.15,
      seed: 1,
    }),
    new RandomForestClassifier({
      ...columns,
      numTrees: 100,
      maxDepth: 30,
      minInstancesPerNode: many ? 1 : 5,
    }),
    new ExtraTreesClassifier({
      ...columns,
      numTrees: 100,
      maxDepth: 30,
      minInstancesPerNode: many ? 1 : 5,
    }),
    prepared(
      words,
      features,
      (featuresCol) => new LogisticRegression({ labelCol, featuresCol, regParam: 1e-4 }),
    ),
  ];
}

function regressors({ label: labelCol, words }: StackSet, features: string[]): Estimator[] {
  const columns = { labelCol, featuresCols: features };
  return [
    new GBTRegressor({ ...columns, maxIter: 200, stepSize: 0.1 }),
    new GBTRegressor({ ...columns, maxIter: 300, maxDepth: 5, stepSize: 0.1, seed: 1 }),
    new RandomForestRegressor({ ...columns, numTrees: 100, maxDepth: 30 }),
    new ExtraTreesRegressor({ ...columns, numTrees: 100, maxDepth: 30 }),
    prepared(
      words,
      features,
      (featuresCol) => new LinearRegression({ labelCol, featuresCol, regParam: 1e-4 }),
    ),
  ];
}

/** Numbers filled and scaled, words as one column a value. */
function prepared(
  words: readonly string[],
  features: readonly string[],
  last: (featuresCol: string) => Estimator,
): Pipeline {
  const numbers = features.filter((column) => !words.includes(column));
  const filled = numbers.map((column) => `${column}Filled`);
  const hot = words.map((column) => `${column}Hot`);
  return new Pipeline({
    stages: [
      new Imputer({ inputCols: numbers, outputCols: filled }),
      ...(words.length === 0
        ? []
        : [new OneHotEncoder({ inputCols: [...words], outputCols: hot, handleInvalid: 'keep' })]),
      new VectorAssembler({ inputCols: [...filled, ...hot], outputCol: 'assembled' }),
      new StandardScaler({ inputCol: 'assembled', outputCol: 'scaled', withMean: true }),
      last('scaled'),
    ],
  });
}
