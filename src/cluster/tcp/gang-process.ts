/** A process that the driver started to run ranks: what it is told, what it answers, and how it ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { CoppiceError, fromErrorRecord } from '../../base/errors.ts';
import type { MemberJob } from './gang-member.ts';
import type { ProcessSettings, ToDriver, ToProcess } from './process-messages.ts';

/** How much of what a process wrote to stderr is kept for the error that says how it ended. */
const keptWords = 4096;

interface Answer {
  readonly resolve: (message: ToDriver) => void;
  readonly reject: (error: Error) => void;
}

/** A child process with worker threads. */
export class GangProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #answer: Answer | null = null;
  #onMessage: (message: unknown) => void = () => undefined;
  #lost: CoppiceError | null = null;
  #isKilled = false;
  #heardAt = 0;
  readonly #settings: ProcessSettings;
  #name = 'a process';
  #lastWords = '';

  /** @param entry URL of the built process-main.js */
  constructor(entry: URL, settings: ProcessSettings) {
    this.#settings = settings;
    const child = fork(entry, [JSON.stringify(settings)], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (words: string) => {
      process.stderr.write(words);
      this.#lastWords = (this.#lastWords + words).slice(-keptWords);
    });
    child.on('message', (message) => this.#receive(message as ToDriver));
    child.on('error', (cause) => this.#lose(cause.message));
    this.#ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#lose(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`);
        resolve();
      });
    });
  }

  /** Its id; undefined where it could not be started. */
  get id(): number | undefined {
    return this.#child.pid;
  }

  /** False once it has ended. */
  get isAlive(): boolean {
    return this.#lost === null;
  }

  /** Makes it listen for the other processes; resolves with the port. */
  async listen(): Promise<number> {
    const { joinMs } = this.#settings.timing;
    const timer = setTimeout(() => this.#lose(`it did not answer for ${joinMs} ms`), joinMs);
    try {
      const answer = await this.#ask({ kind: 'listen' });
      return answer.kind === 'listening' ? answer.port : 0;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs its ranks of a gang; resolves with what each returned. */
  async start(job: MemberJob, onMessage: (message: unknown) => void): Promise<readonly unknown[]> {
    const { process, firstRanks } = job.place;
    const last = (firstRanks[process + 1] as number) - 1;
    this.#name = `process ${process} (ranks ${firstRanks[process]} to ${last}, id ${this.id}) of the ${job.program} job`;
    this.#onMessage = onMessage;
    const watch = this.#watch();
    try {
      const answer = await this.#ask({ kind: 'start', job });
      return answer.kind === 'done' ? answer.values : [];
    } finally {
      clearInterval(watch);
    }
  }

  /** Asks it to end its ranks. */
  abort(): void {
    if (this.isAlive) this.#child.send({ kind: 'abort' } satisfies ToProcess, () => undefined);
  }

  /** Ends it, even where it is stopped; resolves when it is gone. */
  async kill(): Promise<void> {
    this.keepDriver(true);
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Lets the driver end while the process waits for work, or not. */
  keepDriver(isKept: boolean): void {
    const method = isKept ? 'ref' : 'unref';
    this.#child[method]();
    this.#child.channel?.[method]();
    (this.#child.stderr as unknown as { ref(): void; unref(): void } | null)?.[method]();
  }

  /** Gives the process up when it shows no life for too long. */
  #watch(): NodeJS.Timeout {
    const { heartbeatMs, silenceMs } = this.#settings.timing;
    this.#heardAt = performance.now();
    let lookedAt = this.#heardAt;
    return setInterval(() => {
      const now = performance.now();
      // a driver that was held up itself has heard nobody
      if (now - lookedAt > Math.max(3 * heartbeatMs, silenceMs / 2)) this.#heardAt = now;
      lookedAt = now;
      const silence = Math.round(now - this.#heardAt);
      // the other members notice first, and know more
      if (silence > silenceMs + 2 * heartbeatMs) {
        this.#lose(`it was silent for ${silence} ms: it is stopped`);
      }
    }, heartbeatMs);
  }

  #ask(message: ToProcess): Promise<ToDriver> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#child.send(message, (cause) => {
        if (cause !== null) this.#lose(cause.message);
      });
    });
  }

  #receive(message: ToDriver): void {
    this.#heardAt = performance.now();
    if (message.kind === 'alive') return;
    if (message.kind === 'message') {
      this.#onMessage(message.message);
      return;
    }
    const answer = this.#answer;
    this.#answer = null;
    if (message.kind === 'failed') answer?.reject(fromErrorRecord(message.error));
    else answer?.resolve(message);
  }

  #lose(how: string): void {
    if (this.#lost !== null) return;
    const words = this.#lastWords.trim();
    this.#lost = new CoppiceError(
      'EXECUTOR_LOST',
      `${this.#name} was lost: ${how}${words === '' ? '' : `; its last words: ${words}`}`,
      // one that the driver ended was ended for what happened elsewhere
      { context: this.#isKilled ? { secondary: true } : {} },
    );
    this.#answer?.reject(this.#lost);
    this.#answer = null;
  }
}
