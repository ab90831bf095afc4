/**
 * The words of the benchmark: a row is one kind of work, its contestants do it. One row, one file in rows/.
 *
 * A contestant is a program that is given a task as JSON, does the work, prints what it measured as one line
 * of JSON, waits for a line on its input (its memory is read meanwhile), then writes its predictions for
 * the test rows as float64, so that one piece of code scores everybody.
 */
import type { ProcessUse } from './process-watch.ts';

/** Settings that are the same for all contestants of a row. */
export interface EqualSettings {
  /** Boosting rounds, or trees of a forest. */
  readonly rounds: number;
  /** Most leaves; absent: as the depth allows. */
  readonly leaves?: number;
  /** Most levels; absent: no limit. */
  readonly depth?: number;
  readonly bins: number;
  readonly rate?: number;
  readonly lambda?: number;
  readonly minRows: number;
  readonly minHessian?: number;
}

/** What a contestant is told. */
export interface BenchTask {
  readonly work: 'gbt' | 'forest' | 'predict' | 'row' | 'load' | 'small-fit';
  readonly train: string;
  readonly test: string;
  readonly label: string;
  readonly objective: 'binary' | 'multiclass' | 'regression';
  readonly categories: readonly string[];
  /** Columns that are neither label nor feature. */
  readonly ignored: readonly string[];
  readonly settings: EqualSettings;
  /**
   * What the clock runs for: from data that is binned already, from the file to the saved model, from columns in
   * memory, or from the start of the process.
   */
  readonly from: 'binned' | 'file' | 'columns' | 'process';
  readonly threads: number;
  /** A folder of the contestant's own: saved models go there. */
  readonly folder: string;
  /** Where the model lies that is read, when not in the folder. */
  readonly model?: string;
  /** Columns as float64, one after another, the label last: for work `small-fit`. */
  readonly raw?: { readonly file: string; readonly rows: number };
}

/** Whether a model that was trained before is what the row works with. */
export function needsModel(work: BenchTask['work']): boolean {
  return work === 'predict' || work === 'row' || work === 'load';
}

/** One way to configure a contestant; the fastest in a short run represents it. */
export interface Variant {
  readonly name: string;
  /** Parameters of the library's own on top of the equal settings. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Who takes part. */
export interface Contestant {
  readonly name: string;
  /** A file of contestants/ (.mjs) or of peers/ (.py). */
  readonly program: string;
  /** The program that trains the model where the row needs one, when another. */
  readonly trainer?: string;
  readonly variants: readonly Variant[];
  /** Why it is shown but not counted, or absent. */
  readonly notCounted?: string;
  /** Run once, with so many rounds, and compared by the round. */
  readonly onceRounds?: number;
}

/** One row of the table. */
export interface BenchRow {
  readonly name: string;
  readonly title: string;
  /** Fastest counted peer ÷ ours: what to reach, and what would be splendid. */
  readonly bar: number;
  readonly stretch: number;
  /** What the measured seconds are, when not seconds of the whole work. */
  readonly unit?: string;
  readonly metric: 'auc' | 'logLoss' | 'rmse';
  /** Why it cannot run here, or null; makes the data where it must. */
  prepare(): string | null;
  task(): Omit<BenchTask, 'folder' | 'threads'>;
  /** Ours first. */
  readonly contestants: readonly Contestant[];
}

/** What a contestant prints. */
export interface Measured {
  /** The seconds that the row compares. */
  readonly seconds: number;
  /** Seconds of its phases. */
  readonly phases: Readonly<Record<string, number>>;
  readonly version: string;
}

/** One run of one contestant. */
export interface RunRecord extends Measured, ProcessUse {
  readonly contestant: string;
  readonly variant: string;
  readonly round: number;
  readonly rounds: number;
  /** Seconds from the start of the process to its measured line. */
  readonly processSeconds: number;
  readonly score: number;
}
