// The entry of worker threads in struck-kernel.ts: all that a session's threads know, and a blow that meets one of
// them while a kernel grows its tree. The file COPPICE_BLOW, which goes when it strikes: { rank, does, numRanks }
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { planWord } from '../../dist/tree/backend/cpu/grow-plan.js';

export { handleJob } from '../../dist/session/executor-work.js';

const file = process.env.COPPICE_BLOW ?? '';
/** Of the tree that is struck, so many calls: it is neither its first nor its last split. */
const callsBefore = 20;

let numCalls = 0;

function look(words) {
  if (!existsSync(file)) return;
  const { rank, does, numRanks } = JSON.parse(readFileSync(file, 'utf8'));
  if (words[planWord.rank] !== rank || words[planWord.numRanks] !== numRanks) return;
  // a call ends as soon as it has done anything
  words[planWord.mostWork] = 1;
  numCalls += 1;
  if (numCalls < callsBefore) return;
  rmSync(file);
  if (does === 'exit') process.exit(3);
  if (does === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
}

WebAssembly.Instance = class extends WebAssembly.Instance {
  #imports;

  constructor(module, imports) {
    super(module, imports);
    this.#imports = imports;
  }

  get exports() {
    const exports = super.exports;
    const { beginLeaves, growLeaves } = exports;
    if (growLeaves === undefined) return exports;
    return {
      ...exports,
      beginLeaves: (plan) => {
        numCalls = 0;
        beginLeaves(plan);
      },
      growLeaves: (plan) => {
        look(new Int32Array(this.#imports.env.memory.buffer, plan, 128));
        return growLeaves(plan);
      },
    };
  }
};
