/** Does the command line fit, score and evaluate on Spark, with the model of a local session? */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../../src/index.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { folderContent } from '../../tools/temporary-folder.ts';
import { flightsLike } from './flights-like.ts';
import { runsSpark } from './spark-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-spark-cli-'));
const path = (name: string): string => join(folder, name);

describe.runIf(runsSpark)('the command line on Spark', () => {
  const onSpark = (tokenFile = path('token')): string[] => [
    ...['--session', 'spark', '--spark', process.env['COPPICE_SPARK_URL'] as string],
    ...['--token-file', tokenFile, '--executors', '2', '--threads', '1', '--json'],
  ];

  beforeAll(async () => {
    writeFileSync(path('token'), `${process.env['COPPICE_SPARK_TOKEN']}\n`);
    const local = await Session.local({ threads: 1 });
    await local.createTable(flightsLike(3000), { numPartitions: 2 }).write.parquet(path('flights'));
    await local.close();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('fits, transforms and evaluates', async () => {
    const fitting = (model: string): string[] => [
      ...['fit', '--data', path('flights'), '--label', 'delayed', '--ignore', 'minutes'],
      ...['--params', 'maxIter=4', '--model', path(model)],
    ];
    const [there, here] = [
      await runForTest([...fitting('there'), ...onSpark()]),
      await runForTest([...fitting('here'), '--json']),
    ];
    expect([withoutProgress(there.stderr), there.exitCode]).toEqual([here.stderr, 0]);
    expect(there.json).toMatchObject({ rows: 3000, task: 'classification' });
    expect(folderContent(path('there'))).toEqual(folderContent(path('here')));
    const score = (out: string): string[] => [
      ...['transform', '--model', path('there'), '--data', path('flights'), '--out', path(out)],
    ];
    const scored = await runForTest([...score('scored'), ...onSpark()]);
    expect([scored.stdout, withoutProgress(scored.stderr), scored.exitCode]).toEqual([
      expect.stringContaining('3000'),
      '',
      0,
    ]);
    expect((await runForTest([...score('known'), '--json'])).exitCode).toBe(0);
    const evaluate = (data: string): string[] => [
      ...['evaluate', '--data', path(data), '--label', 'delayed', '--metric', 'auc,logloss'],
    ];
    const measured = await runForTest([...evaluate('scored'), ...onSpark()]);
    expect(measured.exitCode).toBe(0);
    expect(measured.json['metrics']).toEqual(
      (await runForTest([...evaluate('known'), '--json'])).json['metrics'],
    );
  });

  it('says what a wrong token needs, and does not repeat it', async () => {
    writeFileSync(path('wrong'), 'no-token-at-all');
    const words = ['evaluate', '--data', path('flights'), '--label', 'delayed'];
    const run = await runForTest([...words, ...onSpark(path('wrong'))]);
    expect(run.json).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(run.stdout).toContain('SPARK_CONNECT_AUTHENTICATE_TOKEN');
    expect(run.stdout + run.stderr).not.toContain('no-token-at-all');
  });

  it('says what to do about files that Spark is not asked to read', async () => {
    const words = ['evaluate', '--data', path('flights.csv'), '--label', 'delayed', ...onSpark()];
    const run = await runForTest(words);
    expect(run.json).toMatchObject({ error: { code: 'UNSUPPORTED' } });
    expect(run.stdout).toContain('read Parquet');
    const none = ['evaluate', '--data', path('nothing'), '--label', 'delayed', ...onSpark()];
    expect((await runForTest(none)).stdout).toContain('PATH_NOT_FOUND');
  });
});

/** Where Spark takes its time, a line every few seconds says how far it is. */
function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^[a-z]+ · .*\n/gm, '');
}
