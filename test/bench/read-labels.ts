/** The labels of a row's test part as numbers: classes as their place in ascending order. */
import { Session } from '../../src/index.ts';
import type { BenchRow } from './row.ts';

/** Reads them with the library. */
export async function readLabels(row: BenchRow): Promise<Float64Array> {
  const { test, label, objective } = row.task();
  const session = await Session.local({ threads: 1 });
  const table = await (await session.read.parquet(test)).select(label).collect();
  await session.close();
  const values = Array.from(table.getChild(label) ?? [], (value) =>
    typeof value === 'string' ? value : Number(value),
  );
  if (objective === 'regression') return Float64Array.from(values as number[]);
  const classes = [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
  const places = new Map(classes.map((value, place) => [value, place]));
  return Float64Array.from(values, (value) => places.get(value) as number);
}
