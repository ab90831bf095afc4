/**
 * The entry of every worker thread: it knows all tasks and programs by name and runs what it is sent. The
 * imports fill the tables; nothing else is known to a worker.
 */
import '../cluster/simulation/virtual-gang.ts';
import '../table/plan/worker-tasks.ts';
import '../training/worker-programs.ts';
import '../feature/worker-operators.ts';
import '../linear/worker-programs.ts';
import '../ensemble/worker-operators.ts';
import '../evaluation/worker-tasks.ts';
import '../tuning/worker-tasks.ts';
import '../stacking/worker-operators.ts';

export { handleJob } from '../cluster/threads/worker-handler.ts';
