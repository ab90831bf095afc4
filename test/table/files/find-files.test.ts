/** What a path may lead to: folders and regular files; all else is refused by name, and nothing is waited for. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFiles } from '../../../src/table/files/find-files.ts';
import { errorOf } from '../../contract/error-of.ts';
import { suiteRuns } from '../../tools/suite-runs.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const root = temporaryFolder('find-files');
const find = (path: string) => findFiles(join(root, path), ['.csv']).map((file) => file.path);
const refusal = async (path: string) => await errorOf(() => find(path));

const reason = process.platform === 'win32' ? 'Windows has no pipes and devices in folders' : null;
const runs = suiteRuns('pipes and devices', reason);

describe.runIf(runs)('a path that is no file', () => {
  it('is refused by what it is: a pipe, a device', async () => {
    execFileSync('mkfifo', [join(root, 'pipe.csv')]);
    const pipe = await refusal('pipe.csv');
    expect(pipe.code).toBe('FILE_FORMAT');
    expect(pipe.message).toMatch(
      /must be a regular file.* it is a pipe; write what it gives to a file/,
    );
    expect((await refusal('*.csv')).message).toContain('it is a pipe');
    const device = await errorOf(() => findFiles('/dev/null', []));
    expect(device.message).toContain('it is a device');
  });

  it('is refused where a link leads nowhere, alone, in a folder and by a pattern', async () => {
    mkdirSync(join(root, 'links'));
    symlinkSync(join(root, 'gone.csv'), join(root, 'links', 'a.csv'));
    for (const path of ['links/a.csv', 'links', 'links/*.csv']) {
      const error = await refusal(path);
      expect(error.code).toBe('FILE_NOT_FOUND');
      expect(error.message).toMatch(/a\.csv must exist; it is a link to one that does not$/);
    }
  });

  it('is refused where folders lead into themselves', async () => {
    mkdirSync(join(root, 'ring'));
    writeFileSync(join(root, 'ring', 'a.csv'), 'x\n1\n');
    symlinkSync('.', join(root, 'ring', 'again'));
    const error = await refusal('ring');
    expect(error.code).toBe('FILE_NOT_FOUND');
    expect(error.message).toMatch(/cannot be opened: ELOOP/);
  });
});

/** Calls `work` as a user who may only do what everybody may: an administrator may read everything. */
async function asAnybody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe.runIf(runs)('a folder that may not be read', () => {
  const folder = join(root, 'closed');
  mkdirSync(join(folder, 'day=1'), { recursive: true });
  mkdirSync(join(folder, 'day=2'));
  for (const day of ['day=1', 'day=2']) writeFileSync(join(folder, day, 'a.csv'), 'x\n1\n');
  chmodSync(root, 0o755);

  it.each([
    ['closed', 'day=2'],
    ['closed/*', 'day=2'],
    ['closed/*/*.csv', 'day=2'],
    ['closed/**', 'day=2'],
    ['closed/day=2/a.csv', 'day=2/a.csv'],
    ['closed/day=2/*.csv', 'day=2'],
  ])('is refused by name and not passed over: %s', async (path, named) => {
    chmodSync(join(folder, 'day=2'), 0);
    try {
      const error = await asAnybody(() => refusal(path));
      const message = `the file ${join(folder, named)} cannot be opened: EACCES, permission denied; let this user read it and enter the folders above it`;
      expect([error.code, error.message]).toEqual(['FILE_NOT_FOUND', message]);
    } finally {
      chmodSync(join(folder, 'day=2'), 0o755);
    }
  });
});

describe.runIf(process.platform === 'linux')('a name that is no UTF-8', () => {
  it('is refused as such', async () => {
    const folder = join(root, 'latin');
    mkdirSync(folder);
    const name = Buffer.concat([
      Buffer.from(`${folder}/caf`),
      Buffer.of(0xe9),
      Buffer.from('.csv'),
    ]);
    writeFileSync(name, 'x\n1\n');
    const error = await refusal('latin');
    expect(error.code).toBe('FILE_NOT_FOUND');
    expect(error.message).toMatch(
      /must have a name in UTF-8; it has bytes that are none; rename it/,
    );
  });
});

describe('a link', () => {
  it('to a file is that file', () => {
    writeFileSync(join(root, 'x.csv'), 'x\n1\n');
    symlinkSync(join(root, 'x.csv'), join(root, 'y.csv'));
    expect(find('y.csv')).toEqual([join(root, 'y.csv')]);
  });
});

describe('a pattern', () => {
  it('with a range that runs backwards is refused', async () => {
    const error = await refusal('[z-a].csv');
    expect(error.code).toBe('PARAM_INVALID');
    expect(error.message).toContain('[z-a].csv must be one that can be matched');
  });
});

describe('a folder of folders', () => {
  it('has columns whose names begin with _, and no files of programs that are named so', () => {
    for (const path of [
      '_day=1/a.csv',
      '_day=2/_b=x/a.csv',
      '_day=2/_SUCCESS',
      '_old/a.csv',
      '.x=1/a.csv',
    ]) {
      mkdirSync(dirname(join(root, 'hive', path)), { recursive: true });
      writeFileSync(join(root, 'hive', path), 'x\n1\n');
    }
    const found = findFiles(join(root, 'hive'), ['.csv']);
    expect(found.map(({ folderValues }) => folderValues)).toEqual([
      [['_day', '1']],
      [
        ['_day', '2'],
        ['_b', 'x'],
      ],
    ]);
  });
});

describe('a folder of which a table format keeps a log', () => {
  const logs = [
    ['Delta Lake', '_delta_log/00000000000000000000.json'],
    ['Iceberg', 'metadata/00001-7b1c.metadata.json'],
    ['Iceberg', 'metadata/v3.metadata.json'],
    ['Hudi', '.hoodie/hoodie.properties'],
  ] as const;

  it.each(logs)('is refused by the format: %s, %s', async (name, log) => {
    const folder = join('lake', log.replaceAll(/\W/g, '-'));
    const place = join(root, folder);
    for (const path of [log, 'day=1/part-0.csv', 'part-1.csv']) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), 'x\n1\n');
    }
    for (const path of [folder, `${folder}/day=1`, `${folder}/*.csv`, `${folder}/**/*.csv`]) {
      const error = await refusal(path);
      expect(error.code).toBe('UNSUPPORTED');
      expect(error.message).toContain(name);
    }
    // whoever names files knows which
    expect(find(`${folder}/part-1.csv`)).toHaveLength(1);
  });

  it('is not one beside such a folder, nor one whose metadata are others', () => {
    mkdirSync(join(root, 'plain', 'metadata'), { recursive: true });
    writeFileSync(join(root, 'plain', 'metadata', 'notes.json'), '{}');
    writeFileSync(join(root, 'plain', 'a.csv'), 'x\n1\n');
    expect(find('plain')).toHaveLength(1);
  });
});
