/**
 * What a model remembers of its training: what was measured round by round, the rounds of its models and what
 * the fit chose by itself. Models that were saved without it load with what they have.
 */
import { isPlainObject, type Json } from '../../base/json.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { GrownFit } from '../../training/boosting/step-of-round.ts';
import type { GrownRounds, LossHistory } from '../../training/messages.ts';

/** What is remembered. */
export interface TrainingRecord {
  readonly history: readonly LossHistory[];
  /** Rounds of each model that is averaged; empty where it is not known, or not boosted. */
  readonly memberRounds: readonly number[];
  readonly chosen: Readonly<Record<string, number>> | null;
  /** Rounds that were grown behind models that are averaged; none where it is left out. */
  readonly laterRounds?: number;
  /** Trees of each output that a round has; one where it is left out. */
  readonly parallelTrees?: number;
  /** Of several labels, some of which stopped sooner: the rounds of each in each model that is averaged, and last those
   *  behind them; the trees that stand in place of further ones say nothing. */
  readonly labelRounds?: readonly (readonly number[])[];
  /** Which fit grew which rounds, where parameters and `chosen` do not say it: of a model that was continued. */
  readonly fits?: readonly FitOfOutput[];
  /** What a ranking learned of the places that rows were shown at: one a place, from 0. */
  readonly positionBiases?: readonly number[];
  /** The models that a merged one is made of, in the order of their trees; empty where that is not known any more. */
  readonly merged?: readonly MergedPart[];
  /** The library whose file the model was read from: its leaf values lie on no grid. */
  readonly source?: string;
  /** Only in checkpoints: what the model is the beginning of. */
  readonly checkpoint?: CheckpointMark;
}

/** Rounds that one fit grew. */
export interface FitOfOutput extends GrownFit {
  /** Of several labels: the place of the one whose trees they are. */
  readonly output?: number;
}

/** What a merged model remembers of one of its models. */
export interface MergedPart {
  readonly numTrees: number;
  /** How much it counts. */
  readonly share: number;
  readonly baseScores: readonly number[];
  readonly memberRounds: readonly number[];
  readonly laterRounds?: number;
  readonly fits: readonly GrownFit[];
  /** Of a ranking: its trees learn the grades themselves, and not their order. */
  readonly learns?: 'grades';
}

/** What a checkpoint was taken of. */
export interface CheckpointMark {
  /** Hash of parameters and version. */
  readonly key: string;
  /** Hash of the rows. */
  readonly dataKey: string;
  /** Rounds of the fit (trees of a forest), without those of an initial model; of several models those of all. */
  readonly numRounds: number;
  /** What was measured before the first round of a continued model and after each. */
  readonly measured: readonly (readonly number[])[];
  /** The same of each model that is averaged. */
  readonly members?: readonly GrownRounds[];
}

/** Trees of a round of a boosted model, output by output and then side by side. */
export function treesPerRound(data: {
  readonly baseScores: readonly number[];
  readonly parallelTrees?: number;
}): number {
  return Math.max(1, data.baseScores.length) * (data.parallelTrees ?? 1);
}

/** Rounds of several labels where they are not all alike. */
export function toldLabelRounds(
  rounds: readonly (readonly number[])[],
): Pick<TrainingRecord, 'labelRounds'> {
  const [first = []] = rounds;
  const areAlike = rounds.every((own) => own.every((count, i) => count === first[i]));
  return areAlike ? {} : { labelRounds: rounds };
}

/** Rounds of a boosted model, of which each member of an average has one. */
export function roundsOf(
  record: Pick<TrainingRecord, 'memberRounds' | 'laterRounds' | 'parallelTrees'> & {
    readonly trees: { readonly numTrees: number };
    readonly baseScores: readonly number[];
  },
): number {
  const { memberRounds, laterRounds = 0, trees } = record;
  if (memberRounds.length === 0) return trees.numTrees / treesPerRound(record);
  return memberRounds.reduce((most, rounds) => Math.max(most, rounds)) + laterRounds;
}

