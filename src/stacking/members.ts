/** The members of an ensemble as a parameter: estimators, pipelines and models, with names; how they are saved. */
import type { Schema } from 'apache-arrow';
import type { CoppiceError } from '../base/errors.ts';
import { column, int, strings } from '../params/kinds.ts';
import { object } from '../params/object-kinds.ts';
import { paramInvalid } from '../params/resolve-params.ts';
import { columnNameOf } from '../pipeline/column-name-of.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Model } from '../pipeline/model.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import type { SavableStage } from '../pipeline/stage-writer.ts';
import { withGroups, withInputColumns } from './column-names.ts';
import type { Member } from './level-one/cross-fit.ts';

/** Estimators to be fitted, and models that were fitted before. */
export type Stages = readonly (Estimator | Model)[];

/** Estimators of any kind, pipelines too; a model among them is used as it is. */
export const estimatorsParam = object<
  Stages,
  { required: true; rule: string; accepts: typeof acceptStages }
>({
  required: true,
  rule: 'a list of at least one estimator or model',
  accepts: acceptStages,
});

/** Parameters of every ensemble of estimators, besides these. */
export const memberParams = {
  /** A name for each; by default its class and place. */
  names: strings({ minLength: 1, since: '0.1.0' }),
  /** The column to be predicted; by default the one that the estimators name. */
  labelCol: column({ since: '0.1.0' }),
  /** Weights of rows; estimators that name none themselves use it. */
  weightCol: column({ since: '0.1.0' }),
};

/** How many fits may be under way. */
export const parallelismParam = int({ min: 1, max: 1024, noSave: true, since: '0.1.0' });

/** The values of {@link memberParams}. */
export interface MemberValues {
  readonly estimators: Stages;
  readonly names: readonly string[] | undefined;
  readonly labelCol: string | undefined;
  readonly weightCol: string | undefined;
}

/** The members with their names and with the ensemble's columns where they name none. */
export function membersOf(owner: string, params: MemberValues): Member[] {
  const { estimators, names, weightCol } = params;
  if (names !== undefined && names.length !== estimators.length)
    throw paramInvalid(owner, 'names', `${estimators.length} names, one an estimator`, names);
  const labelCol = params.labelCol;
  return estimators.map((stage, i) => ({
    name: names?.[i] ?? `${stage.className}_${i}`,
    stage:
      stage instanceof Estimator
        ? withInputColumns(owner, stage as Estimator, { labelCol, weightCol })
        : stage,
  }));
}

/** The members, those to be fitted with the ensemble's column of groups where they name none. */
export function groupedMembers(
  owner: string,
  members: readonly Member[],
  groups: { readonly groupCol: string | undefined; readonly schema: Schema },
): Member[] {
  return members.map(({ name, stage }) => ({
    name,
    stage: stage instanceof Estimator ? withGroups(owner, stage as Estimator, groups) : stage,
  }));
}

/** The column of labels: the ensemble's, else the first that an estimator names. */
export function labelColOf({ labelCol, estimators }: MemberValues): string {
  if (labelCol !== undefined) return labelCol;
  const named = estimators.map((stage) => columnNameOf(stage, 'labelCol'));
  return named.find((name) => name !== undefined) ?? 'label';
}

/** What was saved as a list of estimators and models. */
export async function readMembers(reader: StageReader): Promise<Stages> {
  const stages = acceptStages(await reader.stages());
  if (stages === undefined) throw reader.malformed('has members that are no estimators');
  return stages;
}

/** What was saved as a list of models. */
export async function readModels(reader: StageReader): Promise<Model[]> {
  return (await reader.stages()).map((stage) => {
    if (stage instanceof Model) return stage as Model;
    throw reader.malformed(`has a member of class ${stage.className}, which is no model`);
  });
}

/** The members with their places, for uids. */
export function placesOf(stages: readonly SavableStage[]): (readonly [number, SavableStage])[] {
  return stages.map((stage, index) => [index, stage] as const);
}

/** An estimator as a parameter. */
export function acceptEstimator(value: unknown): Estimator | undefined {
  return value instanceof Estimator ? (value as Estimator) : undefined;
}

/** What was saved as one estimator. */
export async function readEstimator(reader: StageReader, name = 'estimator'): Promise<Estimator> {
  const stage = await reader.stage(name);
  if (stage instanceof Estimator) return stage as Estimator;
  throw noEstimator(reader.className, stage);
}

/** The error for a saved stage that is no estimator. */
function noEstimator(owner: string, stage: SavableStage): CoppiceError {
  return paramInvalid(owner, 'estimator', 'an estimator', stage.className);
}

function acceptStages(value: unknown): Stages | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const isMember = (stage: unknown): boolean =>
    stage instanceof Estimator || stage instanceof Model;
  return value.every(isMember) ? Object.freeze([...(value as Stages)]) : undefined;
}
