/**
 * Learns the weights of a vote. Driver: hands the out-of-fold table's plan to one task. Executor: reads what the
 * members said, with labels and weights, and solves for the weights. Cost: rows · members numbers in one thread.
 */
import { CoppiceError } from '../../base/errors.ts';
import { registerTask } from '../../cluster/task-runner.ts';
import { columnNamed, readFinite, readWeights } from '../../evaluation/read-columns.ts';
import { type LabelValue, labelKey, readLabels } from '../../pipeline/label-values.ts';
import { numericValues } from '../../table/columns/column-values.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import type { LevelOnePlan } from '../level-one/level-one-plan.ts';
import {
  leastSquaresWeights,
  mixtureWeights,
  type Opinions,
  type SelectionLoss,
  selectedWeights,
} from './member-weights.ts';

/** What is learned, from which columns. */
export interface WeightRequest {
  readonly plan: LevelOnePlan;
  readonly labelCol: string;
  readonly weightCol: string | null;
  readonly how:
    | { readonly kind: 'mixture' }
    | { readonly kind: 'selected'; readonly loss: SelectionLoss; readonly numRounds: number };
}

interface WeightTask {
  readonly partitions: readonly PartitionSpec[];
  readonly request: WeightRequest;
}

/**
 * One weight a member.
 *
 * @throws CoppiceError `DATA_EMPTY`, `LABEL_INVALID`, `WEIGHT_INVALID`, `ABORTED`
 */
export async function learnWeights(
  table: PartitionedTable,
  request: WeightRequest,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<number[]> {
  const { partitions } = await table.plan(options);
  const task: WeightTask = { partitions, request };
  return await table.runner.run<number[]>('stacking.learnWeights', task, options);
}

registerTask('stacking.learnWeights', async ({ partitions, request }: WeightTask) => {
  const opinions = await readOpinions(partitions, request);
  const { how, plan } = request;
  if (how.kind === 'selected') return selectedWeights(opinions, how.loss, how.numRounds);
  return plan.classes === null ? leastSquaresWeights(opinions) : mixtureWeights(opinions);
});

async function readOpinions(
  partitions: readonly PartitionSpec[],
  { plan, labelCol, weightCol }: WeightRequest,
): Promise<Opinions> {
  const parts: Opinions[] = [];
  for (const partition of partitions) {
    const own = plan.members.flatMap((member) => member.columns);
    const columns = [...new Set([labelCol, ...(weightCol === null ? [] : [weightCol]), ...own])];
    const batch = await readPartition(partition, { columns });
    const numRows = batch.numRows;
    const isNumber = plan.classes === null;
    parts.push({
      weights: readWeights(batch, weightCol) ?? new Float64Array(numRows).fill(1),
      labels: isNumber
        ? new Int32Array(0)
        : labelPlaces(
            plan.classes,
            batch.numRows === 0
              ? null
              : readLabels(columnNamed(batch, labelCol), 'label', labelCol),
          ),
      targets: isNumber ? readFinite(batch, labelCol, 'LABEL_INVALID') : new Float64Array(0),
      said: plan.members.map((member) => {
        const values = member.columns.map((name) => numericValues(columnNamed(batch, name), name));
        const [second] = values;
        const isPair = plan.classes?.length === 2 && second !== undefined;
        return isPair ? [second.map((p) => 1 - p), second] : values;
      }),
    });
  }
  const opinions = together(parts);
  if (opinions.weights.some((weight) => weight > 0)) return opinions;
  throw new CoppiceError(
    'DATA_EMPTY',
    'the out-of-fold rows that weights are learned from must have a row of positive weight; got none',
  );
}

function labelPlaces(
  classes: readonly LabelValue[],
  found: { readonly codes: Int32Array; readonly values: readonly LabelValue[] } | null,
): Int32Array {
  if (found === null) return new Int32Array(0);
  const keys = classes.map(labelKey);
  const places = found.values.map((value) => keys.indexOf(labelKey(value)));
  return found.codes.map((code) => places[code] as number);
}

function together(parts: readonly Opinions[]): Opinions {
  const [first] = parts as [Opinions];
  const join = (pick: (part: Opinions) => Float64Array): Float64Array => {
    const all = parts.map(pick);
    const out = new Float64Array(all.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of all) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  };
  return {
    weights: join((part) => part.weights),
    labels: Int32Array.from(join((part) => Float64Array.from(part.labels))),
    targets: join((part) => part.targets),
    said: first.said.map((classes, m) =>
      classes.map((_, k) => join((part) => part.said[m]?.[k] as Float64Array)),
    ),
  };
}
