/**
 * What boosting minimises: gradients of each row from its own score, the loss that is shown and stops early,
 * and where to start. The arithmetic is in the kernels; an objective says which of them to call.
 */
import type { Awaitable } from '../../base/awaitable.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { RoundMetric } from './loss-names.ts';
import type { StartRows } from './offset-start.ts';

/** Addresses of the rows that gradients are wanted for. */
export interface GradientRows {
  readonly labels: number;
  readonly weights: number;
  readonly numRows: number;
  /** Scores of output 0; outputs lie `outputStride` bytes apart. */
  readonly scores: number;
  readonly outputStride: number;
  /** float64 for each row: g and h of one output. */
  readonly grads: number;
  readonly hesses: number;
  /** Probabilities of all outputs (softmax), `probabilityStride` bytes apart. */
  readonly probabilities: number;
  readonly probabilityStride: number;
  /** Two float64: largest |g|, largest h; behind them a word of the least h, from objectives that find it. */
  readonly stats: number;
}

/** What an objective may look at before the first round. */
export interface StartContext {
  readonly rows: Pick<IngestedRows, 'trainRuns' | 'validationRuns'>;
}

/** What random draws of a round hang on. */
export interface RoundDraw {
  readonly seed: number;
  readonly round: number;
}

/** An objective. */
export interface Objective {
  readonly numOutputs: number;
  /** True when h is the row's weight. */
  readonly hessianIsWeight: boolean;
  /** True when nothing is known of h: its least value is written behind the largest (order-word.ts). */
  readonly findsHessianRange: boolean;
  /** True when the start is taken from the labels and added after the leaves. */
  readonly centresLabels: boolean;
  /** True where labels are as given and scores are predictions of them: their grid is one of the labels' size. */
  readonly scoresAreLabels?: boolean;
  /** Leaves take this quantile of what is left of the labels, one an output, instead of a Newton step. */
  readonly leafQuantiles: readonly number[] | null;
  /** What a row counts in those quantiles besides its weight, by its label. */
  leafWeight?(label: number): number;
  /**
   * Scores to start from, one an output, on top of the rows' offsets; labels that the loss cannot take are refused
   * here. Where labels are centred, offsets are taken from the labels before.
   */
  start(
    environment: RankEnvironment,
    rows: StartRows,
    context: StartContext,
  ): Promise<readonly number[]>;
  /** What it took from the labels at the start besides, by the names of parameters. */
  chosen?(): Readonly<Record<string, number>>;
  /** g and h of each row at the start, before weights: the widest of the outputs; null where they are spread widely. */
  readonly firstGradients:
    | ((
        environment: RankEnvironment,
        rows: StartRows,
        start: readonly number[],
      ) => (label: number, row: number) => readonly [number, number])
    | null;
  /** True where these hang on the label alone, as long as there are no offsets. */
  readonly startsByLabel?: boolean;
  /** Called once, when the rows are binned and memory is planned. */
  prepare?(environment: RankEnvironment, rows: IngestedRows): Promise<void>;
  /** Called once a round, before the gradients of its outputs. */
  beginRound(environment: RankEnvironment, rows: GradientRows, draw: RoundDraw): Awaitable<void>;
  /** What a round leaves to the next besides scores, for a snapshot to keep; left out where there is nothing. */
  handedOn?(): readonly number[];
  /** Goes on from what a round left. */
  goOn?(handedOn: readonly number[]): void;
  gradients(environment: RankEnvironment, rows: GradientRows, output: number): void;
  /** True where gradients may be asked for of one block of rows after another. */
  readonly worksByBlocks?: boolean;
  /** Loss of each row, weighted, into `out`. */
  losses(environment: RankEnvironment, rows: GradientRows, out: number): void;
  /** The loss of all validation rows, of objectives that look at groups of rows; every rank calls it. */
  groupLoss?(environment: RankEnvironment, rows: GradientRows): Promise<number>;
  /**
   * All metrics of the rows of a part, of rankings: one list for each of its sets. Every rank calls it.
   *
   * @param part training or validation rows; training rows are one set
   */
  groupMetrics?(
    environment: RankEnvironment,
    rows: GradientRows,
    metrics: readonly RoundMetric[],
    part: RankRows,
  ): Promise<readonly (readonly number[])[]>;
}
