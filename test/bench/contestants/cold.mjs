// Coppice in a fresh process: a fit of few rows, or one row of a saved model. The clock is the process's.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createTable, GBTClassifier, loadStage, read } from '../../../dist/bundle/node/index.js';

const task = JSON.parse(process.argv[2]);
const { settings } = task;
const { version } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);
const model = task.work === 'load' ? await load() : await fit();
console.log(JSON.stringify({ seconds: 0, phases: {}, version }));
for await (const _ of createInterface({ input: process.stdin })) break;
await writePredictions();

async function load() {
  const loaded = await loadStage(join(task.model, 'model'));
  const score = await loaded.scorer();
  const { prediction } = score(new Float64Array(28).fill(0.5));
  if (prediction === undefined) throw new Error('no prediction');
  return loaded;
}

async function fit() {
  const { file, rows } = task.raw;
  const bytes = readFileSync(file);
  const all = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  const columns = {};
  const numColumns = all.length / rows;
  for (let c = 0; c < numColumns; c++) {
    const name = c === numColumns - 1 ? task.label : `f${c}`;
    columns[name] = all.slice(c * rows, (c + 1) * rows);
  }
  const estimator = new GBTClassifier({
    featuresCols: Object.keys(columns).filter((name) => name !== task.label),
    labelCol: task.label,
    maxIter: settings.rounds,
    maxLeaves: settings.leaves,
    maxBins: settings.bins,
    stepSize: settings.rate,
    lambda: settings.lambda,
    minInstancesPerNode: settings.minRows,
    minSumHessian: settings.minHessian,
  });
  return await estimator.fit(await createTable(columns));
}

/** Of all test rows, by their order in the file. */
async function writePredictions() {
  const test = await read.parquet(task.test);
  const names = test.columns.filter((name) => name !== task.label);
  const table = task.work === 'load' ? test : renamed(test, names);
  const scored = await (await model.transform(table)).select('probability').collect();
  const parts = scored.getChild('probability').data.map(({ children, length }) => {
    const [{ values }] = children;
    return Float64Array.from({ length }, (_, i) => values[2 * i + 1]);
  });
  writeFileSync(
    join(task.folder, 'predictions.f64'),
    Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))),
  );
}

/** The columns by the names that the fit gave them. */
function renamed(table, names) {
  return table.rename(Object.fromEntries(names.slice(0, 10).map((name, i) => [name, `f${i}`])));
}
