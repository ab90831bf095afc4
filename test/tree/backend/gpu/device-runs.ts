/** Runs the scripts beside it on a device, Mesa's software adapter where there is no GPU, and keeps what they tell. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { probeUnder, softwareGpuEnvironment } from '../../../tools/software-gpu.ts';
import { suiteRuns } from '../../../tools/suite-runs.ts';

export const environment = softwareGpuEnvironment();
export const found = probeUnder(environment);
export const runs = suiteRuns('gpu', 'failure' in found ? found.failure : null);

/** What a scenario of equal-fits.ts told. */
export interface Told {
  readonly name: string;
  readonly [fact: string]: unknown;
}

/** Runs a script; a crash after its last word is none. */
export async function runScript(
  name: string,
  words: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const all = ['--import', 'tsx', script, ...words];
  const options = { env: environment, timeout: 200_000, maxBuffer: 1 << 24 };
  try {
    return await promisify(execFile)(process.execPath, all, options);
  } catch (error) {
    const ended = error as Error & { stdout: string; stderr: string };
    if (ended.stdout.trim().endsWith('compared')) return ended;
    throw error;
  }
}

/** Runs scenarios of equal-fits.ts; gives what they told by name, and what was warned of. */
export async function runScenarios(
  names: readonly string[],
): Promise<{ told: Map<string, Told>; warned: string }> {
  const { stdout, stderr } = await runScript('equal-fits.ts', names);
  const told = new Map<string, Told>();
  for (const line of stdout.trim().split('\n')) {
    if (!line.startsWith('{')) continue;
    const result = JSON.parse(line) as Told;
    told.set(result.name, result);
  }
  return { told, warned: stderr };
}
