/**
 * `npm run bench:gpu -- [--quick] [--rows 1000000,10000000] [--trees 20] [--repeats 3] [--growth level,leaf,forest]
 * [--minutes 9] [--threads 16]`
 *
 * How fast is a GPU? Prints adapter, driver and limits, the time of each kernel, then whole fits of 28 float32 features
 * and 255 bins on the CPU and on the GPU in turn, what went to and fro for a tree, and XGBoost's `device=cuda` where
 * python3 has it. Seconds a tree are the difference of two fits of few and of many trees, so that reading, binning and
 * set-up are in neither. The models of both devices must be the same bytes. Each line is printed when it is known; what
 * would begin after `--minutes` is left out and named. `--quick`: 1,000,000 rows, once, boosted trees level by level.
 * Where XGBoost is missing, pip is asked for it once, into a folder that is removed. Where no GPU can be used it says what
 * of a driver was found and what is missing, and times nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mix32 } from '../../src/base/rng.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import { GBTClassifier, type PartitionedTable, RandomForestClassifier } from '../../src/index.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import type { DeviceTold } from '../../src/training/messages.ts';
import { driversText, findDrivers } from '../../src/tree/backend/gpu/driver-files.ts';
import { examineDevice } from '../../src/tree/backend/gpu/probe-device.ts';
import { KnobRunner } from '../tools/knob-runner.ts';
import { treeBytes } from '../tools/tree-bytes.ts';
import { machineText, revisionText } from './machine.ts';

const numFeatures = 28;
const fewTrees = 3;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rows: { type: 'string' },
    trees: { type: 'string' },
    repeats: { type: 'string' },
    growth: { type: 'string' },
    minutes: { type: 'string', default: '9' },
    threads: { type: 'string' },
  },
});
const { quick } = values;
const sizes = (values.rows ?? (quick ? '1000000' : '1000000,10000000')).split(',').map(Number);
const numTrees = Number(values.trees ?? (quick ? 10 : 20));
const numRepeats = Number(values.repeats ?? (quick ? 1 : 3));
const growthNames = (values.growth ?? (quick ? 'level' : 'level,leaf,forest')).split(',');
const numThreads = Number(values.threads ?? availableParallelism());
const end = performance.now() + 60_000 * Number(values.minutes);
const isLate = (): boolean => performance.now() > end;

const pool = new ThreadPool(numThreads, workerUrl());
const runner = new KnobRunner(pool);

interface Columns {
  readonly features: readonly Float32Array[];
  readonly label: Int32Array;
}

interface Timed {
  readonly secondsOfTree: number;
  readonly secondsOfFit: number;
  readonly trees: string;
  readonly device: DeviceTold | null;
}

const growths: Readonly<Record<string, object>> = {
  level: { maxDepth: 8 },
  leaf: { maxLeaves: 255 },
  forest: { maxDepth: 10, featureSubsetStrategy: 'sqrt' },
};

/** Features between 0 and 1; the label hangs on eight of them and on chance. */
function makeColumns(numRows: number): Columns {
  const label = new Int32Array(numRows);
  const score = new Float32Array(numRows);
  const features = Array.from({ length: numFeatures }, (_, f) => {
    const column = new Float32Array(numRows);
    for (let row = 0; row < numRows; row++) {
      const value = (mix32(mix32(row + 1) ^ Math.imul(f + 1, 0x9e3779b1)) >>> 8) / 16_777_216;
      column[row] = value;
      if (f < 8) {
        const term = f % 2 === 0 ? value : value * value;
        score[row] = (score[row] as number) + (f % 3 === 0 ? term : -term);
      }
    }
    return column;
  });
  for (let row = 0; row < numRows; row++) {
    const noise = (mix32(row ^ 0x2545f491) >>> 8) / 16_777_216 - 0.5;
    label[row] = (score[row] as number) + noise > 0.2 ? 1 : 0;
  }
  return { features, label };
}

async function timeFit(table: PartitionedTable, device: 'cpu' | 'gpu', growth: string) {
  const fit = async (size: number): Promise<{ seconds: number; trees: string }> => {
    const common = {
      labelCol: 'label',
      featuresCols: Array.from({ length: numFeatures }, (_, f) => `x${f}`),
      minInstancesPerNode: 1,
      device,
      ...growths[growth],
    };
    const estimator =
      growth === 'forest'
        ? new RandomForestClassifier({ ...common, numTrees: size })
        : new GBTClassifier({ ...common, maxIter: size, lambda: 1 });
    const begin = performance.now();
    const model = await estimator.fit(table);
    return { seconds: (performance.now() - begin) / 1000, trees: JSON.stringify(treeBytes(model)) };
  };
  // the first one warms up
  await fit(fewTrees);
  const few = await fit(fewTrees);
  const many = await fit(fewTrees + numTrees);
  return {
    secondsOfTree: (many.seconds - few.seconds) / numTrees,
    secondsOfFit: many.seconds,
    trees: many.trees,
    device: runner.reports.find((report) => report.device !== null)?.device ?? null,
  } satisfies Timed;
}

