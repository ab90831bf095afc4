/**
 * A gang of members in one barrier stage: Spark starts all of them at once or none, gives each a range of the rows,
 * and starts all again when one is lost. The stage is never the last one, because Spark does not try that again:
 * behind it, one more task gathers the answers.
 */
import type { Field } from 'apache-arrow';
import { CoppiceError, fromErrorRecord } from '../../base/errors.ts';
import { decodeValue } from '../../cluster/executors/decode-value.ts';
import { type GangRequest, pauseOf } from '../../cluster/gang-runner.ts';
import { throwRootCause } from '../../cluster/threads/thread-pool.ts';
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import { sourceColumns } from '../../table/plan/read-partition.ts';
import { fieldToRecord } from '../../table/schema-record.ts';
import type { SnapshotRequest, TrainingProgress } from '../../training/messages.ts';
import type { ExecutionProgress, Relation } from '../connect/messages.ts';
import { frameColumns } from '../python-function.ts';
import { columnsOfJob } from '../rows/columns-of-job.ts';
import {
  dealtOut,
  originsOf,
  projected,
  type SparkRows,
  tableColumn,
  unioned,
} from '../rows/spark-rows.ts';
import { framesOfStream, type MemberFrame, type SparkHost } from '../spark-host.ts';
import { awaitSlots } from './await-slots.ts';
import { FrameJoiner, type GangAnswer, type GangWork } from './member-messages.ts';
import { SlotWatch } from './slot-watch.ts';

interface JobPartition {
  readonly spec: PartitionSpec;
  readonly numRows: number;
}

/** Runs the program of a request on Spark; resolves with what each rank returned. */
export async function runSparkGang(
  host: SparkHost,
  request: GangRequest,
  rowsOf: (spec: PartitionSpec) => Promise<SparkRows>,
): Promise<unknown[]> {
  const { width, program, signal } = request;
  const { threadsPerMember, timeoutMs, slotTimeoutMs, legMs } = host.options;
  const payload = request.payload({ first: 0, count: width, total: width }) as Record<
    string,
    unknown
  >;
  const { partitions } = (payload['ingest'] ?? {}) as {
    readonly partitions?: readonly JobPartition[];
  };
  if (partitions === undefined) {
    throw new CoppiceError('UNSUPPORTED', `the ${program} job does not run on Spark`);
  }
  const wanted = columnsOfJob(payload['ingest'] as never);
  const tables: SparkRows[] = [];
  for (const { spec } of partitions) {
    const known = new Set(spec.schema.fields.map(({ name }) => name));
    const read = new Set(
      sourceColumns(
        spec,
        wanted.filter((name) => known.has(name)),
      ),
    );
    const rows = await rowsOf(spec);
    tables.push(
      projected(
        rows,
        rows.fields.filter(({ name }) => read.has(name)),
      ),
    );
  }
  const whole = tables.length === 1 ? (tables[0] as SparkRows) : unioned(tables, allFields(tables));
  const firstRanks = [0];
  while ((firstRanks.at(-1) as number) < width) {
    firstRanks.push(Math.min(width, (firstRanks.at(-1) as number) + threadsPerMember));
  }
  const numMembers = firstRanks.length - 1;
  await awaitSlots(host, numMembers, signal);
  const work: GangWork = {
    kind: 'gang',
    program,
    payload: withoutRows(payload, partitions),
    tables: partitions.map(({ spec }, i) => ({
      fields: (tables[i] as SparkRows).fields.map(fieldToRecord),
      operators: spec.operators,
      schema: spec.schema,
    })),
    origins: originsOf(tables),
    tableColumn: tables.length === 1 ? null : tableColumn,
    firstRanks,
    timeoutMs,
    legMs: legOf(payload['snapshots'] as SnapshotRequest | null | undefined, legMs),
  };
  const make = async (input: Relation): Promise<Relation> => {
    const gang = await host.memberRelation(input, {
      rows: whole,
      work,
      output: frameColumns,
      isBarrier: true,
    });
    return { repartition: { input: gang, num_partitions: 1, shuffle: true } };
  };
  const relation: Relation = { late: { input: dealtOut(whole, numMembers), make } };
  const watch = new SlotWatch(numMembers, slotTimeoutMs, signal);
  try {
    return await gather(host, relation, { numMembers, request, watch });
  } finally {
    watch.end();
  }
}

