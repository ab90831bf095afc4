/** JPMML-Evaluator, by its Python package: documents and their rows go into a folder, what it answers comes back. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonVenv } from '../../tools/python-venv.ts';
import { suiteRuns } from '../../tools/suite-runs.ts';
import type { PmmlRows } from './pmml-rows.ts';

const program = fileURLToPath(new URL('run-pmml.py', import.meta.url));
const requirements = 'jpmml-evaluator==0.16.0\njpype1==1.7.1\nnumpy==2.4.6\npandas==3.1.1\n';
const home = join(homedir(), '.cache', 'coppice-pmml');

/** What is answered to one document. */
export interface PmmlAnswer {
  /** Name, data type and kind of each field that is read. */
  readonly inputs: readonly (readonly [string, string, string])[];
  readonly targets: readonly string[];
  /** By field, row by row. */
  readonly outputs: Readonly<Record<string, readonly unknown[]>>;
}

/** Is it here? `.ci/run` installs it. */
export function hasPmmlEvaluator(): boolean {
  return suiteRuns('pmml-evaluator', missing());
}

function missing(): string | null {
  if (spawnSync('java', ['-version']).status !== 0) return 'there is no java';
  const isThere = existsSync(join(home, 'venv.stamp')) || process.env['CI'] === 'true';
  return isThere ? pythonVenv(home, requirements) : `there is no ${home}; CI=true makes it`;
}

/** The answers to each document. */
export function runPmml(
  folder: string,
  cases: readonly { readonly text: string; readonly rows: PmmlRows }[],
): PmmlAnswer[] {
  const own = mkdtempSync(join(folder, 'run-'));
  const nameOf = (i: number): string => join(own, String(i).padStart(4, '0'));
  cases.forEach(({ text, rows }, i) => {
    writeFileSync(`${nameOf(i)}.pmml`, text);
    writeFileSync(`${nameOf(i)}.json`, JSON.stringify(rows));
  });
  const python = join(home, 'venv', 'bin', 'python');
  const { status, stderr } = spawnSync(python, [program, own], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`run-pmml.py ended with status ${status}: ${stderr}`);
  return cases.map((_, i) => JSON.parse(readFileSync(`${nameOf(i)}.out.json`, 'utf8')));
}
