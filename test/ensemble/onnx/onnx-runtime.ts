/** The ONNX Runtime, in Python: models and their inputs go into a folder, what it answers comes back. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python } from '../../bench/bench-home.ts';
import { suiteRuns } from '../../tools/suite-runs.ts';

const program = fileURLToPath(new URL('run-onnx.py', import.meta.url));

/** What one model is given: texts, or numbers with their shape. */
export type Inputs = Readonly<Record<string, readonly string[] | NumberInput>>;

/** Numbers, row by row. */
export interface NumberInput {
  readonly width: number;
  readonly values: Float64Array;
  readonly type?: 'float32' | 'float64';
}

/** What one output holds, row by row. */
export interface Output {
  readonly type: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

/** Is it here? */
export function hasOnnxRuntime(): boolean {
  const isThere =
    existsSync(python) && spawnSync(python, ['-c', 'import onnx, onnxruntime, numpy']).status === 0;
  return suiteRuns(
    'onnx-runtime',
    isThere
      ? null
      : `there is no Python with onnx and onnxruntime at ${python} (npx tsx test/bench/setup.ts makes it)`,
  );
}

/** The outputs of each model, checked against the standard first. */
export function runOnnx(
  folder: string,
  cases: readonly { readonly bytes: Uint8Array; readonly inputs: Inputs }[],
): Record<string, Output>[] {
  const own = mkdtempSync(join(folder, 'run-'));
  const nameOf = (i: number): string => join(own, String(i).padStart(4, '0'));
  cases.forEach(({ bytes, inputs }, i) => {
    writeFileSync(`${nameOf(i)}.onnx`, bytes);
    writeFileSync(`${nameOf(i)}.json`, JSON.stringify(encoded(inputs)));
  });
  const { status, stderr } = spawnSync(python, [program, own], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`run-onnx.py ended with status ${status}: ${stderr}`);
  return cases.map((_, i) => {
    const found = JSON.parse(readFileSync(`${nameOf(i)}.out.json`, 'utf8')) as Record<
      string,
      Omit<Output, 'values'> & { readonly values: string | string[] }
    >;
    return Object.fromEntries(
      Object.entries(found).map(([name, { values, ...rest }]) => [
        name,
        { ...rest, values: Array.isArray(values) ? values : doubles(values) },
      ]),
    );
  });
}

function encoded(inputs: Inputs): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      if (!('width' in given)) return [name, { type: 'string', values: given }];
      const { width, values, type = 'float64' } = given;
      const { buffer, byteOffset, byteLength } = values;
      const text = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
      return [name, { type, shape: [values.length / width, width], values: text }];
    }),
  );
}

function doubles(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  const values = Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8));
  return values;
}
