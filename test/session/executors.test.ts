/** A session on executors: the same tables, the same models, byte for byte, as a session of one thread. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/gbt-classifier.ts';
import { RandomForestClassifier } from '../../src/ensemble/random-forest-classifier.ts';
import { Session } from '../../src/session/session.ts';
import { startExecutors, token } from '../cluster/executors/start-executor.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

// enough for several ranks
const numRows = 12_000;
const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  w: Array.from({ length: numRows }, (_, i) => ['a', 'b', null, 'd'][(i * 7) % 4] ?? null),
  label: Array.from({ length: numRows }, (_, i) =>
    ((i * 37) % 1009) + (i % 5) * 90 > 700 ? 'yes' : 'no',
  ),
};
const features = { featuresCols: ['x', 'z', 'w'] };
const boosted = new GBTClassifier({ ...features, maxIter: 6, minInstancesPerNode: 1 });
const forest = new RandomForestClassifier({ ...features, numTrees: 5 });

const folder = temporaryFolder('executors');
const path = join(folder, 'data');
const alone = await Session.local({ threads: 1 });
const own = alone.createTable(columns, { numPartitions: 7 });
await own.write.parquet(path);
const expected = {
  boosted: await savedBytes(await boosted.fit(own)),
  forest: await savedBytes(await forest.fit(own)),
};

const executors = await startExecutors([2, 1, 1, 1, 1], '--data-root', folder);
const sessions: Session[] = [];
afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));

async function connect(count: number): Promise<Session> {
  const addresses = executors.slice(0, count).map(({ address }) => address);
  const session = await Session.connect(addresses, { token, threads: 1 });
  sessions.push(session);
  return session;
}

describe('a session on executors', () => {
  it.each([1, 2, 3, 5])('fits the model of one thread on %i executors', async (count) => {
    const session = await connect(count);
    expect(session.threads).toBe(count + 1);
    const table = session.createTable(columns, { numPartitions: 3 });
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected.boosted);
    expect(await savedBytes(await forest.fit(table))).toEqual(expected.forest);
  });

  it('reads Parquet where the executors are, fits, transforms and evaluates', async () => {
    const session = await connect(3);
    const table = await session.read.parquet(path);
    expect(await table.count()).toBe(numRows);
    const model = await boosted.fit(table);
    expect(await savedBytes(model)).toEqual(expected.boosted);
    const scored = await model.transform(table);
    const rows = (await scored.select('prediction', 'x').collect()).toArray().length;
    expect(rows).toBe(numRows);
  });
});
