/** Runs fits in processes of their own, one or several side by side, and reads what they took. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ProcessUse, ProcessWatch } from '../process-watch.ts';

/** What a fit is told. */
export interface FitTask {
  readonly path: string;
  readonly threads: number;
  /** Parameters of the boosted trees. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a fit took. */
export interface FitTook extends ProcessUse {
  readonly seconds: number;
  readonly phases: { readonly read: number; readonly bin: number; readonly train: number };
}

const program = fileURLToPath(new URL('./fit-once.mjs', import.meta.url));

/** Runs one fit. */
export async function runFit(task: FitTask): Promise<FitTook> {
  const [took] = await runSideBySide([task]);
  return took as FitTook;
}

/** Starts all fits at the same moment, when every process is up. */
export async function runSideBySide(tasks: readonly FitTask[]): Promise<FitTook[]> {
  const fits = tasks.map((task) => new FitProcess(task));
  try {
    await Promise.all(fits.map((fit) => fit.ready));
    for (const fit of fits) fit.go();
    return await Promise.all(fits.map((fit) => fit.took));
  } finally {
    for (const fit of fits) fit.end();
  }
}

class FitProcess {
  readonly ready: Promise<void>;
  readonly took: Promise<FitTook>;
  readonly #child: ChildProcess;
  readonly #watch: ProcessWatch;

  constructor(task: FitTask) {
    const argument = JSON.stringify({ ...task, waitForStart: true });
    this.#child = spawn(process.execPath, ['--no-warnings', program, argument], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#watch = new ProcessWatch(this.#child.pid ?? 0);
    const lines = createInterface({
      input: this.#child.stdout as NonNullable<ChildProcess['stdout']>,
    });
    const closed = new Promise<never>((_, reject) => {
      this.#child.on('close', (code, signal) => {
        reject(new Error(`a fit ended with ${signal ?? code}: ${argument}`));
      });
    });
    const told = (isIt: (line: string) => boolean): Promise<string> =>
      Promise.race([
        closed,
        new Promise<string>((resolve) => {
          lines.on('line', (line) => {
            if (isIt(line)) resolve(line);
          });
        }),
      ]);
    this.ready = told((line) => line.startsWith('{"ready"')).then(() => undefined);
    this.took = told((line) => line.startsWith('{"seconds"')).then((line) => ({
      ...JSON.parse(line),
      ...this.#watch.use(),
    }));
    // whoever waits for the start hears of an early end there
    this.took.catch(() => undefined);
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  end(): void {
    this.#watch.stop();
    this.#child.stdin?.write('end\n');
  }
}
