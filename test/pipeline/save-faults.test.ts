import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';
import { ToyModel, toyModel } from './toy-model.ts';

const root = temporaryFolder('faults');
const bundled = join(temporaryFolder('saving-child'), 'save-in-child.mjs');
const node = [process.execPath, bundled];
const leftovers = (): string[] => readdirSync(root).filter((name) => /\.(tmp|old)-/.test(name));

// one file: the child is started often, and modules that are compiled anew would be most of each start
beforeAll(async () => {
  const entry = fileURLToPath(new URL('./save-in-child.ts', import.meta.url));
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    entryPoints: [entry],
    outfile: bundled,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: banner },
  });
});

describe('a disk that fills up while a model is saved', () => {
  // The shell's limit on the size of a file makes writes short and then fail, as a full disk does.
  const limited = (path: string): string => {
    const script = `ulimit -f 200; trap '' XFSZ; exec "$@"`;
    const done = spawnSync('bash', ['-c', script, 'bash', ...node, 'once', path], {
      encoding: 'utf8',
    });
    return done.stdout.trim();
  };

  it('gives a clear error and leaves the old model as it was', {
    skip: process.platform === 'win32',
  }, async () => {
    const path = join(root, 'full');
    await toyModel(1).save(path);
    const before = folderContent(path);
    expect(limited(path)).toMatch(/^FILE_WRITE .*cannot be written: /);
    expect(folderContent(path)).toEqual(before);
    expect(leftovers()).toEqual([]);
  });

  it('leaves nothing behind where nothing was', { skip: process.platform === 'win32' }, () => {
    expect(limited(join(root, 'never'))).toMatch(/^FILE_WRITE /);
    expect(readdirSync(root)).not.toContain('never');
    expect(leftovers()).toEqual([]);
  });

  it('gives a clear error on a file system without room', {
    skip: process.platform !== 'linux',
  }, () => {
    // A private mount, so it needs a user namespace; where the system forbids that, the limit above has to do.
    const script = `mount -t tmpfs -o size=256k none "$0" && exec "$@"`;
    const mounted = spawnSync(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--mount',
        'bash',
        '-c',
        script,
        root,
        ...node,
        'once',
        join(root, 'm'),
      ],
      { encoding: 'utf8' },
    );
    if (mounted.status !== 0) return console.warn('skipped: no private mounts on this system');
    expect(mounted.stdout.trim()).toMatch(/^FILE_WRITE .*the disk is full/);
    return undefined;
  });
});

describe('a process that is killed while it saves', () => {
  it('leaves the old or the new model, at 20 moments', { timeout: 180_000 }, async () => {
    const path = join(root, 'killed');
    await toyModel(1, 3000).save(path);
    for (let round = 0; round < 20; round++) {
      await killAfter(path, (round * 37) % 101);
      const { values, codes } = (await ToyModel.load(path)).state;
      expect([1, 2]).toContain(values[0]);
      expect(values.every((value) => value === values[0])).toBe(true);
      expect(codes.every((code) => code === values[0])).toBe(true);
    }
    await toyModel(1, 3000).save(path, { overwrite: true });
    expect(leftovers()).toEqual([]);
  });
});

/** Starts the saving child and kills it some time after it has begun. */
async function killAfter(path: string, delayMs: number): Promise<void> {
  const [command = '', ...rest] = node;
  const running = spawn(command, [...rest, 'forever', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    running.once('error', reject);
    running.once('exit', () => resolve());
    running.stdout.once('data', () => setTimeout(() => running.kill('SIGKILL'), delayMs));
  });
}
