/**
 * Parameters of an estimator by name, as a search tries them: `{ maxDepth: 5, 'StringIndexer.handleInvalid': 'keep' }`.
 * A name is a parameter, or the way to one:
 *
 *   maxDepth                 of the estimator itself; of a pipeline, of its last estimator
 *   GBTClassifier.maxDepth   of the stage of a pipeline that has this class, uid or number (from 0)
 *   estimator.maxDepth       of the stage that the parameter `estimator` holds
 */
import { CoppiceError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import type { ParamSchema } from '../../params/define-params.ts';
import { paramSuggestion } from '../../params/other-names.ts';
import type { ParamSpec } from '../../params/param-spec.ts';
import { Estimator } from '../../pipeline/estimator.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import { PipelineStage } from '../../pipeline/pipeline-stage.ts';

/** Parameter values by name. */
export type ParamMap = JsonObject;

/** A name, cut at its dots, and the value. */
type Entry = readonly [path: readonly string[], value: unknown];

/** A stage inside another: the parameter that holds it, and its place where that is a list. */
interface Slot {
  readonly param: string;
  readonly index: number | null;
  readonly stage: PipelineStage;
  /** How many parts of the name lead to it. */
  readonly length: number;
}

/**
 * The stage with other parameters; the stage itself stays as it is.
 *
 * @throws CoppiceError `PARAM_UNKNOWN`, `PARAM_INVALID`
 */
export function withParams<T extends PipelineStage>(stage: T, params: ParamMap): T {
  const entries = Object.entries(params).map(([name, value]) => [name.split('.'), value] as const);
  return entries.length === 0 ? stage : (withEntries(stage, entries) as T);
}

/**
 * The value that a stage has for a name.
 *
 * @throws CoppiceError `PARAM_UNKNOWN`
 */
export function paramValue(stage: PipelineStage, name: string): unknown {
  return valueAt(stage, name.split('.'));
}

/** The stage without names given by the user, at any depth: equal stages are then equal in their uids. */
export function withoutUids<T extends PipelineStage>(stage: T): T {
  const nameless = (value: unknown): unknown => {
    if (value instanceof PipelineStage) return withoutUids(value);
    return isStageList(value) ? value.map(withoutUids) : value;
  };
  const given = Object.entries(stage.givenOptions as Readonly<Record<string, unknown>>);
  const options = Object.fromEntries(given.map(([name, value]) => [name, nameless(value)]));
  return stage.copy({ ...options, uid: undefined } as never);
}

function valueAt(stage: PipelineStage, path: readonly string[]): unknown {
  const [name = ''] = path;
  if (path.length === 1 && hasParam(stage, name)) return paramsOf(stage)[name];
  const slot = slotOf(stage, path);
  return valueAt(slot.stage, path.slice(slot.length));
}

function withEntries(stage: PipelineStage, entries: readonly Entry[]): PipelineStage {
  const own: Record<string, unknown> = {};
  const inner = new Map<string, { slot: Slot; entries: Entry[] }>();
  for (const [path, value] of entries) {
    const [name = ''] = path;
    if (path.length === 1 && hasParam(stage, name)) {
      own[name] = valueFor(stage, name, value);
      continue;
    }
    const slot = slotOf(stage, path);
    const key = `${slot.param}/${slot.index}`;
    const found = inner.get(key) ?? { slot, entries: [] };
    found.entries.push([path.slice(slot.length), value]);
    inner.set(key, found);
  }
  for (const { slot, entries: below } of inner.values()) {
    const changed = withEntries(slot.stage, below);
    if (slot.index === null) own[slot.param] = changed;
    else {
      const list = (own[slot.param] ?? paramsOf(stage)[slot.param]) as readonly PipelineStage[];
      own[slot.param] = list.with(slot.index, changed);
    }
  }
  return stage.copy(own as never);
}

/** The stage that the first parts of a name lead to. */
function slotOf(stage: PipelineStage, path: readonly string[]): Slot {
  const [name = ''] = path;
  if (stage instanceof Pipeline) {
    const { stages } = stage;
    if (path.length > 1 && !hasParam(stage, name)) {
      const index = placeOf(stage, stages, name);
      return { param: 'stages', index, stage: stages[index] as PipelineStage, length: 1 };
    }
    const last = stages.findLastIndex((one) => one instanceof Estimator);
    const estimator = stages[last];
    if (path.length === 1 && estimator !== undefined) {
      return { param: 'stages', index: last, stage: estimator, length: 0 };
    }
  }
  const held = hasParam(stage, name) ? paramsOf(stage)[name] : undefined;
  if (path.length > 1 && held instanceof PipelineStage) {
    return { param: name, index: null, stage: held, length: 1 };
  }
  if (path.length > 2 && isStageList(held)) {
    const index = placeOf(stage, held, path[1] as string);
    return { param: name, index, stage: held[index] as PipelineStage, length: 2 };
  }
  throw unknownName(stage, name);
}

/** The place in a list of stages: by number, uid or class. */
function placeOf(owner: PipelineStage, stages: readonly PipelineStage[], name: string): number {
  if (/^\d+$/.test(name) && Number(name) < stages.length) return Number(name);
  const named = stages.flatMap((stage, i) =>
    stage.className === name || paramsOf(stage)['uid'] === name ? [i] : [],
  );
  const [first] = named;
  if (first !== undefined && named.length === 1) return first;
  const known = stages.map((stage) => stage.className);
  const rule =
    first === undefined
      ? `one of its stages: by number from 0, uid or class; ${nameSuggestion(name, known)}`
      : 'one stage; several have this class, so give its number from 0 or its uid';
  throw new CoppiceError('PARAM_UNKNOWN', `${name} of ${owner.className} must be ${rule}`, {
    context: { owner: owner.className, param: name },
  });
}

/** The value in the form that the stage's constructor takes. */
function valueFor(stage: PipelineStage, name: string, value: unknown): unknown {
  const spec = schemaOf(stage).schema[name] as ParamSpec;
  if (spec.kind !== 'object' && spec.kind !== 'func') return spec.fromJson(value as never, {});
  throw new CoppiceError(
    'PARAM_INVALID',
    `${name} of ${stage.className} must not be searched over: it holds no plain value`,
    { context: { owner: stage.className, param: name } },
  );
}

function unknownName(stage: PipelineStage, name: string): CoppiceError {
  const known = Object.keys(schemaOf(stage).schema);
  const message = `${name} of ${stage.className} must be one of its parameters; ${paramSuggestion(name, known)}`;
  return new CoppiceError('PARAM_UNKNOWN', message, {
    context: { owner: stage.className, param: name },
  });
}

function hasParam(stage: PipelineStage, name: string): boolean {
  return Object.hasOwn(schemaOf(stage).schema, name);
}

function schemaOf(stage: PipelineStage): ParamSchema {
  return (stage.constructor as unknown as { readonly paramSchema: ParamSchema }).paramSchema;
}

function paramsOf(stage: PipelineStage): Readonly<Record<string, unknown>> {
  return stage.params as Readonly<Record<string, unknown>>;
}

function isStageList(value: unknown): value is readonly PipelineStage[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one: unknown) => one instanceof PipelineStage)
  );
}
