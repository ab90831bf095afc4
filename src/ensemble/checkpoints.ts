/**
 * What is kept of a running fit of boosted trees or of a forest, so that a killed one can go on: after every few
 * rounds or trees a model of those so far, saved durably like any other, and beside it what it was trained on. Of
 * models that are averaged, some may be further than others; the model is the average of what each has.
 *
 *     <checkpointDir>/<estimator>-<key>/round-00000050/    the last two; the key hashes parameters and version
 *
 * A checkpoint of other parameters, another version or other rows is not used, nor one that is damaged; that is
 * said in a warning, as is a disk that refuses a write. The fit goes on either way.
 */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../base/describe-value.ts';
import { emitWarning } from '../base/warn.ts';
import { isLoss, isPause } from '../cluster/gang-runner.ts';
import { libraryVersion } from '../pipeline/format-version.ts';
import { loadSavedStage } from '../pipeline/stage-reader.ts';
import { stageClassNamed } from '../pipeline/stage-registry.ts';
import type { SavableStage } from '../pipeline/stage-writer.ts';
import { treesBefore } from '../training/boosting/members.ts';
import type {
  BoostingSnapshot,
  GrownRounds,
  MemberPlace,
  SnapshotRequest,
} from '../training/messages.ts';
import type { TrainedModel } from '../training/run-job.ts';
import { mergeEnsembles, takeTrees } from '../tree/tree.ts';
import type { TreeEnsemble } from '../tree/tree-ensemble.ts';
import { appendTrees, modelNameOf } from './boosting/initial-model.ts';
import { joinMembers, joinTrees, scaleValues, splitMembers } from './model/member-trees.ts';
import { treesPerRound } from './model/training-record.ts';
import { TreeModel } from './model/tree-model.ts';
import type { TreeModelData } from './model/tree-model-data.ts';

/** Checkpoints of a fit that are kept: the last, and one to fall back to. */
const numKept = 2;

/** The fit that is kept. */
export interface CheckpointedFit {
  readonly owner: string;
  /** null: only the driver's memory, for a fit that loses executors. */
  readonly folder: string | null;
  readonly interval: number;
  /** How often the fit goes on after it lost an executor. */
  readonly retries: number;
  /** Gangs of the runner end early, to be gone on with. */
  readonly pauses?: boolean | undefined;
  /** Options of the model. */
  readonly given: Readonly<Record<string, unknown>>;
  /** All that decides about the model but the rows. */
  readonly job: Readonly<Record<string, unknown>>;
  readonly initial: TreeModelData | null;
  /** Turns what ranks tell into what a model holds. */
  modelData(trained: Pick<BoostingSnapshot, 'facts' | 'trees'>): TreeModelData;
}

/** The checkpoints of one fit. */
export class Checkpoints {
  readonly #fit: CheckpointedFit;
  readonly #key: string;
  readonly #folder: string | null;
  #resumed: TreeModelData | null = null;
  /** The model of all rounds that were told. */
  #whole: TreeModelData | null;
  /** Told, but not in the model yet. */
  readonly #told: BoostingSnapshot[] = [];
  #waiting: TreeModelData | null = null;
  #writing: Promise<void> | null = null;
  #hasWarned = false;

  constructor(fit: CheckpointedFit) {
    this.#fit = fit;
    this.#key = keyOf(fit);
    const { folder } = fit;
    this.#folder = folder === null ? null : join(folder, `${fit.owner}-${this.#key.slice(0, 16)}`);
    this.#whole = fit.initial;
  }

  /** What ranks are asked for. */
  get request(): SnapshotRequest {
    const mark = this.#resumed?.checkpoint;
    return { interval: this.#fit.interval, resumed: mark ?? null };
  }

  /** Looks for the last checkpoint of the same fit. */
  async #find(): Promise<void> {
    const own = this.#folder;
    const { owner, folder } = this.#fit;
    if (own === null || folder === null) return;
    for (const name of (await namesIn(own)).sort().reverse()) {
      if (!isRound(name)) continue;
      const data = await this.#read(join(own, name));
      if (data === null) continue;
      this.#resumed = data;
      this.#whole = data;
      return;
    }
    const others = await namesIn(folder);
    if (others.some((name) => name.startsWith(`${owner}-`) && join(folder, name) !== own)) {
      emitWarning(
        `checkpoints in ${folder} are not used: they are of a fit with other parameters or by another version`,
      );
    }
  }

