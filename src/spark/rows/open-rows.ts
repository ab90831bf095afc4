/** The rows of files, tables and queries on Spark, with the order that their source gives them. */
import type { Schema } from 'apache-arrow';
import type { CoppiceError, ErrorCode } from '../../base/errors.ts';
import { emitWarning } from '../../base/warn.ts';
import type { Relation } from '../connect/messages.ts';
import type { SparkConnect } from '../connect/spark-connect.ts';
import { ascending, checkVisible, hiddenPrefix, type SparkRows, sql } from './spark-rows.ts';
import { schemaOfSpark } from './spark-types.ts';
import { quoteName } from './sql-text.ts';

const pathColumn = `${hiddenPrefix}0`;
const rowColumn = `${hiddenPrefix}1`;

/** Spark encodes paths as URLs; ours are sorted as they are written. */
const encodedPath = `replace(_metadata.file_path, '+', '%2B')`;

/** The first one leaves a path that is no URL without a place; Spark 3.5 has the second only. */
const decoders = ['try_url_decode', 'url_decode'];

/** The rows of a relation that reads a file or a table. @param what for messages */
export async function openRows(
  client: SparkConnect,
  relation: Relation,
  what: string,
  signal?: AbortSignal,
): Promise<SparkRows> {
  const schema = schemaOfSpark(await client.schema(relation, signal));
  checkVisible(schema.fields);
  const order = [ascending(pathColumn, 'string'), ascending(rowColumn, 'long')];
  for (const decode of decoders) {
    const expressions = [
      ...visible(schema),
      sql(`${decode}(${encodedPath}) AS ${pathColumn}`),
      sql(`_metadata.row_index AS ${rowColumn}`),
    ];
    const placed: Relation = { project: { input: relation, expressions } };
    const lack = await client.schema(placed, signal).then(() => null, lackOf);
    if (lack === null) {
      const origin = { path: pathColumn, row: rowColumn };
      return { relation: placed, fields: schema.fields, order, identity: 'position', origin };
    }
    if (lack !== 'PARAM_INVALID') break;
  }
  return byContent(relation, schema, what);
}

/** What Spark says where a source has no such columns, or it no such function. */
function lackOf(error: unknown): ErrorCode {
  const { code } = error as CoppiceError;
  if (['COLUMN_NOT_FOUND', 'PARAM_INVALID', 'EXECUTOR_FAILED'].includes(code)) return code;
  throw error;
}

/** The rows of a query. */
export async function openQuery(
  client: SparkConnect,
  query: string,
  signal?: AbortSignal,
): Promise<SparkRows> {
  const relation: Relation = { sql: { query } };
  const schema = schemaOfSpark(await client.schema(relation, signal));
  checkVisible(schema.fields);
  return byContent(relation, schema, 'the result of session.sql');
}

const warned = new Set<string>();

/** Rows in the order of hashes of what they hold: the same however Spark divides them. */
function byContent(relation: Relation, schema: Schema, what: string): SparkRows {
  if (!warned.has(what)) {
    warned.add(what);
    emitWarning(
      `${what} has no file path and row number, so its rows are told apart by what they hold: the same rows give the same model on any cluster, but another one than the same rows read from a file. Give idCol, or read Parquet by session.read.parquet, for a model that is the same everywhere`,
    );
  }
  const names = schema.fields.map(({ name }) => quoteName(name));
  const expressions = [
    ...visible(schema),
    sql(`xxhash64(${names.join(', ')}) AS ${pathColumn}`),
    sql(`xxhash64(1, ${names.join(', ')}) AS ${rowColumn}`),
  ];
  return {
    relation: { project: { input: relation, expressions } },
    fields: schema.fields,
    order: [ascending(pathColumn, 'long'), ascending(rowColumn, 'long')],
    identity: 'content',
  };
}

function visible(schema: Schema): ReturnType<typeof sql>[] {
  return schema.fields.map(({ name }) => sql(quoteName(name)));
}
