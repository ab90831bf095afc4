/** What one model is boosted from, and the trees that come of it. */
import type { GrownTree } from '../../tree/tree.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { BoostingJob, MemberPlace } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { BoostingStart } from './boosting-start.ts';

/** What a model is boosted from. */
export interface BoostingParts {
  readonly environment: RankEnvironment;
  readonly job: BoostingJob;
  readonly rows: IngestedRows;
  readonly start: BoostingStart;
  readonly baseScores: readonly number[];
  /** Empty where no snapshots are asked for. */
  readonly dataKey: string;
  /** Which of several models it is; left out for a model alone. */
  readonly member?: MemberPlace;
}

/** A tree and its number: trees of a round stand side by side, those that were resumed are not counted. */
export interface NumberedTree {
  readonly number: number;
  readonly tree: GrownTree;
}
