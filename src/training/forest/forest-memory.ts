/**
 * Where a forest's arrays lie. A rank that grows trees alone has buffers for all rows; those of other processes are
 * brought first. Where that does not fit the memory of a process, ranks share each tree, and each has buffers for its
 * own rows.
 */
import { Arena } from '../../base/arena.ts';
import { featureEntryBytes } from '../../binning/binned-layout.ts';
import { maxPages } from '../../kernels/choose.ts';
import {
  entryWords,
  type ForestScratch,
  type ForestSetting,
  movedRows,
  nodeBytes,
  numHistogramEntries,
  scratchBytes,
} from '../../tree/backend/cpu/forest-plan.ts';
import { type ForestBuffers, ForestRows } from '../../tree/backend/cpu/forest-rows.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { ForestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { maxDraws } from '../sampling/draw-thresholds.ts';
import { settledLeaves } from './forest-setting.ts';
import { gatherRows, planGathered, rowsOfProcesses } from './gather-rows.ts';

/** Addresses of this rank, but for the feature table, which the process shares. */
export interface ForestMemory {
  readonly featureTable: number;
  /** Rows [firstRow, firstRow + numRows) of the process are this rank's to draw from. */
  readonly firstRow: number;
  readonly numRows: number;
  readonly buffers: ForestBuffers;
  /** uint8 by row number: how often each row was drawn for the tree under way. */
  readonly counts: number;
  readonly thresholds: number;
  readonly scratch: ForestScratch;
  /** What is found of a node, for as many nodes as are searched at once. */
  readonly best: number;
  readonly nodeBytes: number;
  readonly histogramBytes: number;
  readonly maxNodes: number;
  /** 32 bytes a leaf, for a batch of leaves. */
  readonly sums: number;
  /** float64 a class: what weights of the class are multiplied by in the tree under way; 0 where they are not. */
  readonly factors: number;
  /** float64 by row number: squares of distances from the leaf's mean; 0 where nobody asks for them. */
  readonly squares: number;
  /** Whether ranks share each tree. */
  readonly isTogether: boolean;
  /** Where the histograms of a batch of nodes of a device go, and how many have room; 0 on ranks that drive none. */
  readonly deviceHistograms: number;
  readonly deviceNodes: number;
  /** Others of this process grow the trees: there is no room for a copy of the rows for this rank too. */
  readonly isIdle: boolean;
}

/** Most nodes that ranks search in one meeting. */
const mostNodesTogether = 4096;

/** What a rank grows trees in, and of which rows. */
export interface ForestPlace {
  readonly memory: ForestMemory;
  /** The rows as they were given, or those of all processes. */
  readonly rows: IngestedRows;
}

/** Plans and reserves; brings the rows of other processes where trees are to be grown apart. */
export async function planForest(
  environment: RankEnvironment,
  rows: IngestedRows,
  job: ForestJob,
  setting: ForestSetting,
): Promise<ForestPlace> {
  const { collective } = environment;
  const parts = { environment, rows, job, setting };
  const hasOthers = collective.localRanks.length < collective.size;
  const wantsTogether = job.sharesTrees && collective.size > 1;
  if (hasOthers && !wantsTogether && !isCheaperShared(parts)) {
    const place = await bringRows(parts);
    if (place !== null) return place;
  }
  let plan = layOut(parts, hasOthers || wantsTogether);
  if (!hasOthers && !wantsTogether && collective.size > 1 && !fits(plan)) {
    // a device grows whole trees, however few ranks have room to do so beside it
    const most = job.device === null ? 0 : collective.size - 1;
    plan = withFewerGrowers(parts, most) ?? layOut(parts, true);
  }
  await environment.reserve(plan.top, 'training data');
  return { memory: plan.memory, rows };
}

/** Few shallow trees: their histograms weigh less than the rows, and not every process would have a tree to grow. */
function isCheaperShared({ environment, rows, job, setting }: LayoutParts): boolean {
  const { train, layout } = rows;
  if (job.numTrees >= environment.collective.firstRanks.length - 1) return false;
  const entries = numHistogramEntries(layout, setting.numDrawn);
  const nodeBytes = 8 * entryWords(setting) * entries;
  return job.numTrees * 2 ** job.limits.maxDepth * nodeBytes < train.numAll * layout.stride;
}