/** The environment under which python3 has XGBoost, or why there is none. */
let python: NodeJS.ProcessEnv | string | null = null;
let packages: string | null = null;

function pythonWithXgboost(): NodeJS.ProcessEnv | string {
  const hasIt = (env: NodeJS.ProcessEnv): boolean =>
    spawnSync('python3', ['-c', 'import xgboost, numpy'], { env }).status === 0;
  if (hasIt(process.env)) return process.env;
  packages = mkdtempSync(join(tmpdir(), 'coppice-xgboost-'));
  const words = ['-m', 'pip', 'install', '--quiet', '--target', packages, 'xgboost', 'numpy'];
  const retries = ['--retries', '0', '--timeout', '10'];
  const { status, stderr, error } = spawnSync('python3', [...words, ...retries], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  const env = { ...process.env, PYTHONPATH: packages };
  if (status === 0 && hasIt(env)) return env;
  const reason = error?.message ?? (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return `python3 has no xgboost and numpy, and pip did not bring them (${reason})`;
}

/** XGBoost on the same rows, or why not. */
function timeXgboost({ features, label }: Columns, growth: string): string {
  python ??= pythonWithXgboost();
  if (typeof python === 'string') return `XGBoost: left out, ${python}`;
  const folder = mkdtempSync(join(tmpdir(), 'coppice-bench-'));
  try {
    features.forEach((column, f) => {
      writeFileSync(join(folder, `x${f}.f32`), column);
    });
    writeFileSync(join(folder, 'label.i32'), label);
    const script = fileURLToPath(new URL('peers/gpu_xgboost.py', import.meta.url));
    const words = [script, folder, String(numFeatures), String(numTrees), growth];
    const options = { encoding: 'utf8', env: python } as const;
    const { status, stdout, stderr } = spawnSync('python3', words, options);
    return `XGBoost: ${status === 0 ? stdout.trim() : (stderr.trim().split('\n').at(-1) ?? '')}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[list.length >> 1] as number;

async function compare(numRows: number): Promise<void> {
  const columns = makeColumns(numRows);
  const named = Object.fromEntries(columns.features.map((column, f) => [`x${f}`, column]));
  const table = tableFromColumns(runner, { ...named, label: columns.label }, {});
  for (const growth of growthNames) {
    const times: Record<'cpu' | 'gpu', Timed[]> = { cpu: [], gpu: [] };
    for (let repeat = 0; repeat < numRepeats && !isLate(); repeat++) {
      for (const device of ['gpu', 'cpu'] as const) {
        const timed = await timeFit(table, device, growth);
        times[device].push(timed);
        console.log(`  ${growth} ${device}: ${timed.secondsOfTree.toFixed(4)} s a tree`);
      }
    }
    if (times.cpu.length === 0) {
      console.log(`${numRows} rows, ${growth}: left out, ${values.minutes} minutes are over`);
      continue;
    }
    const all = [...times.cpu, ...times.gpu];
    if (new Set(all.map(({ trees }) => trees)).size > 1) throw new Error('the models differ');
    const tree = (device: 'cpu' | 'gpu'): number =>
      median(times[device].map(({ secondsOfTree }) => secondsOfTree));
    const fit = (device: 'cpu' | 'gpu'): number =>
      median(times[device].map(({ secondsOfFit }) => secondsOfFit));
    console.log(
      `${numRows} × ${numFeatures}, ${growth}, ${numThreads} threads: ` +
        `CPU ${tree('cpu').toFixed(4)} s a tree, GPU ${tree('gpu').toFixed(4)}, ` +
        `ratio ${(tree('cpu') / tree('gpu')).toFixed(2)}; ` +
        `fit of ${fewTrees + numTrees}: ${fit('cpu').toFixed(2)} and ${fit('gpu').toFixed(2)} s; same model`,
    );
    const { device } = times.gpu[0] as Timed;
    const perTree = Object.entries(device ?? {}).map(([name, value]) =>
      /submits|reads|bytes|numStreamed/.test(name)
        ? `${name} ${(value / (device?.numTrees ?? 1)).toFixed(name === 'numStreamed' ? 2 : 0)}`
        : '',
    );
    console.log(`  of ${device?.numTrees} trees each:`, perTree.filter(Boolean).join(', '));
    if (growth !== 'forest' && !isLate()) console.log(timeXgboost(columns, growth));
  }
}

console.log(`${machineText()}, Node ${process.versions.node}, Coppice ${revisionText()}`);
try {
  const { facts, selfTest } = await examineDevice();
  console.log(`${facts.name}, ${facts.driver}, by ${facts.backend}`, facts.limits);
  console.log('kernels', selfTest);
  for (const numRows of sizes) await compare(numRows);
  await pool.close();
} catch (error) {
  console.log(`nothing was timed: ${error instanceof Error ? error.message : String(error)}`);
  console.log(`found: ${driversText(findDrivers(process.env))}`);
  process.exitCode = 1;
} finally {
  if (packages !== null) rmSync(packages, { recursive: true, force: true });
}
