/** Loads a saved model of any class; whatever is wrong with it is the model's fault (exit code 4). */
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import { loadStage } from '../pipeline/load-stage.ts';
import { Transformer } from '../pipeline/transformer.ts';
import './known-stages.ts';

/**
 * The model in a folder.
 *
 * @throws CoppiceError `MODEL_FORMAT`, `MODEL_VERSION`, `MODEL_CLASS`, `FUNCTION_MISSING`
 */
export async function loadModel(path: string): Promise<Transformer> {
  const stage = await load(path);
  if (stage instanceof Transformer) return stage;
  throw new CoppiceError(
    'MODEL_CLASS',
    `--model must be a fitted model; got ${path}, which holds an unfitted ${stage.className}: run coppice fit`,
    { context: { file: path } },
  );
}

async function load(path: string): ReturnType<typeof loadStage> {
  try {
    return await loadStage(path);
  } catch (error) {
    if (!isCoppiceError(error, 'FILE_NOT_FOUND')) throw error;
    throw new CoppiceError('MODEL_FORMAT', error.message, { context: error.context, cause: error });
  }
}
