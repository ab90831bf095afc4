import type { TreeModelData } from '../model/tree-model-data.ts';
import type { Link } from '../prediction/batch-scores.ts';
import type { ModelOutput } from '../prediction/output-columns.ts';

/** What is written of a model. */
export interface WrittenModel {
  readonly data: TreeModelData;
  readonly link: Link;
  readonly outputs: ModelOutput;
  readonly thresholds: readonly number[] | null;
  readonly offsetCol: string | undefined;
}
