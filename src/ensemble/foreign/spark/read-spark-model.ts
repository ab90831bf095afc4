/** Models that Spark ML saved as models of ours. */
import { Float64 } from 'apache-arrow';
import { logicalSchema } from '../../../pipeline/logical-schema.ts';
import { Model } from '../../../pipeline/model.ts';
import { PipelineModel } from '../../../pipeline/pipeline-model.ts';
import type { Transformer } from '../../../pipeline/transformer.ts';
import type { ClassValue } from '../../../training/messages.ts';
import { KnownColumns } from './known-columns.ts';
import { SparkFolder } from './spark-folder.ts';
import { linearClasses, linearWidth, sparkLinearModel } from './spark-linear-models.ts';
import { countField, pairOptions, textParam, textsParam } from './spark-params.ts';
import { sparkStages, stageClasses } from './spark-stages.ts';
import {
  mostFeatures,
  type SparkInputs,
  sparkTreeModel,
  treeClasses,
} from './spark-tree-models.ts';
import { vectorIndexer } from './spark-vector-indexer.ts';

/** What a caller may say beside a folder of Spark ML. */
export interface SparkImportOptions {
  /** The columns of the features of a model that is no pipeline; by default they are one column of vectors, as there. */
  readonly featuresCols?: readonly string[] | undefined;
  /** The classes of a model that is no pipeline, in the order of their numbers there; by default 0, 1, … */
  readonly classes?: readonly ClassValue[] | undefined;
  /** Further parameters of a model that is no pipeline, such as `predictionCol`. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads a model of Spark ML: the folder that `model.save(path)` writes (tested with Spark 3.5 and 4.3).
 *
 * Decision trees, random forests and boosted trees, linear and logistic regression, and pipelines of these with
 * StringIndexer, OneHotEncoder, VectorAssembler, VectorIndexer, Imputer, StandardScaler, MinMaxScaler, Bucketizer, Binarizer
 * and IndexToString; of a cross-validation its best model. Other stages are refused by name.
 *
 * The model predicts as Spark does: raw predictions, probabilities and predictions of trees and forests are the same
 * doubles, sums of boosted trees and linear models agree but for the order of their additions, and probabilities of these
 * but for the last bits of exp. Raw predictions of boosted classifiers are twice those of Spark, so that the probability is
 * 1 / (1 + e^−raw) as everywhere here. It saves, explains and serves as a fitted model does.
 *
 * @param source the path of the folder, or its file: URL
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT` for a damaged folder, `FILE_FORMAT` for damaged Parquet,
 *   `UNSUPPORTED` for what has no counterpart, `PARAM_INVALID`
 * @example
 * ```ts
 * import { isCoppiceError, readSparkModel } from 'coppice';
 * try {
 *   await readSparkModel('no-such-folder');
 * } catch (error) {
 *   console.log(isCoppiceError(error, 'FILE_NOT_FOUND')); // true
 * }
 * ```
 * @see docs/guides/from-spark.md
 */
export async function readSparkModel(
  source: string | URL,
  options: SparkImportOptions = {},
): Promise<Model> {
  const folder = await bestOf(await SparkFolder.open(source));
  const isPipeline = folder.className === 'PipelineModel';
  const [given] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (isPipeline && given !== undefined)
    throw folder.file.unsuited(given, 'left out, for its stages say it', 'one');
  const columns = new KnownColumns();
  const stages = await readStages(
    isPipeline ? await flatStages(folder) : [folder],
    columns,
    options,
  );
  const [only] = stages;
  if (!isPipeline && only instanceof Model) return only as Model;
  return new PipelineModel({}, { stages, inputSchema: logicalSchema(columns.inputs) });
}

/** The model that a search has found. */
async function bestOf(folder: SparkFolder): Promise<SparkFolder> {
  const isSearch = ['CrossValidatorModel', 'TrainValidationSplitModel'].includes(folder.className);
  return isSearch ? await bestOf(await folder.child('bestModel')) : folder;
}

/** The stages of a pipeline, those of pipelines inside it in their places. */
async function flatStages(folder: SparkFolder): Promise<SparkFolder[]> {
  const stages: SparkFolder[] = [];
  for (const stage of await folder.stages()) {
    if (stage.className === 'PipelineModel') stages.push(...(await flatStages(stage)));
    else stages.push(await bestOf(stage));
  }
  return stages;
}

async function readStages(
  folders: readonly SparkFolder[],
  columns: KnownColumns,
  options: SparkImportOptions,
): Promise<Transformer[]> {
  const stages: Transformer[] = [];
  for (const [i, folder] of folders.entries()) {
    const { className, file } = folder;
    if (isLabelOnly(folder, folders.slice(i + 1))) continue;
    if (className === 'VectorIndexerModel') await vectorIndexer(folder, columns);
    else if (stageClasses.includes(className)) {
      refuseIndexed(folder, columns);
      stages.push(...(await sparkStages(folder, columns)));
    } else if (treeClasses.includes(className) || linearClasses.includes(className)) {
      const model = await predictor(folder, columns, options);
      columns.pass(model);
      stages.push(model);
    } else {
      const known = [...treeClasses, ...linearClasses, ...stageClasses, 'VectorIndexerModel'];
      throw file.unsupported(
        'is of a class that has no counterpart here',
        `known are ${known.join(', ')}: fit the others with Coppice, on the same table`,
      );
    }
  }
  return stages;
}

async function predictor(
  folder: SparkFolder,
  columns: KnownColumns,
  options: SparkImportOptions,
): Promise<Model> {
  const { file } = folder;
  const isLinear = linearClasses.includes(folder.className);
  const length = isLinear
    ? await linearWidth(folder)
    : countField(folder, 'numFeatures', mostFeatures);
  const featuresCol = textParam(folder, 'featuresCol') ?? 'features';
  const { featuresCols, classes = null, params = {} } = options;
  let inputs: SparkInputs;
  if (featuresCols === undefined) {
    const features = columns.features(file, featuresCol, length);
    const column = columns.indexed.get(featuresCol)?.source ?? featuresCol;
    const inputSchema = logicalSchema(columns.schema, [column]);
    inputs = { inputSchema, features, options: { featuresCol: column, ...params }, classes };
  } else {
    if (featuresCols.length !== length || new Set(featuresCols).size !== length)
      throw file.unsuited('featuresCols', `${length} columns`, featuresCols.length);
    columns.need(featuresCols, () => new Float64());
    inputs = {
      inputSchema: logicalSchema(columns.schema, featuresCols),
      features: featuresCols.map((name) => ({
        ...{ name, path: [name], values: null, isText: false, otherCode: null },
      })),
      ...{ options: { featuresCols, ...params }, classes },
    };
  }
  return isLinear ? await sparkLinearModel(folder, inputs) : await sparkTreeModel(folder, inputs);
}

/** An indexer of labels: predictions do without it, and rows that are scored have no label. */
function isLabelOnly(folder: SparkFolder, later: readonly SparkFolder[]): boolean {
  if (folder.className !== 'StringIndexerModel') return false;
  const { outputCol, outputCols } = pairOptions(folder);
  const outputs = [outputCols ?? outputCol ?? []].flat();
  const labels = later.map((stage) => textParam(stage, 'labelCol'));
  const read = later.flatMap((stage) => [
    ...(textsParam(stage, 'inputCols') ?? []),
    ...['inputCol', 'featuresCol'].map((name) => textParam(stage, name)),
  ]);
  return outputs.every((name) => labels.includes(name) && !read.includes(name));
}

/** Only models can read what VectorIndexer makes. */
function refuseIndexed(folder: SparkFolder, columns: KnownColumns): void {
  const read = [
    ...(textsParam(folder, 'inputCols') ?? []),
    ...[textParam(folder, 'inputCol') ?? ''],
  ];
  const found = read.find((name) => columns.indexed.has(name));
  if (found === undefined) return;
  throw folder.file.unsupported(
    `reads ${found}, which a VectorIndexer makes`,
    'only a model of trees may stand behind a VectorIndexer',
  );
}
