/** The command `export`: a saved model in a format that other runtimes read. */
import { CoppiceError } from '../base/errors.ts';
import { Model } from '../pipeline/model.ts';
import { refuseExistingFile, replaceFile } from '../table/files/file-sink.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { loadModel } from './load-model.ts';
import { grouped } from './progress-line.ts';
import { isStream, refuseExistingPath } from './write-data.ts';

type Format = 'onnx' | 'js' | 'pmml';

/** Options of `export`. */
export interface ExportCommandOptions extends CommonOptions {
  readonly model: string;
  readonly format?: Format;
  readonly out: string;
  readonly inputs?: 'columns' | 'matrix';
  readonly numberType?: 'double' | 'float';
  readonly missingText?: string;
  readonly types?: boolean;
  readonly overwrite?: boolean;
}

/** The command `export`. */
export async function exportModel(
  options: ExportCommandOptions,
  _context: CommandContext,
): Promise<CommandResult> {
  const { model: path, out, inputs, numberType, missingText } = options;
  const format = options.format ?? formatOf(out);
  const types = typesPath(options, format);
  const overwrite = options.overwrite === true;
  if (out === '' || isStream(out)) {
    const got = out === '' ? 'an empty text' : out;
    throw new CoppiceError('USAGE', `--out must be the path of a file, no stream; got ${got}`);
  }
  for (const file of [out, ...types]) {
    refuseExistingPath(file, overwrite);
    await refuseExistingFile(file, overwrite);
  }
  const model = await loadModel(path);
  if (!(model instanceof Model)) {
    const message = `--model must be a fitted model; got a ${model.className}, which has learned nothing`;
    throw new CoppiceError('MODEL_CLASS', message, { context: { file: path } });
  }
  if (format !== 'onnx') refuseOnnxOptions(options, format);
  const bytes =
    format === 'onnx'
      ? model.toOnnx({ inputs, numberType, missingText })
      : new TextEncoder().encode(format === 'js' ? model.toModule() : await model.toPmml());
  await replaceFile(out, async (sink) => await sink.write(bytes));
  for (const file of types) {
    const text = new TextEncoder().encode(model.toModuleDeclarations());
    await replaceFile(file, async (sink) => await sink.write(text));
  }
  const told = types.length === 0 ? {} : { types: types[0] as string };
  return {
    value: { command: 'export', model: path, format, out, bytes: bytes.length, ...told },
    text: `wrote ${model.className} to ${[out, ...types].join(' and ')}, ${grouped(bytes.length)} bytes`,
  };
}

/** What the name of a file says. */
function formatOf(out: string): Format {
  if (/\.pmml$/i.test(out)) return 'pmml';
  return /\.m?js$/i.test(out) ? 'js' : 'onnx';
}

/** The file of declarations, where it is asked for: TypeScript looks for it beside the module. */
function typesPath({ types, out }: ExportCommandOptions, format: Format): string[] {
  if (types !== true) return [];
  const found = /^(.*)\.(m?)js$/i.exec(out);
  if (format === 'js' && found !== null) return [`${found[1]}.d.${found[2]}ts`];
  const message = `--types must be given with --out of a JavaScript module, whose name ends in .js or .mjs; got ${out}`;
  throw new CoppiceError('USAGE', message);
}

/** Options that say how a file of ONNX takes its inputs. */
function refuseOnnxOptions(
  { inputs, numberType, missingText }: ExportCommandOptions,
  format: Format,
): void {
  const given = { '--inputs': inputs, '--number-type': numberType, '--missing-text': missingText };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  const message = `${flag} must be left out with --format ${format}, whose rows have values by name; got one`;
  throw new CoppiceError('USAGE', message);
}
