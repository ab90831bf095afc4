/** What long work tells about itself while it runs; the vocabulary of `onProgress`. */

/** One report of a running job. */
export interface Progress {
  /** What is going on. */
  readonly phase: 'read' | 'bin' | 'train' | 'predict' | 'write';
  /** Units done so far; `message` names them (rounds, trees, trials, partitions). */
  readonly done: number;
  /** Units in all, 0 when not known yet. */
  readonly total: number;
  /** The newest value of the validation metric, where there is one. */
  readonly metric?: number;
  /** What is counted, for people: `rounds`, `trees`, `fits of StackingClassifier`. */
  readonly message?: string;
}

/** Receives reports; what it throws, or a promise that it returns rejects with, ends the job. */
export type OnProgress = (progress: Progress) => void;
