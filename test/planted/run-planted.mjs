// Would the tests notice? Plants one bug after another and expects some test to fail.
//
// Usage: node test/planted/run-planted.mjs [--record] [--green] [name...]. Each bug of bugs.mjs is applied to a copy
// of the tree, what it touches is compiled, and the tests named beside the bug are run there until the first one
// fails: first the one that caught it when caught-by.json was written (`--record` writes it), then all of them.
// Before that all these tests must pass on a copy as it is; `--green` says that they were just seen to. A copy for
// each core, two at most, so that one builds while another tests.

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { plantedBugs } from './bugs.mjs';
import { PlantedTree } from './planted-tree.mjs';

const caughtByFile = fileURLToPath(new URL('caught-by.json', import.meta.url));
const caughtBy = JSON.parse(readFileSync(caughtByFile, 'utf8'));

/** The test that fails, null when none does. */
async function failureOf(tree, bug) {
  const known = caughtBy[bug.name];
  // what needs the bundle is not caught without it
  if (known !== undefined && known.loads !== 'bundle') {
    const failure = await tree.knownFailure(bug, known);
    if (failure !== null) return failure;
  }
  return tree.anyFailure(bug, known);
}

/** Plants bugs in one copy until none is left; returns how many were caught. */
async function catchBugs(tree, queue) {
  let caught = 0;
  for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
    const start = performance.now();
    tree.plant(bug);
    const failure = await failureOf(tree, bug);
    tree.uproot(bug);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (failure === null) {
      console.log(`MISSED ${seconds} s  ${bug.name}`);
      continue;
    }
    caught += 1;
    if (failure.file !== undefined) caughtBy[bug.name] = failure;
    console.log(`caught ${seconds} s  ${bug.name}: ${failure.test}`);
  }
  return caught;
}

const words = process.argv.slice(2);
const [record, green] = ['--record', '--green'].map((word) => words.includes(word));
const wanted = words.filter((word) => !word.startsWith('--'));
const bugs = plantedBugs.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const trees = [new PlantedTree()];
let caught = 0;
try {
  const tests = [...new Set(bugs.flatMap((bug) => bug.tests))];
  const falseAlarm = green ? null : await trees[0].firstFailure(tests);
  if (falseAlarm !== null) throw new Error(`without any bug this test fails: ${falseAlarm.test}`);
  const numTrees = Math.min(2, availableParallelism(), bugs.length);
  while (trees.length < numTrees) trees.push(new PlantedTree());
  const queue = [...bugs];
  const counts = await Promise.all(trees.map((tree) => catchBugs(tree, queue)));
  caught = counts.reduce((sum, count) => sum + count, 0);
} finally {
  for (const tree of trees) tree.remove();
}
if (record) {
  const sorted = Object.entries(caughtBy).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(caughtByFile, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
console.log(`${caught} of ${bugs.length} planted bugs were caught`);
process.exit(caught === bugs.length ? 0 : 1);
