/** Executors that a launcher started find their driver by the variables it set and a folder that all see. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { announce, launchedPlace, meetAt } from '../../src/session/rendezvous.ts';
import { Session } from '../../src/session/session.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { fileOfToken, startExecutor, token } from '../cluster/executors/start-executor.ts';
import { errorOf } from '../cluster/run-program.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const command = fileURLToPath(new URL('../../dist/bundle/node/cli.js', import.meta.url));

describe('launched executors', () => {
  it.each([
    [
      { COPPICE_RANK: '1', COPPICE_WORLD: '3', PMI_RANK: '0' },
      { rank: 1, world: 3 },
    ],
    [
      { OMPI_COMM_WORLD_RANK: '2', OMPI_COMM_WORLD_SIZE: '4' },
      { rank: 2, world: 4 },
    ],
    [
      { PMI_RANK: '0', PMI_SIZE: '1' },
      { rank: 0, world: 1 },
    ],
    [
      { SLURM_PROCID: '5', SLURM_NTASKS: '6' },
      { rank: 5, world: 6 },
    ],
    [
      { JOB_COMPLETION_INDEX: '3', COPPICE_WORLD: '4' },
      { rank: 3, world: 4 },
    ],
  ])('have their place from %o', (environment, place) => {
    expect(launchedPlace(environment)).toEqual(place);
  });

  it.each([{}, { COPPICE_RANK: '3', COPPICE_WORLD: '3' }, { JOB_COMPLETION_INDEX: '0' }])(
    'have none from %o',
    async (environment) => {
      const error = await errorOf(Promise.resolve().then(() => launchedPlace(environment)));
      expect(error).toMatchObject({ code: 'PARAM_INVALID' });
    },
  );

  it('are told which variable is none of a rank', () => {
    const environment = { COPPICE_RANK: 'x', COPPICE_WORLD: '2', PMI_RANK: '0', PMI_SIZE: '2' };
    expect(() => launchedPlace(environment)).toThrow(
      'COPPICE_RANK of a launched executor must be a whole number from 0; got x',
    );
    expect(launchedPlace({ ...environment, COPPICE_RANK: '' })).toEqual({ rank: 0, world: 2 });
  });

  it('announce themselves, serve, and take their address away', async () => {
    const folder = join(temporaryFolder('rendezvous'), 'gang');
    const options = ['--listen', '127.0.0.1:0', '--token-file', fileOfToken(), '--threads', '1'];
    const executors = [0, 1, 2].map((rank) =>
      spawn(process.execPath, [command, 'executor', ...options, '--rendezvous', folder], {
        env: { ...process.env, OMPI_COMM_WORLD_RANK: String(rank), OMPI_COMM_WORLD_SIZE: '3' },
        stdio: 'ignore',
      }),
    );
    const ended = executors.map((child) => new Promise((resolve) => child.once('close', resolve)));
    const session = await Session.connect(folder, { token, threads: 1, world: 3 });
    expect(session.threads).toBe(3);
    await session.close();
    for (const child of executors) child.kill('SIGTERM');
    await Promise.all(ended);
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });

  it('are started by the words that the guide has for Kubernetes', async () => {
    const guide = readFileSync(new URL('../../docs/guides/executors.md', import.meta.url), 'utf8');
    const [, manifest = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
    const [, words = ''] = /command: \[([\s\S]*?)\]/.exec(manifest) ?? [];
    const [program, subcommand, ...rest] = words.split(',').map((word) => word.trim());
    expect([program, subcommand]).toEqual(['node_modules/.bin/coppice', 'executor']);
    const { stdout } = await runForTest(['executor', '--help']);
    const options = rest.filter((word) => word.startsWith('--'));
    expect(options.length).toBeGreaterThan(3);
    for (const option of options) expect(stdout).toMatch(`${option} <`);
    expect(manifest).toMatch('completionMode: Indexed');
    // the driver names as many as there are, under the names that the service gives them
    const [, count = ''] = /completions: (\d+)/.exec(manifest) ?? [];
    expect(manifest).toMatch(`parallelism: ${count}`);
    expect(guide).toMatch(`executors-${Number(count) - 1}.executors:7000`);
    expect(manifest).toMatch('subdomain: executors');
    // nothing meets in a folder there, which alone would ask for the rank
    expect(rest).not.toContain('--rendezvous');
    expect(manifest).not.toMatch('COPPICE_');
  });

  it('are found although a gang that was killed left its addresses there, and leave only their own', async () => {
    const folder = temporaryFolder('left-over');
    const dead = { host: '127.0.0.1', port: 9 };
    const takeAway = await announce(folder, { rank: 0, world: 1 }, dead);
    const connecting = Session.connect(folder, { token, threads: 1, world: 1, joinSeconds: 20 });
    await sleep(300);
    const { address } = await startExecutor('--threads', '1');
    const [host = '', port] = address.split(':');
    await announce(folder, { rank: 0, world: 1 }, { host, port: Number(port) });
    await (await connecting).close();
    await takeAway();
    expect(readdirSync(folder)).toEqual(['executor-00000.json']);
    const other = await errorOf(meetAt(folder, 2, 50));
    expect(other?.message).toMatch('rank 0, 1 did not; there are some of a gang of 1');
  });

  it('are named when they do not come', async () => {
    const error = await errorOf(meetAt(temporaryFolder('nobody'), 2, 50));
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(error?.message).toMatch('rank 0, 1 did not');
  });
});
