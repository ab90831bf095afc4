/**
 * A runner between estimators and threads that turns knobs no user has: how many ranks, how often packed
 * sums are flushed, how much raw data a wave holds, how many histograms are kept, which kernels run. It
 * also keeps what the ranks report of themselves.
 */
import { type GangRequest, type GangRunner, gangRunnerOf } from '../../src/cluster/gang-runner.ts';
import type { TaskOptions, TaskRunner } from '../../src/cluster/task-runner.ts';
import type {
  BoostingJob,
  DeviceRequest,
  ForestJob,
  RankReport,
  RankResult,
} from '../../src/training/messages.ts';
import '../../src/training/worker-programs.ts';
import '../../src/ensemble/worker-operators.ts';

/** What may be turned; what is not named stays as the estimator has it. */
export interface Knobs {
  readonly width?: number;
  readonly flushRows?: number;
  readonly rawBytes?: number;
  /** Raw columns that do not fit are read column by column where they can be, or in waves of rows. */
  readonly byColumns?: boolean;
  readonly maxHistogramBytes?: number;
  readonly kernels?: 'wasm' | 'reference';
  /** Ranks of a forest share each tree, as they do over several processes. */
  readonly sharesTrees?: boolean;
  /** Small nodes of such trees are finished by one rank; by default they are. */
  readonly finishesLocally?: boolean;
  /** Ranks of boosting grow whole trees of a round's outputs; by default they share each tree. */
  readonly growsApart?: boolean;
  /** Histograms are built of what is not a feature's usual bin, or of whole records. */
  readonly keepsEntries?: boolean;
  /** Each tree is grown by one kernel, or split by split. */
  readonly growsWhole?: boolean;
  /** Bytes of rows that a core's cache is taken to hold while it is. */
  readonly windowBytes?: number;
  /** Where boosted trees grow, and after how many batches a device is lost. */
  readonly device?: DeviceRequest;
}

/** See the header. */
export class KnobRunner implements GangRunner {
  readonly #gangs: GangRunner;
  /** May be turned between fits. */
  knobs: Knobs;
  /** Reports of the ranks of the last gang. */
  reports: readonly RankReport[] = [];

  constructor(runner: TaskRunner, knobs: Knobs = {}) {
    this.#gangs = gangRunnerOf(runner);
    this.knobs = knobs;
  }

  get hasOtherProcesses(): boolean {
    return this.#gangs.hasOtherProcesses === true;
  }

  get numThreads(): number {
    return this.#gangs.numThreads;
  }

  run<T>(name: string, payload: unknown, options?: TaskOptions): Promise<T> {
    return this.#gangs.run(name, payload, options);
  }

  async runGang(request: GangRequest): Promise<unknown[]> {
    const answers = await this.#gangs.runGang({
      ...request,
      width: this.knobs.width ?? request.width,
      payload: (...ranks: Parameters<GangRequest['payload']>) =>
        turned(request.payload(...ranks) as BoostingJob | ForestJob, this.knobs),
    });
    this.reports = (answers as RankResult[]).map((answer) => answer.report);
    return answers;
  }
}

function turned(job: BoostingJob | ForestJob, knobs: Knobs): BoostingJob | ForestJob {
  const { rawBytes, flushRows, maxHistogramBytes, kernels, sharesTrees, growsApart, device } =
    knobs;
  const { byColumns } = knobs;
  const ingest = {
    ...job.ingest,
    ...(rawBytes === undefined ? {} : { rawBytes }),
    ...(byColumns === undefined ? {} : { byColumns }),
  };
  return {
    ...job,
    ingest,
    ...(kernels === undefined ? {} : { kernels }),
    ...(knobs.keepsEntries === undefined ? {} : { keepsEntries: knobs.keepsEntries }),
    ...(knobs.finishesLocally === undefined ? {} : { finishesLocally: knobs.finishesLocally }),
    ...(knobs.growsWhole === undefined ? {} : { growsWhole: knobs.growsWhole }),
    ...(knobs.windowBytes === undefined ? {} : { windowBytes: knobs.windowBytes }),
    ...(flushRows !== undefined && 'flushRows' in job ? { flushRows } : {}),
    ...(device !== undefined && 'device' in job ? { device } : {}),
    ...('growsApart' in job ? { growsApart: growsApart ?? false } : {}),
    ...(sharesTrees !== undefined && 'sharesTrees' in job ? { sharesTrees } : {}),
    ...(maxHistogramBytes !== undefined && 'maxHistogramBytes' in job ? { maxHistogramBytes } : {}),
  };
}