/**
 * The record of a model that was continued. What the new fit measured begins with a value of the rounds that were
 * there: where it is the last that was measured of them, both histories are one.
 *
 * @param numRounds the rounds that were there
 */
export function continuedRecord(
  initial: TrainingRecord,
  added: TrainingRecord,
  numRounds: number,
): TrainingRecord {
  const history = added.history.map((entry): LossHistory => {
    const { set, metric, values } = entry;
    const before = initial.history.find((old) => old.set === set && old.metric === metric);
    const { firstRound = 1 } = before ?? {};
    const known = before?.values.slice(0, numRounds + 1 - firstRound) ?? [];
    const own = values.slice(1);
    if (known.length === numRounds + 1 - firstRound && known.at(-1) === values[0]) {
      return withFirstRound({ set, metric, values: [...known, ...own] }, firstRound);
    }
    return withFirstRound({ set, metric, values: own }, numRounds + 1);
  });
  const isNew = (old: LossHistory): boolean =>
    history.some(({ set, metric }) => set === old.set && metric === old.metric);
  const isAveraged = initial.memberRounds.length > 1;
  const more = added.memberRounds[0] ?? 0;
  return {
    history: [...initial.history.filter((old) => !isNew(old)), ...history],
    memberRounds:
      isAveraged || added.memberRounds.length === 0 ? initial.memberRounds : [numRounds + more],
    chosen: initial.chosen,
    ...(isAveraged ? { laterRounds: (initial.laterRounds ?? 0) + more } : {}),
    ...toldFits(initial, added),
  };
}

/** The fits of a continued model; nothing where the last one's parameters are those of all. */
function toldFits(initial: TrainingRecord, added: TrainingRecord): Pick<TrainingRecord, 'fits'> {
  const fits = [...(initial.fits ?? []), ...(added.fits ?? [])];
  const last = fits.at(-1);
  const isAsLast = ({ stepSize, laterStepSize, lambda }: GrownFit): boolean =>
    stepSize === last?.stepSize && laterStepSize === undefined && lambda === last.lambda;
  if (initial.chosen?.['stepSize'] === undefined && fits.every(isAsLast)) return {};
  return { fits: fits.filter(({ rounds }) => rounds > 0) };
}

/** The first rounds of them. */
export function firstFits(fits: readonly FitOfOutput[], numRounds: number): FitOfOutput[] {
  const left = new Map<number, number>();
  return fits.flatMap((fit) => {
    const { output = 0 } = fit;
    const most = left.get(output) ?? numRounds;
    const rounds = Math.min(fit.rounds, most);
    left.set(output, most - rounds);
    return rounds === 0 ? [] : [{ ...fit, rounds }];
  });
}

function withFirstRound(entry: LossHistory, firstRound: number): LossHistory {
  return firstRound === 1 ? entry : { ...entry, firstRound };
}

/** The validation loss of a plain fit is saved with its trees. */
function isPlain({ set, metric, firstRound }: LossHistory): boolean {
  return set === 'validation' && metric === 'loss' && firstRound === undefined;
}

/** The validation loss after each round, where there was one. */
export function validationLossesOf({ history }: TrainingRecord): readonly number[] {
  return history.find(isPlain)?.values ?? [];
}

