// A user's first script, run against the installed package in the folder of the data.
// Usage: node first-model.mjs <folder for the model and the scores>

import { join } from 'node:path';
import {
  BinaryClassificationEvaluator,
  GBTClassifier,
  Pipeline,
  Session,
  StringIndexer,
  VectorAssembler,
} from 'coppice';

const out = process.argv[2];
const session = await Session.local({ threads: 2 });
const train = await session.read.parquet('train.parquet');
const model = await new Pipeline({
  stages: [
    new StringIndexer({
      inputCols: ['carrier', 'origin'],
      outputCols: ['carrierIdx', 'originIdx'],
    }),
    new VectorAssembler({
      inputCols: ['carrierIdx', 'originIdx', 'distance'],
      outputCol: 'features',
    }),
    new GBTClassifier({ labelCol: 'delayed', maxIter: 20, maxLeaves: 15 }),
  ],
}).fit(train);
const scored = await model.transform(await session.read.parquet('test.parquet'));
await scored.write.parquet(join(out, 'scored.parquet'), { overwrite: true });
const evaluator = new BinaryClassificationEvaluator({ labelCol: 'delayed' });
console.log(await evaluator.evaluate(scored));
await model.save(join(out, 'model'), { overwrite: true });
await session.close();
