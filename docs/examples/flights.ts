/**
 * Which flights leave late? Fits a pipeline with boosted trees and one with a random forest on every
 * core, writes the scored flights, prints what they are worth and saves both models.
 *
 * Usage: tsx flights.ts [folder with train.parquet and test.parquet] [folder for the results]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BinaryClassificationEvaluator,
  GBTClassifier,
  Pipeline,
  RandomForestClassifier,
  Session,
  StringIndexer,
  VectorAssembler,
} from 'coppice';

const [data = '.', out = 'out/flights'] = process.argv.slice(2);
await mkdir(out, { recursive: true });

const session = await Session.local();
const train = await session.read.parquet(join(data, 'train.parquet'));
const test = await session.read.parquet(join(data, 'test.parquet'));
console.log(`${await train.count()} flights to learn from, ${await test.count()} to test on`);

const texts = ['carrier', 'origin', 'destination', 'tail'];
const indexed = texts.map((name) => `${name}Idx`);
const numbers = train.columns.filter((name) => !texts.includes(name) && name !== 'delayed');
const evaluator = new BinaryClassificationEvaluator({ labelCol: 'delayed' });

const learners = {
  gbt: new GBTClassifier({ labelCol: 'delayed', maxIter: 100 }),
  forest: new RandomForestClassifier({ labelCol: 'delayed', numTrees: 50, maxDepth: 14 }),
};

for (const [name, learner] of Object.entries(learners)) {
  const start = performance.now();
  const model = await new Pipeline({
    stages: [
      new StringIndexer({ inputCols: texts, outputCols: indexed, handleInvalid: 'keep' }),
      new VectorAssembler({ inputCols: [...indexed, ...numbers], outputCol: 'features' }),
      learner,
    ],
  }).fit(train);
  const seconds = (performance.now() - start) / 1000;

  const path = join(out, `scored-${name}.parquet`);
  const scored = await model.transform(test);
  await scored.write.parquet(path, { overwrite: true });
  await model.save(join(out, `model-${name}`), { overwrite: true });

  const metrics = await evaluator.evaluateAll(await session.read.parquet(path));
  console.log(`\n${learner.className}: ${seconds.toFixed(1)} s on ${session.threads} threads`);
  for (const metric of ['areaUnderROC', 'areaUnderPR', 'logLoss', 'accuracy']) {
    console.log(`  ${metric.padEnd(12)} ${metrics[metric]?.toFixed(4)}`);
  }
  console.log(`  scored flights in ${path}`);
}
await session.close();
