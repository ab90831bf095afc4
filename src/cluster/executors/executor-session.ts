/**
 * One driver's time with an executor: the process that works for it, and the connection that may come and go. The
 * process is replaced when it is lost or the driver asks for it; a session with a name outlives its driver for a while.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ControlFrame, FrameStream } from './control-frames.ts';
import type { ControlBodies } from './control-messages.ts';
import { encodeValue } from './encode-value.ts';
import type { ExecutorProcessSettings } from './executor-process.ts';

/** How much of what the process wrote to stderr is kept for the message that says how it ended. */
const keptWords = 4096;

/** How long the process may take to end by itself. */
const graceMs = 500;

/** A process that lasted less ended as soon as it began; after so many in a row the session ends. */
const quickMs = 300;
const mostQuickLosses = 10;

/** What a session is made of. */
export interface SessionSettings {
  /** null for one that ends with its connection. */
  readonly name: string | null;
  /** How long the session is kept without a driver. */
  readonly keepMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly process: ExecutorProcessSettings;
  log(line: string): void;
  onEnd(): void;
}

interface Ranks {
  readonly child: ChildProcess;
  readonly frames: FrameStream;
  readonly began: number;
}

/** See the header. */
export class ExecutorSession {
  readonly name: string | null;
  readonly #settings: SessionSettings;
  readonly #began = Date.now();
  #ranks: Ranks | null = null;
  /** Of every process that is still there. */
  readonly #ending = new Set<Promise<void>>();
  /** Processes in a row that ended as soon as they began. */
  #quickLosses = 0;
  #driver: FrameStream | null = null;
  #keeping: NodeJS.Timeout | undefined;
  #isOver = false;
  #over: Promise<void> = Promise.resolve();

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.name = settings.name;
    this.#start();
  }

  /** True while no driver is connected. */
  get isWaiting(): boolean {
    return this.#driver === null;
  }

  /** Resolves when the session has ended; null while nothing ends it. */
  get ending(): Promise<void> | null {
    return this.#isOver ? this.#over : null;
  }

  /** What it is, for whoever has to wait. */
  get description(): string {
    const seconds = Math.round((Date.now() - this.#began) / 1000);
    const name = this.name === null ? '' : ` "${this.name}"`;
    const lost = this.isWaiting ? ', whose driver is gone' : '';
    return `a session${name} since ${seconds} s${lost}`;
  }

  /** The id of the process with the ranks. */
  get processId(): number | undefined {
    return this.#ranks?.child.pid;
  }

  /** Takes a driver's connection. */
  attach(driver: FrameStream): void {
    clearTimeout(this.#keeping);
    this.#driver = driver;
    driver.listen({
      onFrame: (frame) => this.#fromDriver(frame),
      onLost: (cause) => this.#loseDriver(cause),
    });
  }

  /** Ends the process and the connection; resolves when both are gone. */
  end(why: string): Promise<void> {
    if (this.#isOver) return this.#over;
    this.#isOver = true;
    clearTimeout(this.#keeping);
    this.#settings.log(`the session ends: ${why}`);
    this.#over = this.#stop().then(() => {
      this.#settings.onEnd();
      // a driver that sees the end of its connection may come again at once
      this.#driver?.end();
      this.#driver = null;
    });
    return this.#over;
  }

  #fromDriver(frame: ControlFrame): void {
    if (frame.kind === 'bye') void this.end('its driver said goodbye');
    else if (frame.kind === 'reset') this.#replace();
    else this.#passOn(frame, this.#driver, this.#ranks?.frames ?? null);
  }

  #loseDriver(cause: Error): void {
    this.#driver = null;
    if (this.#isOver) return;
    const { keepMs } = this.#settings;
    if (this.name === null || keepMs === 0) {
      void this.end(`its driver was lost: ${cause.message}`);
      return;
    }
    this.#settings.log(`its driver was lost (${cause.message}); the work goes on for ${keepMs} ms`);
    this.#ranks?.frames.sendMessage('detach', 0);
    this.#keeping = setTimeout(() => void this.end('no driver came back'), keepMs);
  }

  /** Passes a frame on; who sends faster than the other side takes has to wait. */
  #passOn(frame: ControlFrame, from: FrameStream | null, to: FrameStream | null): void {
    if (to === null || to.send(frame)) return;
    from?.stream.pause();
    to.stream.once('drain', () => from?.stream.resume());
  }

  #start(): void {
    const child = spawn(
      process.execPath,
      [fileURLToPath(processUrl()), JSON.stringify(this.#settings.process)],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...this.#settings.environment },
      },
    );
    const frames = new FrameStream(child.stdio[3] as Duplex);
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-keptWords);
      this.#tell('log', { text });
    });
    const ended = new Promise<void>((resolve) => {
      let how = '';
      child.once('error', (cause) => {
        how = `it could not be started: ${cause.message}`;
      });
      child.once('close', (code, signal) => {
        if (how === '')
          how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
        frames.destroy();
        resolve();
        if (this.#ranks?.child === child) this.#loseRanks(child.pid ?? 0, how, words.trim());
      });
    });
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
    frames.keepAlive(this.#settings.process.heartbeat);
    frames.listen({
      onFrame: (frame) => {
        if (this.#driver !== null) this.#passOn(frame, frames, this.#driver);
      },
      // a process that stopped is still there: it has to go
      onLost: () => child.kill('SIGKILL'),
    });
    this.#ranks = { child, frames, began: performance.now() };
  }

  #loseRanks(pid: number, how: string, words: string): void {
    const lasted = performance.now() - (this.#ranks?.began ?? 0);
    this.#quickLosses = lasted < quickMs ? this.#quickLosses + 1 : 0;
    this.#ranks = null;
    if (this.#isOver) return;
    this.#settings.log(`process ${pid} was lost: ${how}`);
    this.#tell('lost', { how, words, pid });
    if (this.#driver === null) void this.end('its work was lost while no driver was there');
    else if (this.#quickLosses > mostQuickLosses) void this.end('its processes end at once');
    else this.#start();
  }

  /** Ends the process whatever it does, and starts another; what comes meanwhile is for the new one. */
  #replace(): void {
    const ranks = this.#ranks;
    ranks?.child.kill('SIGKILL');
    this.#start();
  }

  async #stop(): Promise<void> {
    const { frames, child } = this.#ranks ?? {};
    this.#ranks = null;
    frames?.end();
    const timer = setTimeout(() => child?.kill('SIGKILL'), graceMs);
    await Promise.all(this.#ending);
    clearTimeout(timer);
  }

  #tell<K extends 'log' | 'lost'>(kind: K, body: ControlBodies[K]): void {
    this.#driver?.sendMessage(kind, 0, encodeValue(body));
  }
}

/** Where the processes' entry lies: in the bundle, also when this module itself runs outside of it. */
function processUrl(moduleUrl: string = import.meta.url): URL {
  const built = /\/executor-session\.[jt]s$/.test(moduleUrl)
    ? '../../../dist/bundle/node/executor-process.js'
    : './executor-process.js';
  return new URL(built, moduleUrl);
}
