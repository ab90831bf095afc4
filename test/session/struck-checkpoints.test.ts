/** At the very write of a checkpoint the driver or a rank is struck, or the disk is full: the model is the undisturbed one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { Session } from '../../src/session/session.ts';
import { childrenOf } from '../cluster/executors/relay.ts';
import { startExecutors, token } from '../cluster/executors/start-executor.ts';
import { isRunning, untilGone } from '../cluster/run-program.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';

const folder = temporaryFolder('struck-checkpoints');
const script = fileURLToPath(new URL('./checkpointing-driver.mjs', import.meta.url));
const executors = await startExecutors([1, 1], '--silence', '5');
const victim = executors[1] as (typeof executors)[number];

/** What a driver told. */
interface Told {
  readonly warnings: string[];
  firstRound: number;
  writing: string;
  exit: number | string | null;
}

interface Run {
  readonly checkpoints: string;
  /** At which of its checkpoints it stops; it tells of its first rounds after each loss. */
  readonly stopsAt?: readonly number[];
  onTraining?(): void;
  onWriting?(driver: ChildProcess): void;
  /** In front of the command. */
  readonly wrapper?: readonly string[];
}

const out = join(folder, 'out');

async function drive(run: Run): Promise<Told> {
  const { checkpoints, stopsAt = [], wrapper = [] } = run;
  const addresses = executors.map(({ address }) => address);
  const work = JSON.stringify({ addresses, token, checkpointDir: checkpoints, out, stopsAt });
  const [command = '', ...words] = [...wrapper, process.execPath, script, work];
  const driver = spawn(command, words, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const told: Told = { warnings: [], firstRound: 0, writing: '', exit: null };
  driver.on('message', (message: { warning?: string } & Partial<Told>) => {
    if (message.warning !== undefined) told.warnings.push(message.warning);
    if (message.firstRound !== undefined) {
      told.firstRound = message.firstRound;
      run.onTraining?.();
    }
    if (message.writing === undefined) return;
    told.writing = message.writing;
    run.onWriting?.(driver);
  });
  told.exit = await new Promise((resolve) =>
    driver.once('close', (code, signal) => resolve(signal ?? code)),
  );
  return told;
}

// as in the driver
const numRows = 12_000;
const alone = await Session.local({ threads: 1 });
const table = alone.createTable({
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  label: Array.from({ length: numRows }, (_, i) => ((i * 37) % 1009 > 700 - (i % 5) * 90 ? 1 : 0)),
});
const boosted = new GBTClassifier({ featuresCols: ['x', 'z'], maxIter: 200 });
const expected = await savedBytes(await boosted.fit(table));
await alone.close();

describe('a fit that is struck while it writes a checkpoint', () => {
  it('goes on from the checkpoint before, when its driver is killed between file and name', async () => {
    const checkpoints = join(folder, 'killed');
    const killed = await drive({
      checkpoints,
      stopsAt: [2],
      onWriting: (driver) => driver.kill('SIGKILL'),
    });
    expect(killed.exit).toBe('SIGKILL');
    const name = killed.writing.slice(-14);
    expect(name).toMatch(/^round-00000\d\d0$/);
    const [own = ''] = readdirSync(checkpoints);
    const names = (): string[] => readdirSync(join(checkpoints, own)).sort();
    expect(names()).toEqual(['round-00000010', expect.stringContaining(`${name}.tmp-`)]);
    await untilGone(childrenOf(victim.process.pid));
    const resumed = await drive({ checkpoints });
    expect(resumed).toMatchObject({ exit: 0, firstRound: 11, warnings: [] });
    expect(folderContent(out)).toEqual(expected);
    // what the killed one left half-written is gone
    expect(names().every((name) => /^round-\d{8}$/.test(name))).toBe(true);
  });

  it('goes on when a rank is killed then, and at a later one stopped', async () => {
    let ids: number[] = [];
    const killed: number[] = [];
    const stopped: number[] = [];
    const struck = await drive({
      checkpoints: join(folder, 'struck'),
      stopsAt: Array.from({ length: 20 }, (_, i) => i + 1),
      onWriting: (driver) => {
        if (killed.length === 0) {
          for (const id of ids) process.kill(id, 'SIGKILL');
          killed.push(...ids);
        } else if (stopped.length === 0 && !killed.includes(ids[0] as number)) {
          for (const id of ids) process.kill(id, 'SIGSTOP');
          stopped.push(...ids);
        }
        driver.send('go on');
      },
      onTraining: () => {
        ids = childrenOf(victim.process.pid);
      },
    });
    expect([struck.exit, killed.length, stopped.length]).toEqual([0, 1, 1]);
    expect(struck.warnings[0]).toMatch(/goes on from round \d+0: process \d+ of .* by SIGKILL/);
    expect(folderContent(out)).toEqual(expected);
    expect(ids.filter(isRunning)).toEqual([]);
  });

  it('warns once and goes on when the disk is full', async () => {
    const checkpoints = join(folder, 'full');
    mkdirSync(checkpoints);
    const inside = `mount -t tmpfs -o size=8k none "$0" && exec "$@"`;
    const own = ['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c'];
    const wrapper = [...own, inside, checkpoints];
    const [command = '', ...words] = [...wrapper, 'true'];
    if (spawnSync(command, words).status !== 0) {
      return console.warn('skipped: no private mounts on this system');
    }
    const told = await drive({ checkpoints, wrapper });
    expect(told.exit).toBe(0);
    expect(told.warnings).toEqual([
      expect.stringMatching(/could not be written.*the disk is full/),
    ]);
    expect(folderContent(out)).toEqual(expected);
    return undefined;
  });
});
