// What did a run of .ci/run do? Prints its steps, its suites and, last, the counts.
//
// Usage: node scripts/ci-summary.mjs <folder of the run>. The folder holds steps.tsv (name, exit
// status, seconds), suites.jsonl (from test/tools/suite-runs.ts) and reports/*.json (vitest's own).
// The exit status is 0 only when nothing failed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const lines = (name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);

const steps = lines('steps.tsv').map((line) => {
  const [name, status, seconds] = line.split('\t');
  return { name, failed: status !== '0', seconds };
});

/** Tests by outcome over all reports; a file that could not even be loaded is one failure. */
function testCounts() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of readdirSync(join(folder, 'reports')).sort()) {
    const report = JSON.parse(readFileSync(join(folder, 'reports', name), 'utf8'));
    counts.passed += report.numPassedTests;
    counts.failed += report.numFailedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
    for (const { status, assertionResults } of report.testResults) {
      const someTestFailed = assertionResults.some((result) => result.status === 'failed');
      if (status === 'failed' && !someTestFailed) counts.failed += 1;
    }
  }
  return counts;
}

const counts = testCounts();
const failedSteps = steps.filter((step) => step.failed);
const stepsWithTests = failedSteps.filter(({ name }) => name.startsWith('test'));
const otherFailures = failedSteps.length - stepsWithTests.length;
// A test step that failed without one failed test (a crash, a time limit) is still a failure.
const crashed = stepsWithTests.length > 0 && counts.failed === 0 ? stepsWithTests.length : 0;

console.log('\nstep             result   seconds');
for (const { name, failed, seconds } of steps) {
  console.log(
    `${name.padEnd(16)} ${(failed ? 'FAILED' : 'passed').padEnd(8)} ${seconds.padStart(7)}`,
  );
}

const suites = new Map();
if (existsSync(join(folder, 'suites.jsonl'))) {
  for (const line of lines('suites.jsonl')) {
    const { suite, reason } = JSON.parse(line);
    suites.set(suite, reason);
  }
}
if (suites.size > 0) console.log('\nsuite            result');
for (const [suite, reason] of [...suites].sort()) {
  console.log(`${suite.padEnd(16)} ${reason === null ? 'ran' : `skipped: ${reason}`}`);
}

const failed = counts.failed + otherFailures + crashed;
console.log(`\nlogs: ${folder}`);
console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
process.exit(failed === 0 && failedSteps.length === 0 ? 0 : 1);
