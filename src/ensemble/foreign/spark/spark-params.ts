/** Parameters in the metadata of a Spark stage, each checked for what it must be. */
import type { SparkFolder } from './spark-folder.ts';

/** A parameter that is a text; undefined for one that is left out or empty. */
export function textParam(folder: SparkFolder, name: string): string | undefined {
  const value = folder.params[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw folder.file.malformed(`has a ${name} that is no text`);
}

/** A parameter that is a list of texts. */
export function textsParam(folder: SparkFolder, name: string): readonly string[] | undefined {
  const value = folder.params[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw folder.file.malformed(`has a ${name} that is no list of texts`);
}

/** A parameter that is true or false. */
export function flagParam(folder: SparkFolder, name: string, missing: boolean): boolean {
  const value = folder.params[name] ?? missing;
  if (typeof value === 'boolean') return value;
  throw folder.file.malformed(`has a ${name} that is neither true nor false`);
}

/** A parameter that is a number. */
export function numberParam(folder: SparkFolder, name: string): number | undefined {
  const value = folder.params[name];
  return value === undefined || value === null ? undefined : number(folder, name, value);
}

/** A parameter that is a list of numbers. */
export function numbersParam(folder: SparkFolder, name: string): readonly number[] | undefined {
  const value = folder.params[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((one) => number(folder, name, one));
  throw folder.file.malformed(`has a ${name} that is no list of numbers`);
}

/** A parameter that is a list of lists of numbers. */
export function numberListsParam(
  folder: SparkFolder,
  name: string,
): readonly (readonly number[])[] | undefined {
  const value = folder.params[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every(Array.isArray))
    return value.map((list: unknown[]) => list.map((one) => number(folder, name, one)));
  throw folder.file.malformed(`has a ${name} that is no list of lists`);
}

const named: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Inf: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

/** JSON has no NaN and no infinity: Spark writes their names. */
function number(folder: SparkFolder, name: string, value: unknown): number {
  const found = typeof value === 'string' ? named[value] : value;
  if (typeof found === 'number') return found;
  throw folder.file.malformed(`has a ${name} that is no number`);
}

/** A count in the metadata. */
export function countField(folder: SparkFolder, name: string, most: number): number {
  const value = folder.fields[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw folder.file.malformed(`has no count ${name}`);
  if ((value as number) <= most) return value as number;
  throw folder.file.unsupported(
    `has ${value} as ${name}, more than ${most}`,
    'train it on fewer features',
  );
}

/** Refuses a parameter that asks for an output that ours does not have alike. */
export function refuseParam(folder: SparkFolder, name: string): void {
  if (textParam(folder, name) === undefined) return;
  throw folder.file.unsupported(
    `has a ${name}, which is numbered or computed otherwise here`,
    `save it without: model.set${name[0]?.toUpperCase()}${name.slice(1)}("")`,
  );
}

/** How a stage names the columns that it reads and adds, in our words. */
export function pairOptions(folder: SparkFolder): Record<string, string | readonly string[]> {
  const inputCols = textsParam(folder, 'inputCols');
  const single = {
    inputCol: textParam(folder, 'inputCol'),
    outputCol: textParam(folder, 'outputCol'),
  };
  if (inputCols !== undefined)
    return { inputCols, outputCols: textsParam(folder, 'outputCols') ?? [] };
  if (single.inputCol === undefined || single.outputCol === undefined)
    throw folder.file.malformed('names no inputCol and outputCol');
  return { inputCol: single.inputCol, outputCol: single.outputCol };
}