  /** The checkpoint that was found is of other rows. */
  #forget(): void {
    emitWarning(`the checkpoint in ${this.#folder ?? 'memory'} is not used: it is of other rows`);
    this.#resumed = null;
    this.#told.length = 0;
    this.#whole = this.#fit.initial;
  }

  /** Keeps what a rank told; the disk is waited for elsewhere. */
  take(snapshot: BoostingSnapshot): void {
    this.#told.push(snapshot);
    if (this.#folder === null) return;
    this.#addTold();
    this.#waiting = this.#whole;
    this.#writing ??= this.#writeWaiting(this.#folder);
  }

  /** Puts the rounds that were told behind those before. */
  #addTold(): void {
    for (const snapshot of this.#told.splice(0)) {
      const { member } = snapshot;
      this.#whole =
        member === undefined ? this.#with(snapshot) : this.#withMember(snapshot, member);
    }
  }

  #with(snapshot: BoostingSnapshot): TreeModelData {
    const added = this.#fit.modelData(snapshot);
    const { dataKey, numRounds, measured } = snapshot;
    const { initial } = this.#fit;
    const whole = this.#whole === null ? added : appendTrees(this.#whole, added, initial);
    return { ...whole, checkpoint: { key: this.#key, dataKey, numRounds, measured } };
  }

  /** The model so far with further rounds of one of several. */
  #withMember(snapshot: BoostingSnapshot, { index, numMembers }: MemberPlace): TreeModelData {
    const added = this.#fit.modelData(snapshot);
    const perRound = treesPerRound(added);
    const none = Array.from({ length: numMembers }, () => ({ numRounds: 0, measured: [] }));
    const members: GrownRounds[] = [...(this.#whole?.checkpoint?.members ?? none)];
    const known = splitMembers(
      this.#whole?.trees ?? takeTrees(added.trees, 0),
      members.map(({ numRounds }) => numRounds),
      perRound,
    );
    known[index] = joinTrees(
      known[index] as TreeEnsemble,
      scaleValues(added.trees, 1 / numMembers),
    );
    members[index] = { numRounds: snapshot.numRounds, measured: snapshot.measured };
    return {
      ...added,
      trees: joinMembers(known, perRound),
      memberRounds: members.map(({ numRounds }) => numRounds),
      checkpoint: {
        key: this.#key,
        dataKey: snapshot.dataKey,
        numRounds: members.reduce((sum, { numRounds }) => sum + numRounds, 0),
        measured: [],
        members,
      },
    };
  }

  /** The model of what was resumed, cut to the rounds that were kept, and the trees of this run. */
  finish(added: TreeModelData): TreeModelData {
    const { initial } = this.#fit;
    const before = this.#resumed ?? initial;
    if (before === null) return added;
    const members = before.checkpoint?.members;
    if (members !== undefined) return finishMembers(before, members, added);
    const perRound = treesPerRound(added);
    const keptRounds = Math.min(
      added.memberRounds[0] ?? 0,
      this.#resumed?.checkpoint?.numRounds ?? 0,
    );
    const numTrees = (initial?.trees.numTrees ?? 0) + keptRounds * perRound;
    return appendTrees({ ...before, trees: cut(before.trees, numTrees) }, added, initial);
  }

  /** The forest of what was resumed, or of the initial model, and of the trees of this run. */
  finishForest(added: TreeModelData): TreeModelData {
    const { initial } = this.#fit;
    const before = this.#resumed ?? initial;
    if (before === null) return added;
    const { checkpoint: _, ...whole } = appendTrees(before, added, initial);
    return whole;
  }

  /** Goes on from the last rounds that were told; a word about it where any were. */
  #goOn(cause: Error): void {
    this.#addTold();
    if (this.#whole?.checkpoint?.key === this.#key) this.#resumed = this.#whole;
    const rounds = this.#resumed?.checkpoint?.numRounds ?? 0;
    if (isPause(cause)) return;
    emitWarning(`the fit of ${this.#fit.owner} goes on from round ${rounds}: ${cause.message}`);
  }

  /** Trains, from the last checkpoint where there is one of the same rows, and on after losses. */
  async run(train: (before: TreeModelData | null) => Promise<TrainedModel>): Promise<TrainedModel> {
    const { initial } = this.#fit;
    await this.#find();
    try {
      for (let losses = 0; ; ) {
        try {
          const trained = await train(this.#resumed ?? initial);
          if (trained.facts.isOtherData !== true) return trained;
          this.#forget();
        } catch (error) {
          if (!isPause(error)) losses += 1;
          if (losses > this.#fit.retries || !isLoss(error)) throw error;
          this.#goOn(error as Error);
        }
      }
    } finally {
      while (this.#writing !== null) await this.#writing;
    }
  }

  async #writeWaiting(folder: string): Promise<void> {
    // the caller's turn ends first, so that the promise is known
    await Promise.resolve();
    while (this.#waiting !== null) {
      const data = this.#waiting;
      this.#waiting = null;
      try {
        await this.#write(folder, data);
      } catch (error) {
        if (this.#hasWarned) continue;
        this.#hasWarned = true;
        const reason = reasonOf(error);
        emitWarning(`a checkpoint could not be written, the fit goes on without it: ${reason}`);
      }
    }
    this.#writing = null;
  }

  async #write(folder: string, data: TreeModelData): Promise<void> {
    const { owner, given } = this.#fit;
    const Model = stageClassNamed(modelNameOf(owner)) as unknown as new (
      options: unknown,
      data: TreeModelData,
    ) => TreeModel;
    const name = `round-${String(data.checkpoint?.numRounds).padStart(8, '0')}`;
    await new Model(given, data).save(join(folder, name), { overwrite: true });
    const names = await namesIn(folder);
    // later ones are of other rows, others are what a killed run left half-written
    const kept = names.filter((other) => isRound(other) && other <= name).sort();
    const lasting = new Set(kept.slice(-numKept));
    for (const other of names) {
      if (isOwn.test(other) && !lasting.has(other))
        await rm(join(folder, other), { recursive: true });
    }
  }

  /** The checkpoint in a folder, or null with a warning. */
  async #read(path: string): Promise<TreeModelData | null> {
    try {
      const stage: SavableStage = await loadSavedStage(path);
      const data = stage instanceof TreeModel ? stage.data : null;
      if (data?.checkpoint?.key === this.#key) return data;
      emitWarning(`the checkpoint ${path} is not used: it is of another fit`);
    } catch (error) {
      const reason = reasonOf(error);
      emitWarning(`the checkpoint ${path} is not used: ${reason}`);
    }
    return null;
  }
}

/**
 * The checkpoints that parameters ask for, or that a fit on other machines needs; null where there is neither.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function checkpointsOf(
  params: {
    readonly checkpointDir?: string | undefined;
    readonly checkpointInterval?: number | undefined;
  },
  fit: Omit<CheckpointedFit, 'folder' | 'interval'>,
): Checkpoints | null {
  const { checkpointDir: folder = null, checkpointInterval: interval = 10 } = params;
  if (folder === null && fit.retries === 0 && fit.pauses !== true) return null;
  return new Checkpoints({ ...fit, folder, interval });
}

/** The average of what was resumed, each model cut to the rounds that were kept, and of the trees of this run. */
function finishMembers(
  resumed: TreeModelData,
  members: readonly GrownRounds[],
  added: TreeModelData,
): TreeModelData {
  const perRound = treesPerRound(added);
  const rounds = members.map(({ numRounds }) => numRounds);
  const { memberRounds } = added;
  const kept = memberRounds.map((most, m) => Math.min(most, rounds[m] ?? 0));
  const known = splitMembers(resumed.trees, rounds, perRound);
  // there may be fewer models than places for them
  const factor = rounds.length / memberRounds.length;
  const before = kept.map((count, m) =>
    scaleValues(takeTrees(known[m] as TreeEnsemble, count * perRound), factor),
  );
  const after: { round: number; member: number }[] = [];
  memberRounds.forEach((most, member) => {
    for (let round = kept[member] as number; round < most; round++) after.push({ round, member });
  });
  // the trees of this run come round by round, and in a round model by model
  const places = after
    .map(({ round, member }) => treesBefore(memberRounds, round, member))
    .sort((a, b) => a - b);
  const parts = before.map((trees, member) => ({
    trees,
    treeNumbers: Array.from(
      { length: trees.numTrees },
      (_, t) =>
        perRound * treesBefore(memberRounds, Math.floor(t / perRound), member) + (t % perRound),
    ),
  }));
  const treeNumbers = places.flatMap((place) =>
    Array.from({ length: perRound }, (_, k) => perRound * place + k),
  );
  return { ...added, trees: mergeEnsembles([...parts, { trees: added.trees, treeNumbers }], 1) };
}

/** A checkpoint, or what a killed run left of one; the folder may hold what is somebody else's. */
const isOwn = /^round-\d{8}(?:\.(?:tmp|old)-[0-9a-f]{8}-\d{1,10}-[0-9a-f]{8})?$/;

function isRound(name: string): boolean {
  return /^round-\d{8}$/.test(name);
}

function cut(trees: TreeEnsemble, numTrees: number): TreeEnsemble {
  return numTrees === trees.numTrees ? trees : takeTrees(trees, numTrees);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

/** A hash of what decides about the model, without what does not. */
function keyOf({ job, initial }: CheckpointedFit): string {
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([libraryVersion, { ...job, maxHistogramBytes: 0, flushRows: 0, device: null }]),
  );
  for (const value of Object.values(initial?.trees ?? {})) {
    if (ArrayBuffer.isView(value)) hash.update(value as Uint8Array);
  }
  hash.update(JSON.stringify(initial?.features ?? []));
  return hash.digest('hex');
}
