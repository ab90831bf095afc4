/** All that a worker thread can be asked for; loaded at the first name that its entry does not know. */
import '../cluster/simulation/virtual-gang.ts';
import '../table/plan/worker-tasks.ts';
import '../training/worker-programs.ts';
import '../feature/worker-operators.ts';
import '../linear/worker-programs.ts';
import '../ensemble/worker-operators.ts';
import '../evaluation/worker-tasks.ts';
import '../tuning/worker-tasks.ts';
import '../stacking/worker-operators.ts';
