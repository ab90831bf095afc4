/** DuckDB is an optional package: it is loaded when SQL is first asked for. */
import { CoppiceError } from '../../base/errors.ts';

/** The module's functions. */
export type DuckDb = typeof import('@duckdb/node-api');

/**
 * The module, once it is installed beside this package.
 *
 * @throws CoppiceError `DEPENDENCY_MISSING`
 */
export async function loadDuckDb(
  load: () => Promise<DuckDb> = () => import('@duckdb/node-api'),
): Promise<DuckDb> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    const why = isMissing ? 'it is not installed' : `it does not load: ${(cause as Error).message}`;
    const message = `session.sql needs the package @duckdb/node-api; ${why}. Run: npm install @duckdb/node-api`;
    throw new CoppiceError('DEPENDENCY_MISSING', message, { cause });
  }
}
