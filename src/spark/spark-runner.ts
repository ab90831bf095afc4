/** Where the work of a Spark session's tables runs: gangs on Spark, what is about a few rows on this machine. */

import { type RecordBatch, Schema } from 'apache-arrow';
import type { GangRequest, GangRunner } from '../cluster/gang-runner.ts';
import type { TaskOptions } from '../cluster/task-runner.ts';
import { emptyBatch } from '../table/columns/conform-column.ts';
import { concatBatches } from '../table/concat-rows.ts';
import { memoryPartition } from '../table/files/sources.ts';
import type { PartitionSpec } from '../table/plan/partition-spec.ts';
import { readPartition } from '../table/plan/read-partition.ts';
import { runSparkGang } from './gang/spark-gang.ts';
import { localRows } from './rows/local-rows.ts';
import type { SparkRows } from './rows/spark-rows.ts';
import { rowsOfSource } from './rows/spark-source.ts';
import type { SparkHost } from './spark-host.ts';

/** See the header. */
export class SparkRunner implements GangRunner {
  readonly numThreads: number;
  readonly hasOtherProcesses = true;
  readonly pauses = true;
  readonly #host: SparkHost;

  constructor(host: SparkHost) {
    this.#host = host;
    this.numThreads = host.options.numMembers * host.options.threadsPerMember;
  }

  /** Runs a task on this machine; rows on Spark that it is about are fetched first. */
  async run<T>(name: string, payload: unknown, options: TaskOptions = {}): Promise<T> {
    return await this.#host.local.run<T>(name, await this.#fetched(payload, options), options);
  }

  async runGang(request: GangRequest): Promise<unknown[]> {
    return await runSparkGang(this.#host, request, async (spec) => await this.#rowsOf(spec));
  }

  /** The rows of a partition's source, without its operators. */
  async #rowsOf(spec: PartitionSpec): Promise<SparkRows> {
    const rows = rowsOfSource(spec.source);
    if (rows !== null) return rows;
    const bare = { ...spec, operators: [] };
    return localRows(await readPartition(bare), 0);
  }

  async #fetched(payload: unknown, options: TaskOptions): Promise<unknown> {
    if (typeof payload !== 'object' || payload === null) return payload;
    if ('source' in payload) return await this.#fetch(payload as PartitionSpec, options);
    const found = payload as { partition?: PartitionSpec; partitions?: readonly PartitionSpec[] };
    const changed: Record<string, unknown> = { ...found };
    if (found.partition !== undefined)
      changed['partition'] = await this.#fetch(found.partition, options);
    if (Array.isArray(found.partitions)) {
      const ready: PartitionSpec[] = [];
      for (const partition of found.partitions) ready.push(await this.#fetch(partition, options));
      changed['partitions'] = ready;
    }
    return changed;
  }

  async #fetch(partition: PartitionSpec, options: TaskOptions): Promise<PartitionSpec> {
    const rows = partition.source === undefined ? null : rowsOfSource(partition.source);
    if (rows === null) return partition;
    const batches: RecordBatch[] = [];
    for await (const batch of this.#host.batches(rows, options.signal)) batches.push(batch);
    const [first] = batches;
    const whole =
      first === undefined
        ? emptyBatch(new Schema([...rows.fields]))
        : concatBatches(first.schema, batches);
    return { ...partition, source: memoryPartition(whole).source };
  }
}
