/** How what an ensemble knows about its members' columns is saved, and checked when it is read. */
import { isPlainObject, type Json, type JsonObject } from '../../base/json.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { Take } from '../level-one/level-one-operator.ts';
import type { LevelOnePlan, MemberColumns } from '../level-one/level-one-plan.ts';

const takes: readonly string[] = ['probability', 'margin', 'vote', 'value'] satisfies Take[];

/** The saved form. */
export function planToJson(plan: LevelOnePlan): JsonObject {
  return {
    classes: plan.classes === null ? null : ([...plan.classes] as Json),
    logit: plan.logit,
    members: plan.members.map(({ name, source, take, columns }) => ({
      name,
      source,
      take,
      columns: [...columns],
    })),
  };
}

/** From the saved form; `numMembers` is how many models there are. */
export function planFromJson(reader: StageReader, json: unknown, numMembers: number): LevelOnePlan {
  const broken = (): Error => reader.malformed('does not say what its members give');
  if (!isPlainObject(json)) throw broken();
  const { classes, logit, members } = json;
  if (typeof logit !== 'boolean' || !Array.isArray(members)) throw broken();
  if (members.length !== numMembers) throw broken();
  const read = members.map((member: unknown): MemberColumns => {
    if (!isPlainObject(member)) throw broken();
    const { name, source, take, columns } = member;
    const isSound =
      typeof name === 'string' && typeof source === 'string' && isTexts(columns) && isTake(take);
    if (!isSound || columns.length === 0) throw broken();
    return { name, source, take, columns };
  });
  return { members: read, logit, classes: classes === null ? null : classesFrom(reader, classes) };
}

/** Classes ascending, from the saved form. */
export function classesFrom(reader: StageReader, json: unknown): LabelValue[] {
  const isLabel = (value: unknown): value is LabelValue =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (Array.isArray(json) && json.every(isLabel)) return json;
  throw reader.malformed('has no list of classes');
}

/** A name out of saved facts. */
export function textFrom(reader: StageReader, json: JsonObject, key: string): string {
  const value = json[key];
  if (typeof value === 'string') return value;
  throw reader.malformed(`has no text ${key}`);
}

/** True for a list of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTake(value: unknown): value is Take {
  return typeof value === 'string' && takes.includes(value);
}
