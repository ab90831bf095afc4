/**
 * The driver's side of everything that members do on Spark: uploads them, starts them over the rows of a table,
 * and puts their answers together. One host serves one session.
 */
import { DataType, Field, type RecordBatch, Schema, tableFromIPC } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { decodeValue } from '../cluster/executors/decode-value.ts';
import type { TaskRunner } from '../cluster/task-runner.ts';
import { emptyBatch } from '../table/columns/conform-column.ts';
import { memoryPartition } from '../table/files/sources.ts';
import type { PlacedOperator } from '../table/plan/partition-spec.ts';
import type { PlanNode } from '../table/plan/plan-node.ts';
import { batchFromShared, batchToShared, type SharedBatch } from '../table/plan/shared-batch.ts';
import {
  type FieldRecord,
  fieldToRecord,
  type SchemaRecord,
  schemaToRecord,
} from '../table/schema-record.ts';
import type { TableOptions } from '../table/table-options.ts';
import type { ExecutionProgress, Relation } from './connect/messages.ts';
import type { SparkConnect } from './connect/spark-connect.ts';
import { FrameJoiner, type MemberWork, type StagedTable } from './gang/member-messages.ts';
import { operationOf } from './gang/named-work.ts';
import { MemberUploads } from './gang/upload-members.ts';
import { frameColumns, mapByMember, type OutputColumn } from './python-function.ts';
import { PythonVersion } from './python-version.ts';
import type { PendingTable } from './rows/pending-table.ts';
import { placedOperators } from './rows/pending-table.ts';
import { numbered } from './rows/positions.ts';
import { resolveRelation } from './rows/resolve-relation.ts';
import { batchOfStream } from './rows/spark-batch.ts';
import { hiddenFields, inOrder, type SparkRows, sql } from './rows/spark-rows.ts';
import { sparkTypeOf } from './rows/spark-types.ts';
import { quoteName } from './rows/sql-text.ts';

/** Settings of the members. */
export interface HostOptions {
  readonly numMembers: number;
  readonly threadsPerMember: number;
  /** The command of Node on the workers. */
  readonly node: string;
  readonly nodeArgs: readonly string[];
  readonly timeoutMs: number;
  /** How long a gang may wait for free slots. */
  readonly slotTimeoutMs: number;
  /** After which time a long fit ends its job and goes on in another. */
  readonly legMs: number;
  /** The workers' Python, as far as is known. */
  readonly pythonVersion: string;
  /** The session is known by a name, so another driver may look for its work. */
  readonly isNamed: boolean;
  /** Is told what members wrote to stderr. */
  onLog(member: string, text: string): void;
  /** Where the files of members lie. */
  readonly bundle: URL;
  readonly shim: URL;
}

/** Frames that Spark gave, by who sent them. */
export interface MemberFrame {
  readonly rank: number;
  readonly seq: number;
  readonly blob: Uint8Array;
}

const readingTask = 'table.readPartition';

/** Files are written where the driver is, and the encoder of this one is not uploaded. */
const encodingTask = 'table.encodeParquet';

/** See the header. */
export class SparkHost {
  readonly client: SparkConnect;
  readonly options: HostOptions;
  /** Runs what is done on this machine. */
  readonly local: TaskRunner;
  readonly python: PythonVersion;
  readonly #counts = new WeakMap<Relation, Promise<number>>();
  readonly #uploads: MemberUploads;

  constructor(client: SparkConnect, options: HostOptions, local: TaskRunner) {
    this.client = client;
    this.options = options;
    this.local = local;
    this.python = new PythonVersion(options.pythonVersion);
    this.#uploads = new MemberUploads(client, options);
  }

  get numMembers(): number {
    return this.options.numMembers;
  }

