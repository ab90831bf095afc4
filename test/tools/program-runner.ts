/**
 * Runs the programs of the docs one after another in one process, which imports the library once: a process for each
 * would spend most of its time on starting. What a program leaves open shows at the end, when the process does not.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('./program-process.mjs', import.meta.url));

export class ProgramRunner {
  readonly #folder: string;
  #child: ChildProcess | null = null;

  /** Programs run in this folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a program printed. @throws Error where it failed, or took the process with it */
  async run(path: string): Promise<string> {
    this.#child ??= this.#start();
    const child = this.#child;
    child.send(path);
    const answer = await new Promise<{ printed?: string; error?: string }>((resolve) => {
      const fallen = (code: number | null, signal: string | null): void => {
        this.#child = null;
        resolve({ error: `${path} ended its process with ${signal ?? code}` });
      };
      child.once('exit', fallen);
      child.once('message', (message: object) => {
        child.off('exit', fallen);
        resolve(message);
      });
    });
    if (answer.printed === undefined) throw new Error(answer.error);
    return answer.printed;
  }

  /** Lets the process end by itself; false when it has to be killed, for a program left something open. */
  async end(): Promise<boolean> {
    const child = this.#child;
    if (child === null) return true;
    this.#child = null;
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const ended = new Promise<boolean>((resolve) =>
      child.once('exit', (_, signal) => resolve(signal === null)),
    );
    child.disconnect();
    const endedByItself = await ended;
    clearTimeout(timer);
    return endedByItself;
  }

  #start(): ChildProcess {
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
    return fork(entry, [], { cwd: this.#folder, execArgv: [], stdio: [...stdio] });
  }
}
