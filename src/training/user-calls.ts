/**
 * How a rank runs a function of the user. One that a module exports is imported and called in the rank's own
 * thread. A closure cannot leave the thread it was made in: the rank puts a batch of rows into a shared buffer,
 * tells the driver, and sleeps until the driver's thread has called the closure on it.
 *
 *   buffer: | int32 state, 12 unused bytes | float64 labels[B] | scores[K·B] | first[K·B] | second[K·B] |
 *
 * Driver: answers each such message (answerUserCalls). Rank: UserFunctionCaller. Bounded by the closure itself:
 * all ranks' batches pass through one thread, which is why a function of a module is the faster choice.
 */
import { reasonOf } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { importModuleFunction, isModuleFunction } from '../base/user-function.ts';
import type { FunctionReference } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/**
 * Rows that a function of the user is given: any number of them, in no particular order.
 *
 * For a regressor `labels` are the labels; for a classifier they are positions in the model's classes. `scores`
 * holds the raw score of each row, output by output: that of row i and output k is `scores[k * numRows + i]`.
 */
export interface ScoredRows {
  /** How many rows there are. */
  readonly numRows: number;
  /** One score a row; for more than two classes one a class. */
  readonly numOutputs: number;
  /** float64[numRows] */
  readonly labels: Float64Array;
  /** float64[numOutputs · numRows] */
  readonly scores: Float64Array;
}

/** Where an objective writes the derivatives of its loss by each score, before weights. */
export interface Derivatives {
  /** First derivatives, float64[numOutputs · numRows], as `scores` is laid out. */
  readonly grads: Float64Array;
  /** Second derivatives, at least 0. */
  readonly hesses: Float64Array;
}

/** A loss to minimise: fills in the derivatives of each row's loss. Weights are multiplied afterwards. */
export type ObjectiveFunction = (rows: ScoredRows, out: Derivatives) => void;

/** A loss to measure: fills in each row's loss; the metric is their mean by weight, and less is better. */
export type MetricFunction = (rows: ScoredRows, losses: Float64Array) => void;

/** The functions of a fit that are closures. */
export interface UserClosures {
  readonly objective?: ObjectiveFunction | undefined;
  readonly metric?: MetricFunction | undefined;
}

/** Which of the functions is called. */
export type UserFunctionKind = keyof UserClosures;

/** The parameters that the functions come from, for errors. */
const paramOf = { objective: 'objectiveFunction', metric: 'metricFunction' } as const;

/** Rows that are handed over at a time. */
export const callRows = 8192;

const headBytes = 16;
const states = { waiting: 0, answered: 1, failed: 2 } as const;
const waitMs = 100;

/** From a rank to the driver. */
interface UserCallMessage {
  readonly userCall: {
    readonly kind: UserFunctionKind;
    readonly buffer: SharedArrayBuffer;
    readonly numRows: number;
    readonly numOutputs: number;
    /** Which rows, for errors. */
    readonly where: string;
  };
}

/** The views that a call works on. */
interface CallViews {
  readonly rows: ScoredRows;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function viewsOf(buffer: SharedArrayBuffer, numRows: number, numOutputs: number): CallViews {
  const part = (at: number, length: number): Float64Array =>
    new Float64Array(buffer, headBytes + 8 * at, length);
  const width = numRows * numOutputs;
  return {
    rows: { numRows, numOutputs, labels: part(0, numRows), scores: part(numRows, width) },
    first: part(numRows + width, width),
    second: part(numRows + 2 * width, width),
  };
}

function callFunction(
  kind: UserFunctionKind,
  run: ObjectiveFunction | MetricFunction,
  { rows, first, second }: CallViews,
): void {
  const answer: unknown =
    kind === 'objective'
      ? (run as ObjectiveFunction)(rows, { grads: first, hesses: second })
      : (run as MetricFunction)(rows, first.subarray(0, rows.numRows));
  if (answer !== undefined) {
    // nobody waits for what it may reject with, which would end the process
    if (answer instanceof Promise) answer.catch(() => undefined);
    throw new TypeError('it must write into the arrays it is given, at once, and return nothing');
  }
}

function functionFailed(owner: string, what: string, cause: unknown): CoppiceError {
  const reason = reasonOf(cause);
  return new CoppiceError('FUNCTION_FAILED', `${what} of ${owner} failed: ${reason}`, {
    context: { owner },
    cause,
  });
}

/** One rank's way to a function. */
export class UserFunctionCaller {
  readonly #environment: RankEnvironment;
  readonly #kind: UserFunctionKind;
  readonly #reference: FunctionReference;
  readonly #owner: string;
  #run: ObjectiveFunction | MetricFunction | null = null;
  #buffer = new SharedArrayBuffer(headBytes);

