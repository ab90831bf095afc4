/** DuckDB is an optional package: it is loaded when SQL is first asked for. */
import { CoppiceError } from '../../base/errors.ts';

/** What is used of the module. Its own types would be missed by users who check types without it. */
export interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string, settings: Readonly<Record<string, string>>): Promise<DuckDbInstance>;
  };
  readonly StatementType: { readonly SELECT: number };
}

/** A database in memory. */
export interface DuckDbInstance {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

/** A connection with it. */
export interface DuckDbConnection {
  run(query: string): Promise<unknown>;
  extractStatements(query: string): Promise<{
    readonly count: number;
    prepare(index: number): Promise<{ readonly statementType: number; destroySync(): void }>;
  }>;
  interrupt(): void;
  closeSync(): void;
}

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
