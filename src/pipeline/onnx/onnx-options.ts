/** What a user may choose of a model in ONNX. */
import { checkOptions } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';

/** Options of `toOnnx`. */
export interface OnnxOptions {
  /**
   * What the model is given: `columns`, an input for each column under its name, or `matrix`, one input `features` of
   * all numbers in the order of the model's features. Columns by default.
   */
  readonly inputs?: 'columns' | 'matrix' | undefined;
  /** The type of the numbers that it is given, double by default; float32 ones are widened first. */
  readonly numberType?: 'double' | 'float' | undefined;
  /** The text that stands for a missing category, '' by default; ONNX has no null. */
  readonly missingText?: string | undefined;
}

/** The same, each of them given. */
export type CheckedOnnxOptions = Required<{
  [K in keyof OnnxOptions]: NonNullable<OnnxOptions[K]>;
}>;

/**
 * Options with their defaults.
 *
 * @param owner the class of the model that is written
 * @throws CoppiceError `USAGE` for a value that an option does not have, `PARAM_UNKNOWN` for an option that is none
 */
export function checkedOnnxOptions(owner: string, options: OnnxOptions): CheckedOnnxOptions {
  checkOptions('toOnnx', options, ['inputs', 'numberType', 'missingText']);
  const { inputs = 'columns', numberType = 'double', missingText = '' } = options;
  const wrong =
    (inputs !== 'columns' && inputs !== 'matrix' && 'inputs of toOnnx must be columns or matrix') ||
    (numberType !== 'double' &&
      numberType !== 'float' &&
      'numberType of toOnnx must be double or float') ||
    (typeof missingText !== 'string' && 'missingText of toOnnx must be a text');
  if (wrong === false) return { inputs, numberType, missingText };
  const got = JSON.stringify({ inputs, numberType, missingText });
  throw new CoppiceError('USAGE', `${wrong}; got ${got}`, { context: { owner } });
}
