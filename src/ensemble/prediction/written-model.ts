/** What the formats of other programs are told of a model of trees, and what none of the graphs of operations can say. */
import type { CoppiceError } from '../../base/errors.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { Link } from './batch-scores.ts';
import type { ModelOutput } from './output-columns.ts';

/** What is written of a model. */
export interface WrittenModel {
  readonly data: TreeModelData;
  readonly link: Link;
  readonly outputs: ModelOutput;
  readonly thresholds: readonly number[] | null;
  readonly offsetCol: string | undefined;
}

/** Who makes the error for what a format cannot carry. */
export interface Refusing {
  refusal(rule: string, got: string, remedy: string): CoppiceError;
}

/** Refuses a model with splits by planes, and columns that are no predictions. @throws CoppiceError `UNSUPPORTED` */
export function refuseUnwritable(format: Refusing, { data, outputs }: WrittenModel): void {
  const { trees } = data;
  if (trees.planes !== undefined) {
    const remedy = 'write it as a JavaScript module, or fit with extensionLevel 0';
    throw format.refusal('splits of one feature each', 'splits by planes', remedy);
  }
  refuseColumns(format, outputs, ['leafCol', 'contributionsCol']);
}

/** Refuses columns that are no predictions. @throws CoppiceError `UNSUPPORTED` */
export function refuseColumns<K extends string>(
  format: Refusing,
  columns: Readonly<Partial<Record<K, string | null | undefined>>>,
  params: readonly K[],
): void {
  for (const param of params) {
    if ((columns[param] ?? null) === null) continue;
    const remedy = `leave it out: model.copy({ ${param}: undefined })`;
    throw format.refusal('no outputs but predictions', `a ${param}`, remedy);
  }
}