  /** How many rows there are. */
  async count(rows: SparkRows, signal?: AbortSignal): Promise<number> {
    const known = this.#counts.get(rows.relation);
    if (known !== undefined) return await known;
    const counting = this.#count(rows, signal);
    this.#counts.set(rows.relation, counting);
    // a failure (or an abort) is not kept
    counting.catch(() => this.#counts.delete(rows.relation));
    return await counting;
  }

  /** What a task returns for the rows of every partition of Spark's, in order. */
  async *runTask<T>(
    table: PendingTable,
    {
      task,
      payload,
    }: { readonly task: string; readonly payload: Readonly<Record<string, unknown>> },
    options: TableOptions,
  ): AsyncGenerator<T, void, undefined> {
    const { signal } = options;
    const { rows, operators } = table;
    if (task === encodingTask && operators.length > 0) {
      const read = { task: readingTask, payload: {} };
      for await (const shared of this.runTask<SharedBatch>(table, read, options)) {
        const partition = memoryPartition(batchFromShared(shared));
        yield await this.local.run<T>(task, { ...payload, partition }, { signal });
      }
      return;
    }
    const isDoneHere = task === readingTask || task === encodingTask;
    let isEmpty = true;
    if (isDoneHere && operators.length === 0) {
      for await (const batch of this.batches(rows, signal)) {
        isEmpty = false;
        const wanted = payload['columns'] as readonly string[] | undefined;
        const partition = memoryPartition(batch, schemaToRecord(batch.schema));
        if (task === readingTask && wanted === undefined) yield batchToShared(batch) as T;
        else yield await this.local.run<T>(task, { ...payload, partition }, { signal });
      }
    } else {
      const ordered = this.#placed(table);
      const work: MemberWork = {
        kind: 'task',
        task,
        payload: plainPayload(payload),
        table: stagedTable(table),
        positionColumn: ordered.positionColumn,
      };
      const joiners = new Map<number, FrameJoiner>();
      for await (const { rank, blob } of this.#frames(ordered, work, { signal, what: task })) {
        const joiner = joiners.get(rank) ?? new FrameJoiner();
        joiners.set(rank, joiner);
        const message = joiner.push(blob);
        if (message === null) continue;
        isEmpty = false;
        yield decodeValue(message) as T;
      }
    }
    if (!isEmpty) return;
    // no rows at all: the answer of a partition without rows
    const empty = memoryPartition(emptyBatch(new Schema([...rows.fields])));
    const partition = {
      ...empty,
      operators: placedOperators(table),
      schema: schemaToRecord(table.schema),
    };
    yield await this.local.run<T>(task, { ...payload, partition }, { signal });
  }

  /** The rows as Spark gives them, in order. */
  async *batches(
    rows: SparkRows,
    signal?: AbortSignal,
  ): AsyncGenerator<RecordBatch, void, undefined> {
    const expressions = rows.fields.map(({ name }) => sql(quoteName(name)));
    const relation: Relation = { project: { input: inOrder(rows), expressions } };
    for await (const stream of this.execute(relation, { signal, what: 'the rows of a table' })) {
      const batch = batchOfStream(stream, rows.fields);
      if (batch.numRows > 0) yield batch;
    }
  }

  /** The rows after steps that may drop some, as rows of Spark's again. */
  rewritten(table: PendingTable): SparkRows {
    const placed = this.#placed(table);
    const fields = table.schema.fields.map(plainField);
    const order = placed.rows.order;
    const output: OutputColumn[] = [
      ...fields.map(({ name, type }) => ({ name, type: sparkTypeOf(type) as string })),
      ...order.map(({ column, type }) => ({ name: column, type })),
    ];
    const staged = stagedTable(table);
    const hidden = hiddenFields(order).map(fieldToRecord);
    const work: MemberWork = {
      kind: 'columns',
      table: {
        fields: [...staged.fields, ...hidden],
        operators: staged.operators.map((operator) => keeping(hidden, operator)),
        schema: {
          fields: [...staged.schema.fields, ...hidden],
          metadata: staged.schema.metadata,
        },
      },
      positionColumn: placed.positionColumn,
      columns: output.map(({ name }) => name),
    };
    const make = async (input: Relation): Promise<Relation> =>
      await this.memberRelation(input, { rows: placed.rows, work, output, isBarrier: false });
    // only positions need an order here, and who counted them has made it
    const { isInOrder = false, identity } = placed.rows;
    const relation: Relation = { late: { input: placed.rows.relation, make } };
    return { relation, fields, order, identity, isInOrder };
  }

  /** The rows, kept by Spark from their first use on. */
  persisted(rows: SparkRows): SparkRows {
    let kept: Promise<Relation> | null = null;
    const make = async (input: Relation): Promise<Relation> => {
      kept ??= this.client.persist(input).then(() => input);
      return await kept;
    };
    return { ...rows, relation: { late: { input: rows.relation, make } } };
  }

  /** A node whose rows Spark keeps, with the way to let them go. */
  kept(node: PlanNode, rows: SparkRows): PlanNode {
    const release = (): void => {
      resolveRelation(rows.relation)
        .then((relation) => this.client.persist(relation, false))
        .catch(() => undefined);
    };
    return Object.assign({}, node, { release });
  }

  /** Executes a plan; tries once more with the workers' version of Python when they have another one. */
  async *execute(
    relation: Relation,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly what: string;
      readonly onProgress?: ((progress: ExecutionProgress) => void) | undefined;
      /** Another driver of a named session may have begun it already. */
      readonly isLong?: boolean | undefined;
    },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let hasGiven = false;
    const attempt = async function* (this: SparkHost): AsyncGenerator<Uint8Array, void, undefined> {
      const plan = await resolveRelation(relation);
      const isKnown = this.options.isNamed && options.isLong === true;
      const operationId = isKnown ? operationOf(this.client.sessionId, plan) : undefined;
      for await (const stream of this.client.execute(plan, { ...options, operationId })) {
        hasGiven = true;
        yield stream;
      }
    }.bind(this);
    try {
      yield* attempt();
    } catch (error) {
      if (hasGiven || !this.python.learn(error)) throw explained(error);
      yield* attempt();
    }
  }

