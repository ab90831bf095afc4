/** Loading without knowing the class beforehand. */
import { CoppiceError } from '../base/errors.ts';
import { PipelineStage } from './pipeline-stage.ts';
import { type LoadOptions, loadSavedStage } from './stage-reader.ts';

/**
 * Loads a saved stage of any class that the program has imported.
 *
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT`, `MODEL_VERSION`, `MODEL_CLASS`, `FUNCTION_MISSING`
 */
export async function loadStage(path: string, options: LoadOptions = {}): Promise<PipelineStage> {
  const stage = await loadSavedStage(path, options);
  if (stage instanceof PipelineStage) return stage;
  throw new CoppiceError(
    'MODEL_CLASS',
    `the saved model ${path} is of class ${stage.className}, which is no stage`,
  );
}