  constructor(
    environment: RankEnvironment,
    kind: UserFunctionKind,
    reference: FunctionReference,
    owner: string,
  ) {
    this.#environment = environment;
    this.#kind = kind;
    this.#reference = reference;
    this.#owner = owner;
  }

  /** Which function it is. */
  get kind(): UserFunctionKind {
    return this.#kind;
  }

  /** `objectiveFunction pinball`, for errors. */
  get title(): string {
    const reference = this.#reference;
    const name = isModuleFunction(reference) ? reference.exportName : reference.closure;
    return `${paramOf[this.#kind]} ${name}`;
  }

  /** Imports the function, where it can be. */
  async prepare(): Promise<void> {
    if (!isModuleFunction(this.#reference)) return;
    this.#run = (await importModuleFunction(this.#reference)) as ObjectiveFunction;
  }

  /** Arrays for a batch of rows, to be filled before {@link UserFunctionCaller.call}. */
  batch(numRows: number, numOutputs: number): CallViews {
    const bytes = headBytes + 8 * numRows * (1 + 3 * numOutputs);
    if (this.#buffer.byteLength < bytes) this.#buffer = new SharedArrayBuffer(bytes);
    const views = viewsOf(this.#buffer, numRows, numOutputs);
    // a function that forgets a row is found out
    views.first.fill(Number.NaN);
    views.second.fill(this.#kind === 'objective' ? Number.NaN : 0);
    return views;
  }

  /** Calls the function on the batch. @param where `rank 1 in …` @throws CoppiceError `FUNCTION_FAILED` */
  call(views: CallViews, where: string): void {
    const { numRows, numOutputs } = views.rows;
    if (this.#run !== null) {
      try {
        callFunction(this.#kind, this.#run, views);
      } catch (cause) {
        throw functionFailed(this.#owner, `${this.title} on ${where}`, cause);
      }
      return;
    }
    const words = new Int32Array(this.#buffer, 0, 1);
    Atomics.store(words, 0, states.waiting);
    const userCall = { kind: this.#kind, buffer: this.#buffer, numRows, numOutputs, where };
    this.#environment.notify({ userCall } satisfies UserCallMessage);
    while (Atomics.load(words, 0) === states.waiting) {
      Atomics.wait(words, 0, states.waiting, waitMs);
      this.#environment.collective.checkAborted();
    }
    if (Atomics.load(words, 0) === states.answered) return;
    // the driver knows why, and says so
    throw new CoppiceError(
      'FUNCTION_FAILED',
      `${this.title} of ${this.#owner} failed on ${where}`,
      {
        context: { owner: this.#owner, secondary: true },
      },
    );
  }
}

/** The driver's side of a fit with closures. */
export class UserCallDesk {
  readonly #owner: string;
  readonly #closures: UserClosures;
  /** What the first closure that failed threw. */
  failure: CoppiceError | null = null;

  constructor(owner: string, closures: UserClosures) {
    this.#owner = owner;
    this.#closures = closures;
  }

  /** Called where ranks share no memory with this thread. @throws CoppiceError `UNSUPPORTED` */
  refuseClosures(): void {
    for (const kind of ['objective', 'metric'] as const) {
      const run = this.#closures[kind];
      if (run === undefined) continue;
      throw new CoppiceError(
        'UNSUPPORTED',
        `${paramOf[kind]} of ${this.#owner} must be fromModule(url, name) where other processes train; got the function ${run.name}, which only this process has`,
        { context: { owner: this.#owner, param: paramOf[kind] } },
      );
    }
  }

  /** Answers a message of a rank; false where it is about something else. */
  answer(message: unknown): boolean {
    const call = (message as Partial<UserCallMessage>).userCall;
    if (call === undefined) return false;
    const words = new Int32Array(call.buffer, 0, 1);
    const run = this.#closures[call.kind];
    let state: number = states.answered;
    try {
      if (run === undefined) throw new Error('the driver does not have it');
      callFunction(call.kind, run, viewsOf(call.buffer, call.numRows, call.numOutputs));
    } catch (cause) {
      const what = `${paramOf[call.kind]} ${run?.name ?? ''} on ${call.where}`;
      this.failure ??= functionFailed(this.#owner, what, cause);
      state = states.failed;
    }
    Atomics.store(words, 0, state);
    Atomics.notify(words, 0);
    return true;
  }
}
