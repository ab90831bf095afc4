/**
 * Columns that `--compute` adds. What is learned of is computed by a stage, which the model keeps; what tells the label, the
 * weight or the query of a row is there for the fit alone.
 */
import { ExpressionTransformer } from '../feature/expression-transformer.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { FitCommandOptions } from './fit-options.ts';

type Options = Pick<FitCommandOptions, 'compute' | 'label' | 'weight' | 'group' | 'treatment'>;

/** The table with those columns that are no features. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_EXISTS`, `PARAM_INVALID` */
export async function withComputedRoles(
  table: PartitionedTable,
  options: Options,
): Promise<PartitionedTable> {
  const roles = stageOf(options, true);
  return roles === null ? table : await roles.transform(table);
}

/** The stage that computes the other ones; null for none. */
export function computedFeatures(options: Options): ExpressionTransformer | null {
  return stageOf(options, false);
}

function stageOf(
  { compute = {}, label, weight, group, treatment }: Options,
  ofRoles: boolean,
): ExpressionTransformer | null {
  const labels = [label ?? []].flat().flatMap((name) => [name, ...name.split(',')]);
  const roles = new Set<string | undefined>([...labels, weight, group, treatment]);
  const columns = Object.entries(compute).filter(([name]) => roles.has(name) === ofRoles);
  if (columns.length === 0) return null;
  return new ExpressionTransformer({ columns: Object.fromEntries(columns) });
}
