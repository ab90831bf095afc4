import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { range } from '../tools/random-data.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const folder = temporaryFolder('cli-ranking');
const table = join(folder, 'searches.csv');
const model = join(folder, 'ranker');
const fit = ['fit', '--data', table, '--label', 'grade', '--model', model, '--overwrite'];

beforeAll(() => {
  const lines = range(800).map((row) => {
    const words = (row * 37) % 11;
    return `${words},${(row * 53) % 97},${Math.min(4, Math.floor(words / 4) + (row % 3))},q${row % 40}`;
  });
  writeFileSync(table, ['words,clicks,grade,query', ...lines, ''].join('\n'));
});

describe('ranking in the shell', () => {
  it('goes from a table with groups to scores', async () => {
    const params = ['--params', 'maxIter=8,maxLeaves=7'];
    const fitted = await runForTest([...fit, '--group', 'query', ...params]);
    expect(fitted.stderr).toContain('task: ranking (--group is given; --task says otherwise)');
    expect(fitted.stdout).toMatch(
      /fitted GBTRanker \(ranking\) on 800 rows and 2 features, 8 trees/,
    );
    const out = join(folder, 'scored.parquet');
    const words = ['transform', '--model', model, '--data', table, '--out', out, '--overwrite'];
    expect((await runForTest(words)).stdout).toContain('wrote 800 rows with prediction');
    const evaluate = ['evaluate', '--data', out, '--label', 'grade', '--group', 'query'];
    const all = await runForTest([...evaluate, '--json']);
    expect(all.json).toMatchObject({ command: 'evaluate', task: 'ranking' });
    const metrics = all.json['metrics'] as Record<string, number>;
    expect(metrics['ndcgAtK']).toBeGreaterThan(0.8);
    const wanted = await runForTest([...evaluate, '--metric', 'mrr,ndcg@10,ndcg@1', '--json']);
    const few = wanted.json['metrics'] as Record<string, number>;
    expect(Object.keys(few)).toEqual(['mrr', 'ndcg@10', 'ndcg@1']);
    expect(few['ndcg@10']).toBe(metrics['ndcgAtK']);
    expect(few['ndcg@1']).not.toBe(few['ndcg@10']);
  });

  it('needs groups, boosted trees and a column that is there', async () => {
    const noGroup = await runForTest([...fit, '--task', 'ranking']);
    expect(noGroup.exitCode).toBe(2);
    expect(noGroup.stderr).toContain('the task ranking needs --group');
    const forest = await runForTest([...fit, '--group', 'query', '--algo', 'rf']);
    expect(forest.exitCode).toBe(2);
    expect(forest.stderr).toContain('--algo of the task ranking must be gbt; got rf');
    const absent = await runForTest([...fit, '--group', 'session']);
    expect(absent.exitCode).toBe(3);
    expect(absent.stderr).toContain('session');
  });
});
