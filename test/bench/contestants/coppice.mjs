// Coppice as it is installed: the built library on a row's task. The protocol is in row.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DataType } from 'apache-arrow';
import {
  GBTClassifier,
  GBTRegressor,
  loadStage,
  RandomForestClassifier,
  RandomForestRegressor,
  Session,
} from '../../../dist/bundle/node/index.js';

const task = JSON.parse(process.argv[2]);
const { settings } = task;
const { version } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);
const session = await Session.local({ threads: task.threads });
if (task.work === 'predict') await predict();
else if (task.work === 'row') await scoreRows();
else await fit();
await session.close();

async function fit() {
  const start = performance.now();
  const table = withCategories(await session.read.parquet(task.train));
  const estimator = makeEstimator(table);
  let binned = start;
  let read = start;
  const onProgress = ({ phase }) => {
    if (phase === 'read') read = performance.now();
    if (phase === 'bin') binned = performance.now();
  };
  const model = await estimator.fit(table, { onProgress });
  const trained = performance.now();
  await model.save(join(task.model ?? task.folder, 'model'), { overwrite: true });
  const end = performance.now();
  const phases = {
    read: (read - start) / 1000,
    bin: (binned - read) / 1000,
    train: (trained - binned) / 1000,
    save: (end - trained) / 1000,
  };
  await measured(task.from === 'binned' ? phases.train : (end - start) / 1000, phases);
  await writePredictions(
    await model.transform(withCategories(await session.read.parquet(task.test))),
  );
}

/** Columns of numbers that the task calls categories, as categories; texts always are. */
function withCategories(table) {
  const isNumber = ({ type }) => DataType.isInt(type) || DataType.isFloat(type);
  const named = table.schema.fields.filter(({ name }) => task.categories.includes(name));
  const names = named.filter(isNumber).map(({ name }) => [name, 'category']);
  return names.length === 0 ? table : table.cast(Object.fromEntries(names));
}

async function predict() {
  const model = await loadStage(join(task.model, 'model'));
  const file = await session.read.parquet(task.test);
  const columns = file.columns.filter((name) => name !== task.label);
  const table = session.createTable(await file.select(...columns).collect());
  const start = performance.now();
  const scored = await model.transform(table);
  const result = await scored.select('probability').collect();
  const seconds = (performance.now() - start) / 1000;
  await measured(seconds, { predict: seconds });
  writeColumn(result.getChild('probability'));
}

/** The median time of one call of the scorer with one row, in microseconds. */
async function scoreRows() {
  const model = await loadStage(join(task.model, 'model'));
  const file = await session.read.parquet(task.test);
  const names = file.columns.filter((name) => name !== task.label);
  const columns = await file
    .select(...names)
    .limit(10_000)
    .collect();
  const vectors = names.map((name) => columns.getChild(name).toArray());
  const rows = Array.from(vectors[0], (_, i) => Float64Array.from(vectors, (values) => values[i]));
  const score = await model.scorer();
  const warmUp = 2000;
  const times = new Float64Array(10_000);
  let sum = 0;
  for (let i = 0; i < warmUp + times.length; i++) {
    const row = rows[i % rows.length];
    const start = performance.now();
    sum += score(row).probability[1];
    const end = performance.now();
    if (i >= warmUp) times[i - warmUp] = end - start;
  }
  if (Number.isNaN(sum)) throw new Error('no probability');
  await measured(1000 * times.sort()[times.length >> 1], {});
  await writePredictions(await model.transform(file));
}

function makeEstimator(table) {
  const skipped = new Set([task.label, ...task.ignored]);
  const common = {
    featuresCols: table.columns.filter((name) => !skipped.has(name)),
    labelCol: task.label,
    maxBins: settings.bins,
    minInstancesPerNode: settings.minRows,
    ...(settings.leaves === undefined ? {} : { maxLeaves: settings.leaves }),
    ...(settings.depth === undefined ? {} : { maxDepth: settings.depth }),
  };
  const isRegression = task.objective === 'regression';
  if (task.work === 'forest') {
    const Forest = isRegression ? RandomForestRegressor : RandomForestClassifier;
    const options = { ...common, numTrees: settings.rounds, featureSubsetStrategy: 'sqrt' };
    return new Forest({ ...options, ...task.extra });
  }
  const Boosted = isRegression ? GBTRegressor : GBTClassifier;
  const options = {
    ...common,
    maxIter: settings.rounds,
    stepSize: settings.rate,
    lambda: settings.lambda,
    minSumHessian: settings.minHessian,
  };
  return new Boosted({ ...options, ...task.extra });
}

async function measured(seconds, phases) {
  console.log(JSON.stringify({ seconds, phases, version }));
  const lines = createInterface({ input: process.stdin });
  for await (const _ of lines) break;
}

async function writePredictions(scored) {
  const name = task.objective === 'regression' ? 'prediction' : 'probability';
  writeColumn((await scored.select(name).collect()).getChild(name));
}

/** Values one after another; of two classes only the second. */
function writeColumn(vector) {
  const isBinary = task.objective === 'binary';
  const parts = vector.data.map((data) => {
    const width = data.type.listSize ?? 1;
    const values = width === 1 ? data.values : data.children[0].values;
    if (!isBinary) return Float64Array.from(values.subarray(0, data.length * width));
    return Float64Array.from({ length: data.length }, (_, i) => values[i * width + 1]);
  });
  writeFileSync(
    join(task.folder, 'predictions.f64'),
    Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))),
  );
}
