/** A driver that a test kills: it fits the table of a path on Spark, in a session of a name. */
import { GBTRegressor } from '../../../src/index.ts';
import { sparkSession } from './spark-session.ts';

const [path = '', name = '', numRounds = ''] = process.argv.slice(2);
const session = await sparkSession({ executors: 2, name });
const fit = { labelCol: 'minutes', featuresCols: ['distance', 'wait'], maxIter: Number(numRounds) };
await new GBTRegressor(fit).fit(await session.read.parquet(path));
await session.close();