/** Writes all but the validation losses; returns what goes into the stage's metadata. */
export async function saveTrainingRecord(
  writer: StageWriter,
  record: TrainingRecord,
): Promise<Record<string, Json>> {
  const others = record.history.filter((entry) => !isPlain(entry));
  if (others.length > 0) {
    const values = others.map((entry, i) => [`h${i}`, Float64Array.from(entry.values)] as const);
    await writer.tensors('history', Object.fromEntries(values));
  }
  return {
    ...(record.memberRounds.length === 0 ? {} : { memberRounds: [...record.memberRounds] }),
    ...(others.length === 0 ? {} : { history: others.map(({ values, ...names }) => names) }),
    ...(record.chosen === null ? {} : { chosen: { ...record.chosen } }),
    ...(record.laterRounds === undefined ? {} : { laterRounds: record.laterRounds }),
    ...(record.parallelTrees === undefined ? {} : { parallelTrees: record.parallelTrees }),
    ...(record.labelRounds === undefined
      ? {}
      : { labelRounds: record.labelRounds.map((own) => [...own]) }),
    ...(record.fits === undefined ? {} : { fits: record.fits.map(savedFit) }),
    ...(record.merged === undefined ? {} : { merged: record.merged.map(savedPart) }),
    ...(record.positionBiases === undefined ? {} : { positionBiases: [...record.positionBiases] }),
    ...(record.source === undefined ? {} : { source: record.source }),
    ...(record.checkpoint === undefined ? {} : { checkpoint: savedMark(record.checkpoint) }),
  };
}

/** Reads it back. */
export function readTrainingRecord(
  reader: StageReader,
  extra: Readonly<Record<string, Json>>,
  validationLosses: readonly number[],
): TrainingRecord {
  const { memberRounds = [], history = [], chosen = null, laterRounds, fits, checkpoint } = extra;
  const { positionBiases, merged, parallelTrees, labelRounds, source } = extra;
  if (source !== undefined && typeof source !== 'string') {
    throw reader.malformed('was read from a library whose name is no text');
  }
  if (positionBiases !== undefined && !isListOfNumbers(positionBiases)) {
    throw reader.malformed('has position biases that are no numbers');
  }
  const isCount = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(memberRounds) || !memberRounds.every(isCount)) {
    throw reader.malformed('has rounds that are no whole numbers');
  }
  if (laterRounds !== undefined && !isCount(laterRounds)) {
    throw reader.malformed('has later rounds that are no whole number');
  }
  if (parallelTrees !== undefined && !(isCount(parallelTrees) && parallelTrees > 0)) {
    throw reader.malformed('has a number of parallel trees that is no whole number above 0');
  }
  const isCounts = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every(isCount);
  if (labelRounds !== undefined && !(Array.isArray(labelRounds) && labelRounds.every(isCounts))) {
    throw reader.malformed('has rounds of labels that are no whole numbers');
  }
  if (!Array.isArray(history)) throw reader.malformed('has a history that is no list');
  const plain =
    validationLosses.length === 0
      ? []
      : [{ set: 'validation', metric: 'loss', values: validationLosses }];
  const stored = history.length === 0 ? null : reader.tensors('history');
  const others = history.map((entry, i): LossHistory => {
    const { set, metric, firstRound = 1 } = isPlainObject(entry) ? entry : {};
    if (typeof set !== 'string' || typeof metric !== 'string') {
      throw reader.malformed('has a history without the name of its rows or of what was measured');
    }
    if (!isCount(firstRound)) throw reader.malformed('has a history without a first round');
    const values = [...(stored?.get(`h${i}`, Float64Array) ?? [])];
    return withFirstRound({ set, metric, values }, firstRound);
  });
  return {
    history: [...plain, ...others],
    memberRounds,
    chosen: readChosen(reader, chosen),
    ...(laterRounds === undefined ? {} : { laterRounds }),
    ...(parallelTrees === undefined ? {} : { parallelTrees: parallelTrees as number }),
    ...(labelRounds === undefined ? {} : { labelRounds: labelRounds as unknown as number[][] }),
    ...(fits === undefined ? {} : { fits: readFits(reader, fits) }),
    ...(merged === undefined ? {} : { merged: readParts(reader, merged) }),
    ...(positionBiases === undefined ? {} : { positionBiases }),
    ...(source === undefined ? {} : { source }),
    ...(checkpoint === undefined ? {} : { checkpoint: readMark(reader, checkpoint) }),
  };
}

