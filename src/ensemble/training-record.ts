/**
 * What a model remembers of its training: what was measured round by round, the rounds of its models and what
 * the fit chose by itself. Models that were saved without it load with what they have.
 */
import { isPlainObject, type Json } from '../base/json.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import type { StageWriter } from '../pipeline/stage-writer.ts';
import type { LossHistory } from '../training/messages.ts';

/** What is remembered. */
export interface TrainingRecord {
  readonly history: readonly LossHistory[];
  /** Rounds of each model that is averaged; empty where it is not known, or not boosted. */
  readonly memberRounds: readonly number[];
  readonly chosen: Readonly<Record<string, number>> | null;
}

/** The validation loss of a plain fit is saved with its trees. */
function isPlain({ set, metric }: LossHistory): boolean {
  return set === 'validation' && metric === 'loss';
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
    ...(others.length === 0 ? {} : { history: others.map(({ set, metric }) => ({ set, metric })) }),
    ...(record.chosen === null ? {} : { chosen: { ...record.chosen } }),
  };
}

/** Reads it back. */
export function readTrainingRecord(
  reader: StageReader,
  extra: Readonly<Record<string, Json>>,
  validationLosses: readonly number[],
): TrainingRecord {
  const { memberRounds = [], history = [], chosen = null } = extra;
  const isCount = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(memberRounds) || !memberRounds.every(isCount)) {
    throw reader.malformed('has rounds that are no whole numbers');
  }
  if (!Array.isArray(history)) throw reader.malformed('has a history that is no list');
  const plain =
    validationLosses.length === 0
      ? []
      : [{ set: 'validation', metric: 'loss', values: validationLosses }];
  const stored = history.length === 0 ? null : reader.tensors('history');
  const others = history.map((entry, i): LossHistory => {
    const { set, metric } = isPlainObject(entry) ? entry : {};
    if (typeof set !== 'string' || typeof metric !== 'string') {
      throw reader.malformed('has a history without the name of its rows or of what was measured');
    }
    return { set, metric, values: [...(stored?.get(`h${i}`, Float64Array) ?? [])] };
  });
  return { history: [...plain, ...others], memberRounds, chosen: readChosen(reader, chosen) };
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
