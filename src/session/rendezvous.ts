/**
 * How do a driver and its executors find each other when something else starts them (mpirun, srun, a Kubernetes
 * Indexed Job)? Each executor has its rank from the launcher's environment and leaves its address in a folder that all
 * see; the driver waits until all of them are there.
 *
 *     <folder>/executor-00003.json    { "rank": 3, "world": 8, "address": "node-c:40123" }
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoppiceError } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.ts';

/** One of the processes that a launcher started. */
export interface LaunchedPlace {
  readonly rank: number;
  readonly world: number;
}

/** Variables with rank and number of processes, the most explicit first. */
const variables = [
  ['COPPICE_RANK', 'COPPICE_WORLD'],
  ['OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE'],
  ['PMI_RANK', 'PMI_SIZE'],
  ['SLURM_PROCID', 'SLURM_NTASKS'],
  ['JOB_COMPLETION_INDEX', 'COPPICE_WORLD'],
] as const;

/** The place that the environment tells. @throws CoppiceError `PARAM_INVALID` where it tells none */
export function launchedPlace(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LaunchedPlace {
  for (const [rankName, worldName] of variables) {
    const [rank, world] = [environment[rankName], environment[worldName]].map(wholeNumber);
    if (rank === null || rank === undefined) {
      const given = environment[rankName] ?? '';
      if (given === '') continue;
      throw new CoppiceError(
        'PARAM_INVALID',
        `${rankName} of a launched executor must be a whole number from 0; got ${given}`,
      );
    }
    if (world !== null && world !== undefined && rank < world) return { rank, world };
    const message = `${worldName} of a launched executor must be a number above its rank, ${rankName}=${rank}; got ${environment[worldName] ?? 'nothing'}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  const names = variables.map(([name]) => name).join(', ');
  const message = `the rank of a launched executor must be in the environment, in one of ${names}; it is in none`;
  throw new CoppiceError('PARAM_INVALID', message);
}

/** Leaves an executor's address in the folder; returns how to take it away. */
export async function announce(
  folder: string,
  { rank, world }: LaunchedPlace,
  listening: { readonly host: string; readonly port: number },
): Promise<() => Promise<void>> {
  // an executor that listens on every address is known by its machine's name
  const isAny = listening.host === '0.0.0.0' || listening.host === '::';
  const host = isAny ? hostname() : listening.host;
  const address = `${host.includes(':') ? `[${host}]` : host}:${listening.port}`;
  const path = join(folder, nameOf(rank));
  await makeFolder(folder);
  await writeFile(`${path}.new`, JSON.stringify({ rank, world, address }));
  await rename(`${path}.new`, path);
  return async () => {
    const there = await read(folder, rank);
    // a later gang may have left its own
    if (there?.address === address) await rm(path, { force: true });
  };
}

/**
 * The addresses of all executors of a folder, by rank.
 *
 * @throws CoppiceError `EXECUTOR_LOST` with the ranks that did not come in time
 */
export async function meetAt(folder: string, world: number, ms: number): Promise<string[]> {
  const until = performance.now() + ms;
  for (;;) {
    const found = await Promise.all(Array.from({ length: world }, (_, rank) => read(folder, rank)));
    const isOurs = (one: Announcement | null): boolean => one?.world === world;
    const missing = found.flatMap((one, rank) => (isOurs(one) ? [] : [rank]));
    if (missing.length === 0) return found.map((one) => (one as Announcement).address);
    if (performance.now() > until) {
      const other = found.find((one) => one !== null && !isOurs(one))?.world;
      const hint = other === undefined ? '' : `; there are some of a gang of ${other}`;
      const message = `${world} executors must announce themselves in ${folder} within ${Math.round(ms)} ms; rank ${missing.join(', ')} did not${hint}`;
      throw new CoppiceError('EXECUTOR_LOST', message, { context: { rank: missing[0] ?? -1 } });
    }
    await sleep(100);
  }
}

function nameOf(rank: number): string {
  return `executor-${String(rank).padStart(5, '0')}.json`;
}

interface Announcement {
  readonly world: number;
  readonly address: string;
}

async function read(folder: string, rank: number): Promise<Announcement | null> {
  try {
    const text = await readFile(join(folder, nameOf(rank)), 'utf8');
    const { world, address } = JSON.parse(text) as { world?: unknown; address?: unknown };
    if (typeof world !== 'number' || typeof address !== 'string') return null;
    return { world, address };
  } catch {
    return null;
  }
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
