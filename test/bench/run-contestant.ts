/** One run of one contestant: starts its program, reads its line, its memory and its predictions. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { benchFolder, benchHome, python } from './bench-home.ts';
import { type ProcessUse, ProcessWatch } from './process-watch.ts';
import type { BenchRow, BenchTask, Contestant, Measured, RunRecord, Variant } from './row.ts';
import { scorePredictions } from './score.ts';

/** No run may take longer. */
const longestSeconds = 1500;

/** What to run. */
export interface RunRequest {
  readonly row: BenchRow;
  readonly contestant: Contestant;
  readonly variant: Variant;
  readonly round: number;
  readonly threads: number;
  /** Other than the row's number of rounds, in the run that picks a variant. */
  readonly rounds?: number | undefined;
  readonly labels: Float64Array;
  /** Seconds after which the run is given up. */
  readonly limitSeconds?: number | undefined;
}

/** Runs it; throws with the end of what it said when it fails. */
export async function runContestant(request: RunRequest): Promise<RunRecord> {
  const { row, contestant, variant } = request;
  const folder = join(benchHome, 'runs', row.name, contestant.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const base = row.task();
  const rounds = request.rounds ?? contestant.onceRounds ?? base.settings.rounds;
  const task: BenchTask = {
    ...base,
    settings: { ...base.settings, rounds },
    threads: request.threads,
    folder,
  };
  const answer = await runProgram(
    contestant.program,
    { ...task, extra: variant.extra ?? {} },
    variant,
    request.limitSeconds ?? longestSeconds,
  );
  const predictions = join(folder, 'predictions.f64');
  const scores = new Float64Array(new Uint8Array(readFileSync(predictions)).buffer);
  return {
    ...answer,
    ...(task.from === 'process' ? { seconds: answer.processSeconds } : {}),
    contestant: contestant.name,
    variant: variant.name,
    round: request.round,
    rounds,
    score: scorePredictions(row.metric, scores, request.labels),
  };
}

type Answer = Measured & ProcessUse & Pick<RunRecord, 'processSeconds'>;

function runProgram(
  program: string,
  task: object,
  variant: Variant,
  limitSeconds: number,
): Promise<Answer> {
  const isPython = program.endsWith('.py');
  const path = join(benchFolder, isPython ? 'peers' : 'contestants', program);
  const flags = isPython ? ['-X', 'utf8'] : ['--no-warnings'];
  // every process of Node parses what the machine adds to its certificates, before the first line of the program
  const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;
  const began = performance.now();
  const child = spawn(
    isPython ? python : process.execPath,
    [...flags, path, JSON.stringify(task)],
    {
      env: { ...environment, PYTHONWARNINGS: 'ignore', ...variant.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: Math.ceil(1000 * limitSeconds),
    },
  );
  const watch = new ProcessWatch(child.pid ?? 0);
  let errors = '';
  let answer: Answer | null = null;
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"seconds"')) return;
    const processSeconds = (performance.now() - began) / 1000;
    answer = { ...(JSON.parse(line) as Measured), processSeconds, ...watch.use() };
    watch.stop();
    child.stdin.end('go\n');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      watch.stop();
      if (code === 0 && answer !== null) resolve(answer);
      else
        reject(new Error(`${program} (${variant.name}) ended with ${signal ?? code}\n${errors}`));
    });
  });
}
