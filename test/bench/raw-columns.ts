/**
 * `tsx test/bench/raw-columns.ts <file> <rows> <columns> <out>`: the first rows of the first columns and of the label
 * of a Parquet file as float64, one column after another, for contestants that shall not read Parquet.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Session } from '../../src/index.ts';

const [from, rows, columns, to] = process.argv.slice(2) as [string, string, string, string];
const session = await Session.local({ threads: 1 });
const table = await (await session.read.parquet(from)).limit(Number(rows)).collect();
await session.close();
const features = table.schema.fields.map(({ name }) => name).filter((name) => name !== 'label');
const names = [...features.slice(0, Number(columns)), 'label'];
const values = names.map((name) => Float64Array.from(table.getChild(name) ?? [], Number));
mkdirSync(dirname(to), { recursive: true });
writeFileSync(to, Buffer.concat(values.map((column) => new Uint8Array(column.buffer))));