function savedFit(fit: FitOfOutput): Record<string, number> {
  const { rounds, stepSize, laterStepSize, mostRounds, lambda, output } = fit;
  return {
    ...(output === undefined ? {} : { output }),
    ...{ rounds, stepSize },
    ...(laterStepSize === undefined ? {} : { laterStepSize }),
    ...(mostRounds === undefined ? {} : { mostRounds }),
    lambda,
  };
}

function readFits(reader: StageReader, saved: Json): FitOfOutput[] {
  if (!Array.isArray(saved)) throw reader.malformed('has fits that are no list');
  return saved.map((entry): FitOfOutput => {
    const { output, rounds, stepSize, laterStepSize, mostRounds, lambda } = isPlainObject(entry)
      ? entry
      : {};
    const [isFit, others] = [
      [rounds, stepSize, lambda].every(isPositive),
      [output, laterStepSize, mostRounds].every(
        (value) => value === undefined || isPositive(value),
      ),
    ];
    if (!isFit || !others) throw reader.malformed('has a fit that does not say what it did');
    return entry as unknown as FitOfOutput;
  });
}

function savedPart({ baseScores, memberRounds, fits, ...part }: MergedPart) {
  return {
    ...part,
    ...{ baseScores: [...baseScores], memberRounds: [...memberRounds], fits: fits.map(savedFit) },
  };
}

function readParts(reader: StageReader, saved: Json): MergedPart[] {
  if (!Array.isArray(saved)) throw reader.malformed('has merged models that are no list');
  return saved.map((entry): MergedPart => {
    const part = isPlainObject(entry) ? entry : {};
    const {
      numTrees,
      share,
      laterRounds = 0,
      baseScores,
      memberRounds,
      fits = null,
      learns,
    } = part;
    const isPart =
      [numTrees, share, laterRounds].every(isPositive) &&
      isListOfNumbers(baseScores) &&
      isListOfNumbers(memberRounds) &&
      (learns === undefined || learns === 'grades');
    if (!isPart) throw reader.malformed('has a merged model that does not say what it is');
    return { ...part, fits: readFits(reader, fits as Json) } as unknown as MergedPart;
  });
}

function isListOfNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number');
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function savedMark({ key, dataKey, members, ...own }: CheckpointMark) {
  const saved = { key, dataKey, ...savedRounds(own) };
  return members === undefined ? saved : { ...saved, members: members.map(savedRounds) };
}

function savedRounds({ numRounds, measured }: GrownRounds) {
  return { numRounds, measured: measured.map((values) => [...values]) };
}

function readMark(reader: StageReader, saved: Json): CheckpointMark {
  const { key, dataKey, members } = isPlainObject(saved) ? saved : {};
  const own = readRounds(saved);
  const others = Array.isArray(members) ? members.map(readRounds) : null;
  if (
    typeof key === 'string' &&
    typeof dataKey === 'string' &&
    own !== null &&
    others?.includes(null) !== true
  ) {
    return {
      key,
      dataKey,
      ...own,
      ...(others === null ? {} : { members: others as GrownRounds[] }),
    };
  }
  throw reader.malformed('has a mark of a checkpoint that says nothing');
}

function readRounds(saved: Json): GrownRounds | null {
  const { numRounds, measured } = isPlainObject(saved) ? saved : {};
  if (typeof numRounds !== 'number' || !Array.isArray(measured)) return null;
  if (!measured.every(Array.isArray)) return null;
  // JSON has no word for what is no number
  const numbers = (values: unknown): number[] =>
    (values as readonly Json[]).map((value) => Number(value ?? Number.NaN));
  return { numRounds, measured: measured.map(numbers) };
}

function readChosen(reader: StageReader, chosen: Json): Readonly<Record<string, number>> | null {
  if (chosen === null) return null;
  if (!isPlainObject(chosen)) throw reader.malformed('has choices that are no object');
  const entries = Object.entries(chosen).map(([name, value]): [string, number] => {
    if (typeof value === 'number') return [name, value];
    throw reader.malformed('has a choice that is no number');
  });
  return Object.fromEntries(entries);
}
