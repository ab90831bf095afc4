/** Parquet on a web server: executors and threads fetch what they need of it, and the model is that of local files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { afterEach, describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { Session } from '../../src/session/session.ts';
import { encodeParquet } from '../../src/table/parquet/encode-parquet.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { Authority, canSign } from '../cluster/executors/certificates.ts';
import { startExecutor, token } from '../cluster/executors/start-executor.ts';
import { errorOf } from '../cluster/run-program.ts';
import { FileServer } from '../tools/file-server.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';

// enough for several ranks
const numRows = 20_000;
const random = (i: number): number => ((i * 2_654_435_761) % 2 ** 32) / 2 ** 32;
const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => random(i)),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  unused: Float64Array.from({ length: numRows }, (_, i) => random(i + numRows)),
  label: Array.from({ length: numRows }, (_, i) => (random(i) + (i % 5) * 0.1 > 0.7 ? 1 : 0)),
};
const boosted = new GBTClassifier({ featuresCols: ['x', 'z'], maxIter: 2 });

const folder = temporaryFolder('urls');
const alone = await Session.local({ threads: 1 });
const own = alone.createTable(columns, { numPartitions: 4 });
await own.write.parquet(join(folder, 'x.parquet'));
const expected = await savedBytes(await boosted.fit(own));
await alone.close();
const content = readFileSync(join(folder, 'x.parquet'));

const server = await FileServer.start();
server.files.set('/sets/x.parquet', content);
const url = `${server.origin}/sets/x.parquet?signature=secret`;
const [first, second, closed] = await Promise.all([
  startExecutor('--threads', '2', '--allow-url', `${server.origin}/sets/`),
  startExecutor('--threads', '1', '--allow-url', `${server.origin}/sets`, 'https://elsewhere/'),
  startExecutor('--threads', '1', '--data-root', folder),
]);
const addresses = [first.address, second.address];

const sessions: Session[] = [];
afterEach(() => {
  server.misbehave = () => false;
  server.version = '"one"';
  server.served.length = 0;
  return Promise.all(sessions.splice(0).map((session) => session.close()));
});

async function connect(...to: readonly string[]): Promise<Session> {
  const session = await Session.connect(to, { token, threads: 1 });
  sessions.push(session);
  return session;
}

describe('a table on a web server', () => {
  it.each([1, 2])('gives %i executors the model of local files, for few bytes', async (count) => {
    const session = await connect(...addresses.slice(0, count));
    const table = await session.read.parquet(url);
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
    expect(await table.count()).toBe(numRows);
    // the ends of the file apart, each thread fetches what it trains on, and nobody the column that is not used
    const middle = server.served.filter(({ range }) => !/^bytes=0-|-316257$/.test(range));
    const fetched = middle.reduce((sum, { numBytes }) => sum + numBytes, 0);
    const [once, all] = [180_000, 316_258];
    expect(content.length).toBe(all);
    expect(fetched).toBeGreaterThan(once - 10_000);
    // one row group is shared by two of three ranks
    expect(fetched).toBeLessThan(count === 1 ? once : 1.3 * once);
  });

  it('is fetched once, however many partitions are cut out of a row group', async () => {
    // more than the rows of a partition
    const many = 1_100_000;
    const long = {
      x: Float32Array.from({ length: many }, (_, i) => random(i)),
      z: Float32Array.from({ length: many }, (_, i) => random(i + many)),
      label: Int8Array.from({ length: many }, (_, i) => (random(i) > 0.4 ? 1 : 0)),
    };
    const local = await Session.local({ threads: 2 });
    sessions.push(local);
    const table = local.createTable(long, { numPartitions: 1 });
    const arrow = await table.collect();
    const [batch] = arrow.batches as [RecordBatch];
    const options = { compression: 'none', rowGroupRows: many } as const;
    const [group] = encodeParquet(batch, arrow.schema, options);
    const estimator = new GBTClassifier({ featuresCols: ['x', 'z'], maxIter: 1, maxDepth: 2 });
    const model = await savedBytes(await estimator.fit(table));
    server.files.set('/sets/long.parquet', Buffer.from(group?.bytes ?? []));
    const session = await connect(first.address);
    const far = await session.read.parquet(`${server.origin}/sets/long.parquet`);
    expect(far.numPartitions).toBe(2);
    expect(await savedBytes(await estimator.fit(far))).toEqual(model);
    const fetched = server.served.reduce((sum, { numBytes }) => sum + numBytes, 0);
    const features = 2 * 4 * many;
    expect(fetched).toBeGreaterThan(features);
    expect(fetched).toBeLessThan(1.15 * features);
  });

  it('is read by threads too, and by the command line', async () => {
    const session = await Session.local({ threads: 2 });
    sessions.push(session);
    expect(await savedBytes(await boosted.fit(await session.read.parquet([url])))).toEqual(
      expected,
    );
    const fit = ['fit', '--data', url, '--label', 'label', '--features', 'x,z', '--threads', '2'];
    const out = join(folder, 'model');
    const run = await runForTest([...fit, '--params', 'maxIter=1', '--model', out]);
    expect([run.exitCode, run.stderr]).toEqual([0, expect.not.stringContaining('secret')]);
    expect(JSON.stringify(folderContent(out))).not.toBe('{}');
  });

  it('is refused where the operator did not allow it, without a request', async () => {
    const session = await connect(first.address);
    const refused: [Session, string][] = [
      [await connect(closed.address), url],
      [session, `${server.origin}/other/x.parquet`],
      [session, `${server.origin}/sets/../other/x.parquet`],
      [session, `${server.origin}/sets/..%2fother/x.parquet`],
      [session, 'http://127.0.0.1:1/sets/x.parquet'],
      [session, 'http://169.254.169.254/latest/meta-data/'],
    ];
    for (const [from, path] of refused) {
      const error = await errorOf(from.read.parquet(path));
      expect([path, error]).toMatchObject([path, { code: 'ACCESS_DENIED' }]);
      expect(error?.message).toMatch('--allow-url');
    }
    expect(server.served).toEqual([]);
    const moved = `${server.origin}/sets/moved`;
    server.misbehave = (request, response) => {
      const isMoved = request.url === '/sets/moved';
      if (isMoved) response.writeHead(302, { location: '/other/x.parquet' }).end();
      return isMoved;
    };
    server.files.set('/other/x.parquet', content);
    const error = await errorOf(session.read.parquet(moved));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(server.served).toEqual([]);
    const csv = await errorOf(session.read.csv(url));
    expect(csv).toMatchObject({ code: 'UNSUPPORTED' });
    const local = await errorOf(session.read.parquet(join(folder, 'x.parquet')));
    expect(local).toMatchObject({ code: 'ACCESS_DENIED' });
  });

  it('ends a fit with words where the server fails or the file changes', async () => {
    const session = await connect(...addresses);
    const table = await session.read.parquet(url);
    server.misbehave = (_, response) => {
      response.writeHead(404).end();
      return true;
    };
    const missing = await errorOf(boosted.fit(table));
    expect(missing).toMatchObject({
      code: 'FILE_NOT_FOUND',
      context: { status: 404, rank: expect.any(Number), executor: expect.any(String) },
    });
    expect(missing?.message).toMatch(`${server.origin}/sets/x.parquet?…`);
    server.misbehave = () => false;
    server.version = '"two"';
    const changed = await errorOf(boosted.fit(table));
    expect(changed).toMatchObject({ code: 'DATA_INVALID' });
    expect(changed?.message).toMatch('it has changed');
    expect(await savedBytes(await boosted.fit(await session.read.parquet(url)))).toEqual(expected);
  });
});

describe.skipIf(!canSign)('a table on a web server with TLS', () => {
  it('is read where the authority is known to Node, and refused elsewhere', async () => {
    const authority = new Authority('authority');
    const { cert, key } = authority.sign('server');
    const secure = await FileServer.start({
      cert: readFileSync(cert, 'utf8'),
      key: readFileSync(key, 'utf8'),
    });
    secure.files.set('/x.parquet', content);
    const known = process.env['NODE_EXTRA_CA_CERTS'];
    process.env['NODE_EXTRA_CA_CERTS'] = authority.own.cert;
    const trusting = await startExecutor('--threads', '2', '--allow-url', secure.origin);
    if (known === undefined) delete process.env['NODE_EXTRA_CA_CERTS'];
    else process.env['NODE_EXTRA_CA_CERTS'] = known;
    const session = await connect(trusting.address);
    const table = await session.read.parquet(`${secure.origin}/x.parquet`);
    expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
    const distrusting = await startExecutor('--threads', '1', '--allow-url', secure.origin);
    const other = await connect(distrusting.address);
    const error = await errorOf(other.read.parquet(`${secure.origin}/x.parquet`));
    expect(error).toMatchObject({ code: 'FILE_FETCH' });
    expect(error?.message).toMatch(/certificate is not trusted .* NODE_EXTRA_CA_CERTS/);
  });
});
