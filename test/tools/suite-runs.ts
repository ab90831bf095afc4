/**
 * May this suite run here, and if not, why?
 *
 * Some suites need what a machine may lack: a folder of data, a GPU, another Node. They ask here.
 * A skip prints one line with its reason, and `.ci/run` collects the lines in its table. A suite
 * that is named in COPPICE_REQUIRE (names with commas, or `all`) must not be skipped: then the
 * reason becomes an error.
 *
 * ```ts
 * const folder = fileURLToPath(new URL('../../../shared/data', import.meta.url));
 * const runs = suiteRuns('real-data', existsSync(folder) ? null : 'there is no shared/data');
 * describe.runIf(runs)('real data', () => { … });
 * ```
 */
import { appendFileSync } from 'node:fs';

/** True when the suite can run; `reason` says what it lacks, or is null. */
export function suiteRuns(suite: string, reason: string | null): boolean {
  record(suite, reason);
  if (reason === null) return true;
  const required = (process.env['COPPICE_REQUIRE'] ?? '').split(',').map((name) => name.trim());
  if (required.includes(suite) || required.includes('all')) {
    throw new Error(`suite ${suite} is required by COPPICE_REQUIRE, but ${reason}`);
  }
  console.warn(`skipped: ${suite}: ${reason}`);
  return false;
}

function record(suite: string, reason: string | null): void {
  const file = process.env['COPPICE_SUITE_LOG'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ suite, reason })}\n`);
}
