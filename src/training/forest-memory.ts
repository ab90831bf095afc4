/** Where a forest's arrays lie. A rank that grows trees alone has buffers for all rows of the process. */
import { Arena } from '../base/arena.ts';
import { featureEntryBytes } from '../binning/binned-layout.ts';
import { ClassCriterion } from '../tree/backend/cpu/class-criterion.ts';
import { ForestBackend } from '../tree/backend/cpu/forest-backend.ts';
import type { RowBuffers } from '../tree/backend/cpu/row-store.ts';
import { VarianceCriterion } from '../tree/backend/cpu/variance-criterion.ts';
import { maxDraws } from './draw-thresholds.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { ForestJob } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Addresses of this rank, but for the feature table, which the process shares. */
export interface ForestMemory {
  readonly featureTable: number;
  readonly buffers: RowBuffers;
  /** uint8 by row number: how often each row was drawn for the tree under way. */
  readonly counts: number;
  readonly thresholds: number;
  readonly histogram: number;
  readonly scratch: number;
  readonly criterionScratch: number;
  /** 32 bytes for the sums of one leaf. */
  readonly sums: number;
}

/** Plans and reserves. */
export async function planForest(
  environment: RankEnvironment,
  rows: IngestedRows,
  job: ForestJob,
  isTogether: boolean,
): Promise<ForestMemory> {
  const { layout, train } = rows;
  const numClasses = Math.max(1, rows.classes.length);
  const isClass = job.task === 'classification';
  const entryBytes = isClass ? 8 * numClasses : 16;
  const extra = isClass ? Math.ceil(numClasses / 8) * 64 : 0;
  const arena = new Arena(rows.free);
  const featureTable = arena.allocate(featureEntryBytes * layout.places.length);
  const firstRow = isTogether ? train.start : 0;
  const numRows = isTogether ? train.count : train.numProcess;
  let own: ForestMemory | null = null;
  for (let local = 0; local < environment.numLocal; local++) {
    // the ranks of a process hold different numbers of rows; each gets room for the most
    const room = isTogether ? train.numProcess : numRows;
    const records: [number, number] = [
      arena.allocate(room * layout.stride),
      arena.allocate(room * layout.stride),
    ];
    const ids: [number, number] = [arena.allocate(4 * room), arena.allocate(4 * room)];
    const memory: ForestMemory = {
      featureTable,
      buffers: { master: rows.records, firstRow, numRows, records, ids },
      counts: arena.allocate(train.numProcess),
      thresholds: arena.allocate(4 * maxDraws),
      histogram: arena.allocate(ForestBackend.histogramBytes(layout, entryBytes)),
      scratch: arena.allocate(ForestBackend.scratchBytes(layout, extra)),
      criterionScratch: arena.allocate(
        isClass
          ? ClassCriterion.scratchBytes(layout, numClasses)
          : VarianceCriterion.scratchBytes(layout),
      ),
      sums: arena.allocate(64),
    };
    if (local === environment.localIndex) own = memory;
  }
  await environment.reserve(arena.top, 'training data');
  return own as ForestMemory;
}
