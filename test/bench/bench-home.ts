/** Where the benchmark keeps what it makes: the peers' environment outside the repository, results inside. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const repository = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Python environment, data that is made, models that are trained for prediction rows. */
export const benchHome = resolve(
  process.env['COPPICE_BENCH_HOME'] ?? join(homedir(), '.cache', 'coppice-bench'),
);

/** The environment's Python. */
export const python = join(benchHome, 'venv', 'bin', 'python');

/** Measurements, kept so that a table can be made row by row; `out` folders are not in git. */
export const resultsFolder = join(repository, 'test', 'bench', 'out');

/** Data and programs beside this file. */
export const benchFolder = join(repository, 'test', 'bench');

/** The folder of public data, beside the repository. */
export const sharedData = resolve(
  process.env['COPPICE_SHARED_DATA'] ?? join(repository, '..', 'shared', 'data'),
);
