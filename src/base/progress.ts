/** What long work tells about itself while it runs; the vocabulary of `onProgress`. */

/** One report of a running job. */
export interface Progress {
  /** What is going on. */
  readonly phase: 'read' | 'bin' | 'train' | 'predict' | 'write';
  /** Units done so far (rows, trees or stages; see `message`). */
  readonly done: number;
  /** Units in all, 0 when not known yet. */
  readonly total: number;
  /** The newest value of the validation metric, where there is one. */
  readonly metric?: number;
  /** One line for people. */
  readonly message?: string;
}

/** Receives reports; what it throws ends the job. */
export type OnProgress = (progress: Progress) => void;
