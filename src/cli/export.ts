/** The command `export`: a saved model in a format that other runtimes read. */
import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { CoppiceError } from '../base/errors.ts';
import { Model } from '../pipeline/model.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { loadModel } from './load-model.ts';
import { grouped } from './progress-line.ts';
import { refuseExistingPath } from './write-data.ts';

/** Options of `export`. */
export interface ExportCommandOptions extends CommonOptions {
  readonly model: string;
  readonly format?: 'onnx' | 'js';
  readonly out: string;
  readonly inputs?: 'columns' | 'matrix';
  readonly numberType?: 'double' | 'float';
  readonly missingText?: string;
  readonly overwrite?: boolean;
}

/** The command `export`. */
export async function exportModel(
  options: ExportCommandOptions,
  _context: CommandContext,
): Promise<CommandResult> {
  const { model: path, out, inputs, numberType, missingText } = options;
  const format = options.format ?? (/\.m?js$/i.test(out) ? 'js' : 'onnx');
  refuseExistingPath(out, options.overwrite === true);
  const model = await loadModel(path);
  if (!(model instanceof Model)) {
    const message = `--model must be a fitted model; got a ${model.className}, which has learned nothing`;
    throw new CoppiceError('MODEL_CLASS', message, { context: { file: path } });
  }
  if (format === 'js') refuseOnnxOptions(options);
  const bytes =
    format === 'js'
      ? new TextEncoder().encode(model.toModule())
      : model.toOnnx({ inputs, numberType, missingText });
  await writeWhole(out, bytes);
  return {
    value: { command: 'export', model: path, format, out, bytes: bytes.length },
    text: `wrote ${model.className} to ${out}, ${grouped(bytes.length)} bytes`,
  };
}

/** Options that say how a file of ONNX takes its inputs. */
function refuseOnnxOptions({ inputs, numberType, missingText }: ExportCommandOptions): void {
  const given = { '--inputs': inputs, '--number-type': numberType, '--missing-text': missingText };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  const message = `${flag} must be left out with --format js, whose rows are objects; got one`;
  throw new CoppiceError('USAGE', message);
}

/** The file appears whole or not at all. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.tmp-${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(unfinished, bytes, { flush: true });
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CoppiceError('FILE_WRITE', `${path} cannot be written: ${why}; give another --out`, {
      context: { file: path },
      cause,
    });
  }
}
