/** Parameters that every search has, and what searches share: their checks, their nested stages on disk. */
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import { isPlainObject, type Json } from '../../base/json.ts';
import { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import { type FoldParams, foldComplaint, foldParams } from '../../feature/folds/fold-params.ts';
import { bool, float, int, json, str } from '../../params/kinds.ts';
import { object } from '../../params/object-kinds.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { Estimator } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import { type ParamMap, withParams } from './param-map.ts';

/** What is searched, and by which measure. */
export const searchedSpecs = {
  /** The estimator whose parameters are tried; a pipeline too. */
  estimator: object({
    required: true,
    rule: 'an estimator',
    accepts: (value) => (value instanceof Estimator ? (value as Estimator) : undefined),
  }),
  /** Measures each trial on rows that its fit has not seen. */
  evaluator: object({
    required: true,
    rule: 'an evaluator',
    accepts: (value) => (value instanceof Evaluator ? (value as Evaluator) : undefined),
  }),
};

/** How a search goes on; its models keep these parameters. */
export const searchSpecs = {
  /** The candidates, each an object of parameters by name; what one does not name is as in the estimator. */
  estimatorParamMaps: json<readonly ParamMap[]>({
    default: [{}],
    rule: 'a list of at least one object of parameters by name',
    accepts: (value: Json) =>
      Array.isArray(value) && value.length > 0 && value.every((map) => isPlainObject(map)),
    since: '0.1.0',
  }),
  ...foldParams,
  /** Into how many folds the rows are cut; three by default, as in Spark. */
  numFolds: int({ default: 3, min: 2, max: 1000, since: '0.1.0' }),
  /** The share of each fit's rows that it does not learn from but watches, to stop early; by default none. */
  earlyStoppingRatio: float({ above: 0, below: 1, since: '0.1.0' }),
  /** Keep the model of every trial. */
  collectSubModels: bool({ default: false, since: '0.1.0' }),
  /** Most trials at once; by default as many as the session has threads. */
  parallelism: int({ min: 1, max: 1024, noSave: true, since: '0.1.0' }),
  /** A file that keeps the metric of each trial, so that a search that was cut short goes on where it was. */
  resultsFile: str({ noSave: true, since: '0.1.0' }),
};

/** The values of the parameters above. */
export interface SearchParams {
  readonly estimator: Estimator;
  readonly evaluator: Evaluator;
  readonly estimatorParamMaps: readonly ParamMap[];
}

/** The check across parameters of a search. */
export function checkSearch(
  params: FoldParams & {
    readonly collectSubModels: boolean;
    readonly resultsFile: string | undefined;
  },
): string | null {
  return params.collectSubModels && params.resultsFile !== undefined
    ? 'resultsFile must be left out with collectSubModels, because models are not in it'
    : foldComplaint(params);
}

/**
 * Refuses candidates that the estimator does not take.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export function checkCandidates(owner: string, params: SearchParams): void {
  for (const [i, map] of params.estimatorParamMaps.entries()) {
    try {
      withParams(params.estimator, map);
    } catch (cause) {
      if (!isCoppiceError(cause)) throw cause;
      throw new CoppiceError(
        'PARAM_INVALID',
        `estimatorParamMaps of ${owner} must be parameters that its estimator takes; got others in place ${i}: ${cause.message}`,
        { context: { owner, param: 'estimatorParamMaps', candidate: i }, cause },
      );
    }
  }
}

/** Stores the stages that a search holds. */
export async function saveSearched(
  writer: StageWriter,
  { estimator, evaluator }: Pick<SearchParams, 'estimator' | 'evaluator'>,
): Promise<void> {
  await writer.stage('estimator', estimator);
  await writer.stage('evaluator', evaluator);
}

/** Reads them back. */
export async function readSearched(
  reader: StageReader,
): Promise<Pick<SearchParams, 'estimator' | 'evaluator'>> {
  const estimator = await reader.stage('estimator');
  const evaluator = await reader.stage('evaluator');
  if (!(estimator instanceof Estimator)) throw wrongStage(reader, 'estimator', estimator);
  if (!(evaluator instanceof Evaluator)) throw wrongStage(reader, 'evaluator', evaluator);
  return { estimator: estimator as Estimator, evaluator: evaluator as Evaluator };
}

function wrongStage(reader: StageReader, name: string, stage: SavableStage): CoppiceError {
  return paramInvalid(reader.className, name, `an ${name}`, describeValue(stage.className));
}
