/**
 * Starts the Spark that the tests of this folder speak to: one JVM with four slots, a Connect server on a port of
 * its own. Spark is installed on first use, pinned, into ~/.cache/coppice-spark (COPPICE_SPARK_HOME names another
 * folder, COPPICE_SPARK_VERSION another version). COPPICE_SPARK_URL, with the other variables that are set here, names one that runs already. Why there is no server, where there is none, the tests read from COPPICE_SPARK_MISSING.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonVenv } from '../../tools/python-venv.ts';

const version = process.env['COPPICE_SPARK_VERSION'];
const pinned = readFileSync(fileURLToPath(new URL('requirements.txt', import.meta.url)), 'utf8');
const isOld = version?.startsWith('3.') === true;
const requirements = version === undefined ? pinned : `pyspark==${version}\npyarrow\n`;
const home =
  process.env['COPPICE_SPARK_HOME'] ??
  join(
    homedir(),
    '.cache',
    ['coppice-spark', ...(version === undefined ? [] : [version])].join('-'),
  );
const python = join(home, 'venv', 'bin', 'python');

/** Vitest calls it before the first test; what it returns, after the last. */
export async function setup(): Promise<() => Promise<void>> {
  return await setUpSpark(null);
}

/**
 * Starts Spark and tells the tests where it is.
 *
 * @param startCluster starts a cluster for the server in a folder, and gives its address; null: four slots of the server's own
 */
export async function setUpSpark(
  startCluster: ((setting: SparkSetting) => Promise<string>) | null,
): Promise<() => Promise<void>> {
  if (process.env['COPPICE_SPARK_URL'] !== undefined) return async () => undefined;
  const missing = lacks() ?? pythonVenv(home, requirements);
  if (missing !== null) {
    process.env['COPPICE_SPARK_MISSING'] = missing;
    return async () => undefined;
  }
  const work = mkdtempSync(join(tmpdir(), 'coppice-spark-'));
  const processes: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const one of processes.reverse()) await end(one);
    const left = await leftOf(work);
    rmSync(work, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`Spark left processes behind:\n${left.join('\n')}`);
  };
  try {
    const setting = settingOf(work, processes);
    const master = (await startCluster?.(setting)) ?? 'local[4]';
    const port = await freePort();
    const token = randomUUID();
    const log = startServer(setting, { port, token, master });
    process.env['COPPICE_SPARK_URL'] = `sc://127.0.0.1:${port}`;
    process.env['COPPICE_SPARK_TOKEN'] = token;
    process.env['COPPICE_SPARK_LOG'] = log;
    process.env['COPPICE_SPARK_WORK'] = work;
    process.env['COPPICE_SPARK_PYTHON'] = python;
    await saying(processes.at(-1) as ChildProcess, log, 'Spark Connect server started');
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** How programs of Spark are started for the tests. */
export interface SparkSetting {
  /** A folder that goes when the tests are over. */
  readonly work: string;
  /** Starts one of the programs in Spark's `bin`; gives the file of its output. It is ended with the tests. */
  start(
    program: string,
    args: readonly string[],
    as: { readonly name: string; readonly environment?: Readonly<Record<string, string>> },
  ): { readonly process: ChildProcess; readonly log: string };
}

function settingOf(work: string, processes: ChildProcess[]): SparkSetting {
  const find = 'import os, pyspark; print(os.path.dirname(pyspark.__file__))';
  const sparkHome = spawnSync(python, ['-c', find], { encoding: 'utf8' }).stdout.trim();
  mkdirSync(join(work, 'tmp'));
  return {
    work,
    start: (program, args, { name, environment }) => {
      const log = join(work, `${name}.log`);
      const output = openSync(log, 'w');
      const started = spawn(join(sparkHome, 'bin', program), args, {
        cwd: work,
        env: {
          ...process.env,
          SPARK_HOME: sparkHome,
          PYSPARK_PYTHON: python,
          SPARK_LOCAL_IP: '127.0.0.1',
          SPARK_LOCAL_HOSTNAME: '127.0.0.1',
          // what they start has it too, and is known by it
          TMPDIR: join(work, 'tmp'),
          ...environment,
        },
        stdio: ['ignore', output, output],
      });
      processes.push(started);
      return { process: started, log };
    },
  };
}

/** What this machine has not. */
function lacks(): string | null {
  if (process.platform !== 'linux') return 'its tests look at processes through /proc';
  if (spawnSync('java', ['-version']).status !== 0) return 'there is no java';
  const given = spawnSync('python3', [
    '-c',
    'import venv, sys; sys.exit(sys.version_info < (3, 10))',
  ]);
  return given.status === 0 ? null : 'there is no python3 of version 3.10 with venv';
}

/** JVMs of these tests live for a minute or two. */
const quickStart = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

function startServer(
  setting: SparkSetting,
  of: { readonly port: number; readonly token: string; readonly master: string },
): string {
  const { work } = setting;
  const { port, token, master } = of;
  const conf = {
    'spark.ui.enabled': 'false',
    'spark.sql.shuffle.partitions': '3',
    'spark.executor.memory': '512m',
    'spark.executor.extraJavaOptions': quickStart,
    'spark.local.dir': work,
    'spark.sql.warehouse.dir': join(work, 'warehouse'),
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': `${port}`,
    'spark.scheduler.barrier.maxConcurrentTasksCheck.interval': '2s',
    'spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures': '3',
    // what fails each time is tried once more, not three times
    'spark.stage.maxConsecutiveAttempts': '2',
    // an executor that is stopped is given up in time, where there are any
    ...(master.startsWith('local')
      ? {}
      : {
          'spark.network.timeout': '20s',
          'spark.network.timeoutInterval': '5s',
          'spark.executor.heartbeatInterval': '2s',
        }),
  };
  const args = [
    ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer'],
    ...['--master', master, '--driver-memory', '1g'],
    // before 4.0 the server does not come with pyspark
    ...(isOld ? ['--packages', `org.apache.spark:spark-connect_2.12:${version}`] : []),
    ...['--driver-java-options', quickStart],
    ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    'spark-internal',
  ];
  const environment = { SPARK_CONNECT_AUTHENTICATE_TOKEN: token };
  return setting.start('spark-submit', args, { name: 'server', environment }).log;
}

/** Waits until a program's output has some words. */
export async function saying(of: ChildProcess, log: string, words: string): Promise<void> {
  for (let waits = 0; waits < 600; waits++) {
    const text = readFileSync(log, 'utf8');
    if (text.includes(words)) return;
    if (of.exitCode !== null || waits === 599) {
      throw new Error(`a program of Spark's did not start:\n${text.slice(-4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  const late = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

/** Ends what programs of Spark's started and left behind; gives their command lines. */
async function leftOf(work: string): Promise<string[]> {
  const find = (): number[] => processesUnder(join(work, 'tmp'));
  for (let waits = 0; waits < 50 && find().length > 0; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return find().map((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    process.kill(pid, 'SIGKILL');
    return `${pid} ${command}`;
  });
}

/** Processes whose folder of temporary files is this one. */
export function processesUnder(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${folder}\0`);
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
