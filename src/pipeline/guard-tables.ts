/**
 * Methods of stages are given a table first. JavaScript lets anything else through: a promise of a table, an Arrow table,
 * rows, nothing; here such calls are refused for every class of stages at once, those of users too.
 */
import { checkTable } from '../table/check-table.ts';

/** Methods that take a table first and return a promise. */
const methods = [
  'transform',
  'contributions',
  'interactions',
  'predictQuantiles',
  'refitLeaves',
  'evaluateEachIteration',
  'outOfBag',
  'levelOne',
  'evaluate',
  'evaluateAll',
  'confusion',
  'roc',
] as const;

type TableMethod = (this: object, table: unknown, ...rest: readonly unknown[]) => unknown;

/** Has the methods of a class refuse what is no table. */
export function guardTables(stageClass: {
  readonly paramSchema: { readonly owner: string };
}): void {
  const { prototype, paramSchema } = stageClass as typeof stageClass & {
    readonly prototype: Record<string, unknown> | undefined;
  };
  for (const name of methods) {
    const own = prototype?.[name];
    if (typeof own !== 'function') continue;
    const value = async function (this: object, table: unknown, ...rest: readonly unknown[]) {
      checkTable(`given to ${paramSchema.owner}.${name}`, table);
      return await (own as TableMethod).call(this, table, ...rest);
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