  /** A call of members over a relation's partitions. */
  async memberRelation(
    input: Relation,
    call: {
      readonly rows: SparkRows;
      readonly work: MemberWork;
      readonly output: readonly OutputColumn[];
      readonly isBarrier: boolean;
    },
  ): Promise<Relation> {
    const { rows, work, output, isBarrier } = call;
    const { node, nodeArgs } = this.options;
    const { member, payload } = await this.#uploads.bootOf(work);
    return mapByMember(input, {
      columns: [...rows.fields.map(({ name }) => name), ...rows.order.map(({ column }) => column)],
      output,
      conf: { node, nodeArgs, boot: { kind: work.kind, member, payload } },
      pythonVersion: this.python.current,
      isBarrier,
    });
  }

  async *#frames(
    ordered: { readonly rows: SparkRows; readonly relation: Relation },
    work: MemberWork,
    options: { readonly signal: AbortSignal | undefined; readonly what: string },
  ): AsyncGenerator<MemberFrame, void, undefined> {
    const make = async (input: Relation): Promise<Relation> =>
      await this.memberRelation(input, {
        rows: ordered.rows,
        work,
        output: frameColumns,
        isBarrier: false,
      });
    const relation: Relation = { late: { input: ordered.relation, make } };
    for await (const stream of this.execute(relation, options)) yield* framesOfStream(stream);
  }

  /** The rows in order, with their positions where a step asks for them. */
  #placed({ rows, operators }: PendingTable): {
    readonly rows: SparkRows;
    readonly relation: Relation;
    readonly positionColumn: string | null;
  } {
    if (!operators.some(({ usesPosition }) => usesPosition === true)) {
      return { rows, relation: inOrder(rows), positionColumn: null };
    }
    const found = numbered(this.client, rows);
    return { rows: found.rows, relation: inOrder(found.rows), positionColumn: found.column };
  }

  async #count(rows: SparkRows, signal: AbortSignal | undefined): Promise<number> {
    const relation: Relation = {
      aggregate: {
        input: rows.relation,
        group_type: 'GROUP_TYPE_GROUPBY',
        grouping_expressions: [],
        aggregate_expressions: [sql('count(1) AS n')],
      },
    };
    let count = 0;
    for await (const stream of this.execute(relation, { signal, what: 'the number of rows' })) {
      for (const row of tableFromIPC(stream).toArray()) count += Number(row.n);
    }
    return count;
  }
}

/** The frames in Spark's rows. */
export function* framesOfStream(stream: Uint8Array): Generator<MemberFrame> {
  const table = tableFromIPC(stream);
  const [ranks, seqs, blobs] = ['rank', 'seq', 'blob'].map((name) => table.getChild(name));
  for (let i = 0; i < table.numRows; i++) {
    yield { rank: Number(ranks?.get(i)), seq: Number(seqs?.get(i)), blob: blobs?.get(i) };
  }
}

/** A table as members are told of it. */
export function stagedTable(table: PendingTable): StagedTable {
  return {
    fields: table.rows.fields.map(fieldToRecord),
    operators: placedOperators(table),
    schema: schemaToRecord(table.schema),
  };
}

/** The step, which keeps some more columns where it gives just those that it knows. */
function keeping(
  fields: readonly FieldRecord[],
  { spec, firstRow }: PlacedOperator,
): PlacedOperator {
  if (spec.kind !== 'table.conform') return { spec, firstRow };
  const known = spec['schema'] as SchemaRecord;
  const columns = [...known.fields, ...fields];
  const names = columns.map(({ name }) => name);
  const schema = { ...known, fields: columns };
  return { spec: { ...spec, reads: names, writes: names, schema }, firstRow };
}

/** What a user can do about failures of the workers. */
function explained(error: unknown): unknown {
  if (!(error instanceof CoppiceError)) return error;
  if (
    /No module named '?pyarrow|PACKAGE_NOT_INSTALLED.*pyarrow|PyArrow >= .* must be installed/is.test(
      error.message,
    )
  ) {
    return new CoppiceError(
      'DEPENDENCY_MISSING',
      'the Python of the Spark workers must have pyarrow; it has not. Run: pip install pyarrow, with the Python that spark.pyspark.python names on every worker',
      { cause: error },
    );
  }
  return error;
}

/** Nothing but what can be sent. */
function plainPayload(payload: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
}

/** A category is its text on Spark. */
function plainField(field: Field): Field {
  if (!DataType.isDictionary(field.type)) return field;
  return new Field(field.name, field.type.dictionary, field.nullable);
}
