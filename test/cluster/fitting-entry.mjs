// The entry of worker threads in the tests of concurrent fits: all that a session's threads know, and the
// tests' own programs.
import { registerProgram } from '../../dist/cluster/rank-program.js';
import { programs } from './programs.mjs';

for (const [name, run] of Object.entries(programs)) registerProgram(name, run);

export { handleJob } from '../../dist/session/executor-work.js';
