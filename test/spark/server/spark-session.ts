/** What every test on Spark begins with: whether there is a server, a session on it, and a look at its members. */
import { readdirSync, readFileSync } from 'node:fs';
import { Session, type SparkOptions } from '../../../src/index.ts';
import { suiteRuns } from '../../tools/suite-runs.ts';

/** True when the tests can run. */
export const runsSpark = suiteRuns('spark', process.env['COPPICE_SPARK_MISSING'] ?? null);

/** A session on the server of the tests. */
export async function sparkSession(options: SparkOptions = {}): Promise<Session> {
  const url = process.env['COPPICE_SPARK_URL'] as string;
  return await Session.spark({ url, token: process.env['COPPICE_SPARK_TOKEN'], ...options });
}

/** The processes of members of the tests' Spark, of whichever job. */
export function memberPids(): number[] {
  const work = process.env['COPPICE_SPARK_WORK'];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isMember = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(
          'coppice-member.mjs',
        );
        // another Spark may run on this machine
        return (
          isMember &&
          (work === undefined || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(work))
        );
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}

/** Waits until a condition holds; false when it did not in time. */
export async function within(ms: number, holds: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 50) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return holds();
}
