/**
 * What does a job on Spark cost before it does anything? `npm run bench:spark -- [--executors 3] [--repeats 8]` starts
 * the server of the tests, and fits one tree of two leaves again and again in one session: the first fit uploads the
 * members and warms the JVM, the others are what a leg of a long fit costs beside its work.
 */
import { parseArgs } from 'node:util';
import { DecisionTreeRegressor } from '../../src/index.ts';
import { sparkSession } from '../spark/server/spark-session.ts';
import { setUpSpark } from '../spark/server/start-server.ts';
import { machineText, revisionText } from './machine.ts';

const { values } = parseArgs({
  options: {
    executors: { type: 'string', default: '3' },
    repeats: { type: 'string', default: '8' },
  },
});
const stop = await setUpSpark(null);
try {
  const session = await sparkSession({ executors: Number(values.executors) });
  const seconds: number[] = [];
  // fewer values would be one executor's
  const x = Float64Array.from({ length: 20_000 }, (_, i) => i % 7);
  const table = session.createTable({ x, y: x });
  for (let i = 0; i <= Number(values.repeats); i++) {
    const start = performance.now();
    await new DecisionTreeRegressor({ labelCol: 'y', featuresCols: ['x'], maxDepth: 1 }).fit(table);
    seconds.push((performance.now() - start) / 1000);
  }
  await session.close();
  const [first = 0, ...warm] = seconds;
  const sorted = [...warm].sort((a, b) => a - b);
  const best = sorted[0] as number;
  const middle = sorted[sorted.length >> 1] as number;
  const texts = warm.map((value) => value.toFixed(2)).join(', ');
  console.log(`a fit of one tree of two leaves, ${values.executors} executors on local[4]:`);
  console.log(`first ${first.toFixed(2)} s; then ${texts} s`);
  console.log(
    `best ${best.toFixed(2)} s, median ${middle.toFixed(2)} s; ${machineText()}, revision ${revisionText()}`,
  );
} finally {
  await stop();
}
