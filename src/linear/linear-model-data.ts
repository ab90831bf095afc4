/** What every linear model holds, how it is saved and how it is checked when loaded. */
import { isPlainObject, type Json } from '../base/json.ts';
import type { LogicalSchema } from '../pipeline/logical-schema.ts';
import { savedInputSchema } from '../pipeline/model.ts';
import type { StageReader } from '../pipeline/stage-reader.ts';
import type { StageWriter } from '../pipeline/stage-writer.ts';
import type { ClassValue } from '../training/messages.ts';
import type { LinearResult } from './messages.ts';

/** A fitted linear model, without its class. */
export interface LinearModelData extends LinearResult {
  readonly inputSchema: LogicalSchema;
  readonly names: readonly string[];
  /** Where each feature lies: column, then child or element. */
  readonly paths: readonly (readonly string[])[];
  /** Type of the label column, as printed in schemas. */
  readonly labelType: string;
}

/** Saves it. */
export async function saveLinearModel(writer: StageWriter, data: LinearModelData): Promise<void> {
  const { coefficients, intercepts, objectiveHistory } = data;
  await writer.tensors('coefficients', {
    coefficients,
    intercepts,
    objectiveHistory: Float64Array.from(objectiveHistory),
  });
  writer.extra({
    features: data.names.map((name, j) => ({ name, path: [...(data.paths[j] ?? [])] })),
    classes: [...data.classes] as Json,
    labelType: data.labelType,
    numRows: data.numRows,
  });
}

/** Reads it back; what does not add up is an error. */
export function readLinearModel(reader: StageReader): LinearModelData {
  const { features, classes, labelType, numRows } = reader.extraObject();
  const stored = reader.tensors('coefficients');
  const intercepts = stored.get('intercepts', Float64Array);
  if (!Array.isArray(features) || features.length === 0) {
    throw reader.malformed('has no list of features');
  }
  const numOutputs = intercepts.length;
  const coefficients = stored.get('coefficients', Float64Array, numOutputs * features.length);
  if (![...coefficients, ...intercepts].every(Number.isFinite)) {
    throw reader.malformed('has a coefficient that is not finite');
  }
  if (!Array.isArray(classes) || !classes.every(isClass)) {
    throw reader.malformed('has a class that is no text, number or boolean');
  }
  const isMatching =
    classes.length <= 2
      ? numOutputs === 1 || numOutputs === classes.length
      : numOutputs === classes.length;
  if (!isMatching)
    throw reader.malformed(`has ${numOutputs} intercepts for ${classes.length} classes`);
  if (typeof labelType !== 'string') throw reader.malformed('does not name the type of its label');
  if (!Number.isSafeInteger(numRows) || (numRows as number) < 0) {
    throw reader.malformed('has a count that is not a whole number');
  }
  const named = features.map((entry) => readFeature(reader, entry));
  return {
    inputSchema: savedInputSchema(reader),
    names: named.map(({ name }) => name),
    paths: named.map(({ path }) => path),
    classes: classes as readonly ClassValue[],
    labelType,
    numRows: numRows as number,
    coefficients,
    intercepts,
    objectiveHistory: [...stored.get('objectiveHistory', Float64Array)],
  };
}

function isClass(value: unknown): value is ClassValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function readFeature(
  reader: StageReader,
  entry: Json | undefined,
): { name: string; path: readonly string[] } {
  if (isPlainObject(entry)) {
    const { name, path } = entry;
    const isPath =
      Array.isArray(path) && path.length > 0 && path.every((part) => typeof part === 'string');
    if (typeof name === 'string' && isPath) return { name, path: path as string[] };
  }
  throw reader.malformed('has a feature without a name or a column');
}
