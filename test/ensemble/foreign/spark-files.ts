/** Folders as Spark ML writes them, made here: for models that no Spark would save. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DataType,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  Struct,
  Table,
  vectorFromArray,
} from 'apache-arrow';
import { createTable } from '../../../src/index.ts';

/** A node as Spark's Parquet has it. */
export interface NodeRow {
  readonly id: number;
  readonly prediction: number;
  readonly impurity: number;
  readonly impurityStats: readonly number[];
  readonly rawCount: bigint;
  readonly gain: number;
  readonly leftChild: number;
  readonly rightChild: number;
  readonly split: {
    readonly featureIndex: number;
    readonly leftCategoriesOrThreshold: readonly number[];
    readonly numCategories: number;
  };
}

const field = (name: string, type: DataType): Field => new Field(name, type, true);
const numbers = new List(field('element', new Float64()));
const nodeType = new Struct([
  field('id', new Int32()),
  field('prediction', new Float64()),
  field('impurity', new Float64()),
  field('impurityStats', numbers),
  field('rawCount', new Int64()),
  field('gain', new Float64()),
  field('leftChild', new Int32()),
  field('rightChild', new Int32()),
  field(
    'split',
    new Struct([
      field('featureIndex', new Int32()),
      field('leftCategoriesOrThreshold', numbers),
      field('numCategories', new Int32()),
    ]),
  ),
]);

/** A leaf. */
export function leafRow(id: number, prediction: number, stats: readonly number[]): NodeRow {
  return {
    ...{ id, prediction, impurity: 0, impurityStats: stats, rawCount: 1n, gain: -1 },
    ...{ leftChild: -1, rightChild: -1 },
    split: { featureIndex: -1, leftCategoriesOrThreshold: [], numCategories: -1 },
  };
}

/** Writes `metadata/`. */
export function writeMetadata(folder: string, metadata: object): void {
  mkdirSync(join(folder, 'metadata'), { recursive: true });
  const fields = { timestamp: 1, sparkVersion: '4.3.0', uid: 'x', paramMap: {}, ...metadata };
  writeFileSync(join(folder, 'metadata', 'part-00000'), `${JSON.stringify(fields)}\n`);
}

/** Writes `data/` of a single tree. */
export async function writeNodes(folder: string, rows: readonly NodeRow[]): Promise<void> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const nodes = vectorFromArray(rows, nodeType);
  const columns = nodeType.children.map(
    ({ name }) => [name, nodes.getChild(name as never)] as const,
  );
  const table = new Table(Object.fromEntries(columns) as never);
  await createTable(table as never).write.parquet(join(folder, 'data', 'part-00000.parquet'), {
    overwrite: true,
  });
}