/** Every process gets all rows, if all have room for them and for one rank at least that grows trees of them. */
async function bringRows(parts: LayoutParts): Promise<ForestPlace | null> {
  const { environment, rows } = parts;
  const { collective, numLocal } = environment;
  const sizes = await rowsOfProcesses(environment, rows);
  const gathered = planGathered(rows, sizes);
  const wide = { ...parts, rows: gathered };
  const first = layOut(wide, false);
  const plan = fits(first) ? first : withFewerGrowers(wide, numLocal - 1);
  const lack = BigInt64Array.of(plan === null ? 1n : 0n);
  await environment.wait(collective.allreduce(lack, 'max'));
  if (plan === null || lack[0] !== 0n) return null;
  await environment.reserve(plan.top, 'training data');
  await gatherRows(environment, rows, gathered, sizes);
  return { memory: plan.memory, rows: gathered };
}

/** A plan in which so many ranks at most have buffers; null where not even one has room. */
function withFewerGrowers(parts: LayoutParts, most: number): Layout | null {
  for (let numGrowers = most; numGrowers > 0; numGrowers--) {
    const plan = layOut(parts, false, numGrowers);
    if (fits(plan)) return plan;
  }
  return null;
}

function fits({ top }: Layout): boolean {
  return top <= maxPages * 65536;
}

function nodesWithin(mostBytes: number, histogramBytes: number): number {
  const fit = Math.floor(mostBytes / Math.max(64, histogramBytes));
  return Math.max(1, Math.min(mostNodesTogether, fit));
}

/** A plan, and where it ends. */
interface Layout {
  readonly memory: ForestMemory;
  readonly top: number;
}

interface LayoutParts {
  readonly environment: RankEnvironment;
  readonly rows: IngestedRows;
  readonly job: ForestJob;
  readonly setting: ForestSetting;
}

function layOut(
  { environment, rows, job, setting }: LayoutParts,
  isTogether: boolean,
  numGrowers = Number.POSITIVE_INFINITY,
): Layout {
  const { layout, train } = rows;
  const arena = new Arena(rows.free);
  const featureTable = arena.allocate(featureEntryBytes * layout.places.length);
  const moved = movedRows(layout);
  const entryBytes = 8 * entryWords(setting);
  const bytes = scratchBytes(layout, setting);
  const histogramBytes =
    Math.ceil((numHistogramEntries(layout, setting.numDrawn) * entryBytes) / 64) * 64;
  const maxNodes = isTogether ? nodesWithin(job.maxHistogramBytes, histogramBytes) : 1;
  const needsIds = moved.isWhole && settledLeaves(job, rows) !== 'counts';
  let memory: ForestMemory | null = null;
  for (let local = 0; local < environment.numLocal; local++) {
    const isIdle = local >= numGrowers;
    const hasDevice = job.device !== null && local === 0;
    const deviceNodes = hasDevice ? nodesWithin(job.maxHistogramBytes, histogramBytes) : 0;
    // ranks that meet have room for the histograms of a round already
    const ownRoom = hasDevice && !isTogether;
    const hasIds = needsIds || (hasDevice && moved.isWhole);
    // the ranks of a process hold different numbers of rows; each gets room for the most, and one more
    const room = isIdle ? 1 : train.numProcess + 1;
    const allocated: ForestMemory = {
      featureTable,
      firstRow: isTogether ? train.start : 0,
      numRows: isTogether ? train.count : train.numProcess,
      buffers: {
        rows: [arena.allocate(room * moved.stride), arena.allocate(room * moved.stride)],
        ids: hasIds ? [arena.allocate(4 * room), arena.allocate(4 * room)] : [0, 0],
        sides: arena.allocate(ForestRows.sidesBytes(layout)),
      },
      counts: arena.allocate(isIdle ? 1 : train.numProcess),
      thresholds: arena.allocate(4 * maxDraws),
      scratch: {
        plan: arena.allocate(bytes.plan),
        histogram: arena.allocate(maxNodes * histogramBytes),
        chosen: arena.allocate(bytes.chosen),
        touched: arena.allocate(bytes.touched),
        lists: arena.allocate(bytes.lists),
      },
      best: arena.allocate(maxNodes * nodeBytes(layout, setting)),
      nodeBytes: nodeBytes(layout, setting),
      histogramBytes,
      maxNodes,
      sums: arena.allocate(32 * leavesAtOnce),
      factors: job.balancesDraws ? arena.allocate(8 * rows.classes.length) : 0,
      squares: job.keepsVariances ? arena.allocate(8 * train.numProcess) : 0,
      isTogether,
      deviceHistograms: ownRoom ? arena.allocate(deviceNodes * histogramBytes) : 0,
      deviceNodes,
      isIdle,
    };
    if (local === environment.localIndex) memory = allocated;
  }
  return { memory: memory as ForestMemory, top: arena.top };
}

/** Leaves whose sums lie in memory at once. */
export const leavesAtOnce = 4096;
