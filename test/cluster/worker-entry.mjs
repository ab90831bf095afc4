// The entry of worker threads in the tests of gangs: the real handler, and the tests' own programs.
import { threadId } from 'node:worker_threads';
import { registerProgram } from '../../dist/cluster/rank-program.js';
import { registerTask } from '../../dist/cluster/task-runner.js';
import { programs } from './programs.mjs';

registerTask('test.whichThread', () => threadId);
for (const [name, run] of Object.entries(programs)) registerProgram(name, run);

export { handleJob } from '../../dist/cluster/threads/worker-handler.js';
