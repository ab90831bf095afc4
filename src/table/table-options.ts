import type { OnProgress } from '../base/progress.ts';

/** Options of work over a table. */
export interface TableOptions {
  /** Ends the work; it rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how far the work is, after every partition. */
  readonly onProgress?: OnProgress | undefined;
}
