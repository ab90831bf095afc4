/**
 * What every worker thread begins with: it runs tasks and programs that it is sent by name. The imports fill the tables
 * with what a boosted fit of a Parquet file needs, a third of all, for a thread compiles what it loads before its first
 * line; any other name has the thread load the rest.
 */
import { restIs } from '../base/late-modules.ts';
import '../table/plan/reading-tasks.ts';
import '../training/boosting/boosting-program.ts';

restIs(() => import('./executor-rest.ts'));

export { handleJob } from '../cluster/threads/worker-handler.ts';
