/** Paths that the system does not take: every reader and writer says so with a code, the path and what to do. */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLightGBMModel } from '../../src/ensemble/foreign/read-foreign-model.ts';
import { readSparkModel } from '../../src/ensemble/foreign/spark/read-spark-model.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { findFiles } from '../../src/table/files/find-files.ts';
import { errorOf } from '../contract/error-of.ts';
import { toyModel } from '../pipeline/toy-model.ts';
import { inlineTable } from '../tools/inline-table.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const why = process.platform === 'win32' ? 'Windows has other rules for paths' : null;
const runs = suiteRuns('paths of POSIX', why);
const folder = temporaryFolder('file-reasons');
const file = join(folder, 'file.csv');
writeFileSync(file, 'x\n1\n');

const readers = {
  'a table': (path: string) => findFiles(path, ['.csv']),
  'a saved model': (path: string) => loadStage(path),
  'a model of LightGBM': (path: string) => readLightGBMModel(path),
  'a model of Spark': (path: string) => readSparkModel(path),
};
const writers = {
  'a file': (path: string) => inlineTable({ x: [1] }).write.csv(`${path}.csv`),
  'a folder': (path: string) => inlineTable({ x: [1] }).write.csv(path),
  'a model': (path: string) => toyModel(1).save(path),
};
const odd = [
  ['below a file', join(file, 'x'), /a file, not a folder|must exist|no saved model/],
  ['with NUL', join(folder, 'a\0b'), /a\\0b.* the character NUL in it/],
  ['too long', join(folder, 'a'.repeat(300)), /longer than the file system takes; shorten it/],
] as const;

describe.runIf(runs)('a path that the system does not take', () => {
  const before = readdirSync(folder);

  it.each(odd)('is refused by whatever reads: %s', async (_, path, words) => {
    for (const [what, read] of Object.entries(readers)) {
      const error = await errorOf(() => read(path));
      expect([what, error.code]).toEqual([what, 'FILE_NOT_FOUND']);
      expect(error.message).toMatch(words);
    }
  });

  it.each(odd)('is refused by whatever writes, and nothing is left: %s', async (_, path, words) => {
    for (const [what, write] of Object.entries(writers)) {
      const error = await errorOf(() => write(path));
      expect([what, error.code]).toEqual([what, 'FILE_WRITE']);
      expect(error.message).toMatch(words);
      expect(error.message).not.toContain('.tmp-');
    }
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe.runIf(runs)('a folder that may not be entered', () => {
  it('is refused by whatever reads or writes', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(folder, 0o755);
    chmodSync(closed, 0);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      for (const read of Object.values(readers)) {
        const error = await errorOf(() => read(join(closed, 'x')));
        expect(error.code).toBe('FILE_NOT_FOUND');
        expect(error.message).toMatch(/EACCES, permission denied; let this user read it/);
      }
      const spark = await errorOf(() => readSparkModel(closed));
      expect(spark.message).toMatch(/EACCES, permission denied; let this user read it/);
      for (const write of Object.values(writers)) {
        const error = await errorOf(() => write(join(closed, 'x')));
        expect(error.code).toBe('FILE_WRITE');
        expect(error.message).toMatch(/permission denied; choose a folder that you may write to/);
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(closed, 0o755);
    }
    expect(existsSync(closed) && readdirSync(closed)).toEqual([]);
  });
});
