import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/base/make-folder.ts';
import { fileWriteError } from '../../src/base/write-durably.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('make-folder');

describe('makeFolder', () => {
  it('makes a folder and those above it, and takes what is there', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(`${path}/`)]);
    await makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
    await makeFolder('/');
  });

  it('is refused below a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(makeFolder(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('has a file or a link in its way told by name', async () => {
    const file = join(folder, 'in the way');
    const link = join(folder, 'dangling');
    writeFileSync(file, '');
    symlinkSync(join(folder, 'nowhere'), link);
    for (const [path, words] of [
      [join(file, 'model'), `${file} is a file, not a folder`],
      [join(file, 'a', 'b', 'model'), `${file} is a file, not a folder`],
      [join(link, 'model'), `${link} is a link to nothing, not a folder`],
    ] as const) {
      const cause = await makeFolder(dirname(path)).catch((error: unknown) => error);
      expect(fileWriteError(path, cause).message).toContain(words);
    }
  });

  it.skipIf(!existsSync('/proc/self'))(
    'ends where a file system has no room for names (skipped without /proc)',
    async () => {
      await expect(makeFolder('/proc/coppice/model')).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
