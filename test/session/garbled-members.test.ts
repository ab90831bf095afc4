/** A frame that is garbled between members of a gang costs a fit no more than a connection that is cut. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { Session } from '../../src/session/session.ts';
import { startExecutors, token } from '../cluster/executors/start-executor.ts';
import { errorOf } from '../cluster/run-program.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { columns, undisturbedBytes } from './struck-fit.ts';

const boosted = new GBTClassifier({ featuresCols: ['x', 'z'], maxIter: 8, checkpointInterval: 2 });

const expected = await undisturbedBytes(boosted);

const garble = join(temporaryFolder('garbled-members'), 'garble');
const before = process.env['NODE_OPTIONS'] ?? '';
process.env['NODE_OPTIONS'] =
  `${before} --import=${new URL('../cluster/garbling-hook.mjs', import.meta.url).href}`;
process.env['COPPICE_GARBLE'] = garble;
const executors = await startExecutors([1, 1], '--silence', '2');
process.env['NODE_OPTIONS'] = before;
delete process.env['COPPICE_GARBLE'];

const session = await Session.connect(
  executors.map(({ address }) => address),
  { token, threads: 1, retries: 2, onLog: () => undefined },
);
afterAll(() => session.close());
const table = session.createTable(columns, { numPartitions: 3 });

it('gives the undisturbed model, on the same executors', async () => {
  writeFileSync(garble, JSON.stringify({ times: 1 }));
  expect(await savedBytes(await boosted.fit(table))).toEqual(expected);
  expect([existsSync(garble), session.threads]).toEqual([false, 2]);
});

it('ends after as many retries as losses have, and says what came', async () => {
  writeFileSync(garble, JSON.stringify({ times: 1000 }));
  const long = new GBTClassifier({ ...boosted.givenOptions, maxIter: 200 });
  const error = await errorOf(long.fit(table));
  expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
  expect(error?.message).toMatch(/process \d .* of the gang must send whole frames: the checksum/);
});
