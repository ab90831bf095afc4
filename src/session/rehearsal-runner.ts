/**
 * A runner between an estimator and a session's own, for explanations: every gang is rehearsed by one thread as the
 * ranks of so many executors, and fits grow a few trees only.
 */
import type { GangRequest, GangRunner } from '../cluster/gang-runner.ts';
import type { GangRecording } from '../cluster/simulation/recording.ts';
import type { Rehearsal, RehearsalJob } from '../cluster/simulation/virtual-gang.ts';
import type { TaskOptions } from '../cluster/task-runner.ts';
import type { BoostingJob, ForestJob, RankResult } from '../training/messages.ts';

/** A fit that was rehearsed. */
export interface RehearsedFit {
  readonly recording: GangRecording;
  readonly results: readonly RankResult[];
  readonly numFeatures: number;
}

/** See the header. */
export class RehearsalRunner implements GangRunner {
  readonly numThreads: number;
  readonly hasOtherProcesses = true;
  readonly device = 'cpu';
  /** The fits that grew trees, in their order. */
  readonly fits: RehearsedFit[] = [];
  readonly #inner: GangRunner;
  readonly #numTrees: number;

  /** @param numTrees how many trees, or rounds of them, a fit grows */
  constructor(inner: GangRunner, numExecutors: number, numTrees: number) {
    this.#inner = inner;
    this.numThreads = numExecutors;
    this.#numTrees = numTrees;
  }

  get readsElsewhere(): boolean {
    return this.#inner.readsElsewhere === true;
  }

  run<T>(name: string, payload: unknown, options?: TaskOptions): Promise<T> {
    return this.#inner.run<T>(name, payload, options);
  }

  async runGang(request: GangRequest): Promise<unknown[]> {
    const { program, width, memory, signal } = request;
    const payloads = Array.from({ length: width }, (_, first) =>
      shortened(request.payload({ first, count: 1, total: width }), this.#numTrees, width),
    );
    const job: RehearsalJob = { program, payloads };
    const [answer] = (await this.#inner.runGang({
      program: 'rehearsal',
      width: 1,
      memory,
      payload: () => job,
      signal,
      onMessage: request.onMessage,
    })) as Rehearsal[];
    const { values, recording } = answer as Rehearsal;
    const [first] = payloads as Partial<BoostingJob>[];
    const [result] = values as Partial<RankResult>[];
    if (result?.report?.phaseMeetings !== undefined) {
      const numFeatures = first?.ingest?.features.length ?? 1;
      this.fits.push({ recording, results: values as RankResult[], numFeatures });
    }
    return [...values];
  }
}

function shortened(payload: unknown, numTrees: number, width: number): unknown {
  // of a forest each executor grows equally many
  const ofForest = Math.ceil(numTrees / width) * width;
  const job = payload as Partial<BoostingJob> & Partial<ForestJob>;
  if (job.ingest === undefined) return payload;
  return {
    ...job,
    snapshots: null,
    ...(job.numRounds === undefined
      ? {}
      : { numRounds: Math.min(job.numRounds, numTrees), device: null }),
    ...(job.numTrees === undefined ? {} : { numTrees: Math.min(job.numTrees, ofForest) }),
  };
}
