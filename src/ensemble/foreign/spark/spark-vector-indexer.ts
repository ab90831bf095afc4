/**
 * A VectorIndexerModel: which elements of a vector are categories, and the index of each of their values. It has no
 * counterpart and needs none: the model behind it reads the values themselves.
 */
import type { KnownColumns } from './known-columns.ts';
import type { SparkFolder } from './spark-folder.ts';
import { textParam } from './spark-params.ts';

/** Remembers what its output stands for. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED` */
export async function vectorIndexer(folder: SparkFolder, columns: KnownColumns): Promise<void> {
  const { file } = folder;
  const input = textParam(folder, 'inputCol');
  const output = textParam(folder, 'outputCol');
  if (input === undefined || output === undefined)
    throw file.malformed('names no inputCol and outputCol');
  if (columns.indexed.has(input))
    throw file.unsupported(`reads ${input}, which a VectorIndexer makes`, 'leave one of them out');
  const handleInvalid = textParam(folder, 'handleInvalid') ?? 'error';
  const { numFeatures, categoryMaps } = await folder.oneRow();
  if (typeof numFeatures !== 'number') throw file.malformed('has no count numFeatures');
  columns.needVector(file, input, numFeatures);
  const values = new Map<number, readonly number[]>();
  for (const [feature, map] of Object.entries((categoryMaps ?? {}) as Record<string, unknown>)) {
    const own: number[] = [];
    const pairs = Object.entries((map ?? {}) as Record<string, unknown>);
    for (const [value, index] of pairs) {
      if (Number.isInteger(index) && (index as number) < pairs.length)
        own[index as number] = Number(value);
    }
    const isWhole = own.length === pairs.length && own.every(Number.isFinite);
    if (!isWhole || !(Number(feature) < numFeatures))
      throw file.malformed(`has indices of feature ${feature} that are not counted one by one`);
    values.set(Number(feature), own);
  }
  columns.indexed.set(output, { source: input, values, keepsOthers: handleInvalid === 'keep' });
}