/** The first leg is short, so that the user sees soon that all is well. */
function legOf(snapshots: SnapshotRequest | null | undefined, legMs: number): number | null {
  if (snapshots === null || snapshots === undefined) return null;
  return snapshots.resumed === null ? legMs / 4 : legMs;
}

interface GatheredGang {
  readonly numMembers: number;
  readonly request: GangRequest;
  readonly watch: SlotWatch;
}

async function gather(
  host: SparkHost,
  relation: Relation,
  { numMembers, request, watch }: GatheredGang,
): Promise<unknown[]> {
  const { program, onMessage } = request;
  const frames = new Map<number, MemberFrame[]>();
  try {
    const streams = host.execute(relation, {
      signal: watch.signal,
      what: `the ${program} job`,
      isLong: true,
      onProgress: (progress) => {
        watch.see(progress);
        onMessage?.(tasksDone(progress));
      },
    });
    for await (const stream of streams) {
      for (const frame of framesOfStream(stream)) {
        if (frame.seq < 0) host.options.onLog(`rank ${frame.rank}`, wordsOf(frame));
        else frames.set(frame.rank, [...(frames.get(frame.rank) ?? []), frame]);
      }
    }
  } catch (error) {
    throw watch.failure ?? error;
  }
  const answers = Array.from({ length: numMembers }, (_, rank) => answerOf(frames.get(rank) ?? []));
  for (const note of answers.flatMap((answer) => answer?.notes ?? [])) onMessage?.(note);
  if (answers.some((answer) => answer !== null && 'isPaused' in answer)) throw pauseOf(program);
  const outcomes = answers.map(outcomeOf);
  throwRootCause(outcomes);
  return outcomes.flatMap((o) => (o as PromiseFulfilledResult<readonly unknown[]>).value);
}

/** How far Spark is, as progress of a fit. */
function tasksDone({ stages = [] }: ExecutionProgress): TrainingProgress {
  const sum = (key: 'num_tasks' | 'num_completed_tasks'): number =>
    stages.reduce((total, stage) => total + (stage[key] ?? 0), 0);
  const message = 'tasks of Spark';
  return { phase: 'read', done: sum('num_completed_tasks'), total: sum('num_tasks'), message };
}

function wordsOf({ blob }: MemberFrame): string {
  return new TextDecoder().decode(blob);
}

function answerOf(frames: readonly MemberFrame[]): GangAnswer | null {
  const joiner = new FrameJoiner();
  let message: Uint8Array | null = null;
  for (const { blob } of [...frames].sort((a, b) => a.seq - b.seq)) message = joiner.push(blob);
  return message === null ? null : (decodeValue(message) as GangAnswer);
}

function outcomeOf(answer: GangAnswer | null): PromiseSettledResult<readonly unknown[]> {
  if (answer !== null && 'values' in answer) return { status: 'fulfilled', value: answer.values };
  const reason =
    answer !== null && 'failed' in answer
      ? fromErrorRecord(answer.failed)
      : new CoppiceError('EXECUTOR_LOST', 'a member of the gang on Spark gave no answer');
  return { status: 'rejected', reason };
}

/** The columns of all tables. */
function allFields(tables: readonly SparkRows[]): Field[] {
  const fields = new Map<string, Field>();
  for (const field of tables.flatMap((table) => table.fields)) {
    const known = fields.get(field.name);
    if (known === undefined) fields.set(field.name, field);
    else if (String(known.type) !== String(field.type)) {
      throw new CoppiceError(
        'SCHEMA_MISMATCH',
        `column ${field.name} must have one type in the tables of a fit; got ${known.type} and ${field.type}`,
        { context: { column: field.name } },
      );
    }
  }
  return [...fields.values()];
}

/** The job as members are sent it: they know their rows themselves. */
function withoutRows(
  payload: Record<string, unknown>,
  partitions: readonly JobPartition[],
): Record<string, unknown> {
  const bare = partitions.map(({ spec: _, ...facts }) => facts);
  return { ...payload, ingest: { ...(payload['ingest'] as object), partitions: bare } };
}
