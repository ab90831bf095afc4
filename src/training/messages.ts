/**
 * Every message between driver and ranks. What crosses threads or sockets in training is named here and
 * nowhere else: the jobs that go out (what they read stands in ingest-messages.ts, how they draw and judge rows in
 * sampling-messages.ts), the results and the progress that come back.
 */
import type { ModuleFunction } from '../base/user-function.ts';
import type { ForcedNode } from '../tree/forced-splits.ts';
import type { ForestImpurity } from '../tree/forest-impurity.ts';
import type { GrowthLimits } from '../tree/grow-tree.ts';
import type { SplitParams } from '../tree/split-params.ts';
import type { SplitShaping } from '../tree/split-shaping.ts';
import type { TreeEnsemble } from '../tree/tree-ensemble.ts';
import type { GrownFit } from './boosting/step-of-round.ts';
import type { IngestJob } from './ingest/ingest-messages.ts';
import type { ClassValue } from './ingest/prepared-rows.ts';
import type { LossName, RoundMetric } from './objectives/loss-names.ts';
import type { DeviceRequest, DeviceTold } from './rigs/device-messages.ts';
import type {
  ColumnSampling,
  RankingSettings,
  RoundDropping,
  RoundSampling,
  RowSampling,
} from './sampling/sampling-messages.ts';

export type * from './ingest/ingest-messages.ts';
export type * from './ingest/prepared-rows.ts';
export type * from './rigs/device-messages.ts';
export type * from './sampling/sampling-messages.ts';

/** What ranks are told of a function of the user: where to import it from, or that the driver has it. */
export type FunctionReference = ModuleFunction | { readonly closure: string };

/** When boosting stops early. */
export interface EarlyStopping {
  /** Rounds without a better validation loss. */
  readonly patience: number;
  readonly minDelta: number;
  /** The same as long as the loss is hardly better than after the first round; left out: no other. */
  readonly flatPatience?: number | undefined;
}

/** Asks that rounds, and what the user left open besides, be chosen by the data. */
export interface SelfStopping {
  /** The folds that rows fall into, each to be held out by a model; null: chosen by the data's size. */
  readonly numFolds: number | null;
  /** Models that are averaged; null: chosen by the data's size. */
  readonly numModels: number | null;
  /** What the user left open. */
  readonly isFree: {
    readonly numRounds: boolean;
    readonly patience: boolean;
    readonly stepSize: boolean;
    /** Neither leaves nor depth were given. */
    readonly size: boolean;
    readonly lambda: boolean;
    /** Neither rows nor hessians of a leaf were given. */
    readonly leastLeaf: boolean;
    readonly columns: boolean;
    /** The least rows of a category were not given. */
    readonly categories: boolean;
  };
}

/** Where the margins of rows say what these have met in trees before (see tree/backend/cpu/row-costs.ts). */
export interface MetBefore {
  /** The first of these columns among the initial scores. */
  readonly first: number;
  /** How many there are, of each model that is averaged. */
  readonly numColumns: number;
  readonly digitBits: number;
}

/** A model whose rounds a fit of boosted trees goes on from. */
export interface InitialRounds {
  /** How many there are; the draws of a round hang on its number. */
  readonly numRounds: number;
  readonly baseScores: readonly number[];
  /** Its leaf values are whole multiples of this power of two. */
  readonly valueUnit: number;
  /** Where its loss turned from squares to distances, as taken from its labels. */
  readonly lossScale?: number | undefined;
  /** What its last round had learned of places, in rankings that learn of them. */
  readonly positionBiases?: readonly number[] | undefined;
  /** Scores begin between its own and those that suit the rows best: so much of its own (all of it by default). */
  readonly share?: number;
}

/** Asks for snapshots, and says what an earlier run of the same fit left behind. */
export interface SnapshotRequest {
  /** A snapshot is told after every so many rounds. */
  readonly interval: number;
  /** Null where there is none; its trees' scores are part of the initial scores. */
  readonly resumed: {
    /** The rows that it was taken on (data-key.ts); of other rows nothing is done. */
    readonly dataKey: string;
    /** Rounds behind those of an initial model. */
    readonly numRounds: number;
    readonly measured: readonly (readonly number[])[];
    /** The same of each model that is averaged; the initial scores of one stand behind those of the one before. */
    readonly members?: readonly GrownRounds[] | undefined;
  } | null;
}

/** How far a model of several is. */
export interface GrownRounds {
  readonly numRounds: number;
  /** What was measured after each of them. */
  readonly measured: readonly (readonly number[])[];
}

/** Which of several models that are averaged. */
export interface MemberPlace {
  readonly index: number;
  readonly numMembers: number;
}

/** What a rank tells the driver of a forest's trees that are done. */
export interface ForestSnapshot {
  readonly phase: 'snapshot';
  readonly dataKey: string;
  readonly facts: TrainedFacts;
  readonly trees: TreeEnsemble;
  /** Their numbers, from the first tree that the job asks for. */
  readonly treeNumbers: readonly number[];
}

/** What the rank that grows a model, or the first of several, tells the driver of rounds that are done. */
export interface BoostingSnapshot {
  readonly phase: 'snapshot';
  readonly dataKey: string;
  readonly facts: TrainedFacts;
  /** Rounds behind those of an initial model. */
  readonly numRounds: number;
  /** The trees since the last snapshot. */
  readonly trees: TreeEnsemble;
  /** Everything measured so far, what was resumed too. */
  readonly measured: readonly (readonly number[])[];
  /** Of models that are averaged: which one the rounds are of. */
  readonly member?: MemberPlace | undefined;
}

/** One fit of boosted trees. */
export interface BoostingJob {
  readonly ingest: IngestJob;
  /** False where nobody wants to know how far the fit is. */
  readonly isHeard?: boolean | undefined;
  readonly initial: InitialRounds | null;
  readonly snapshots: SnapshotRequest | null;
  /** `classes`: logistic for two, softmax for more (`oneVsAll`: a logistic each); the labels show which. */
  readonly objective: LossName;
  /** Delta of huber and pseudoHuber, scale of fair, level of quantile and expectile, power of tweedie, gamma of focal, scale of aft*; else 0; null: taken from the labels. */
  readonly objectiveParameter: number | null;
  /** Levels of `quantiles`, one score each. */
  readonly quantileLevels: readonly number[];
  /** How `lambdarank` looks at groups, else null. */
  readonly ranking: RankingSettings | null;
  /** The function behind objective `custom`, else null. */
  readonly objectiveFunction: FunctionReference | null;
  /** Only label − score matters to it, so that labels may be centred. */
  readonly centresLabels: boolean;
  /** What is measured on validation rows instead of the objective's loss. */
  readonly metricFunction: FunctionReference | null;
  /** What is measured after each round; the first, on the first set, stops early. */
  readonly metrics: readonly RoundMetric[];
  /** Training rows are measured too. */
  readonly measuresTraining: boolean;
  /** Rounds at most, behind those of an initial model. */
  readonly numRounds: number;
  readonly stepSize: number;
  /** That of the second half of `numRounds`; left out where all are alike. */
  readonly laterStepSize?: number | undefined;
  readonly limits: GrowthLimits;
  readonly split: SplitParams;
  readonly rows: RoundSampling;
  /** Null where all trees stay. */
  readonly dropping: RoundDropping | null;
  /** Penalties, bounds and random thresholds; null where none are asked for. */
  readonly shaping: SplitShaping | null;
  /** Leaves are linear in the numbers of their path, with this penalty on slopes; left out where they are constant. */
  readonly linearLambda?: number | undefined;
  /** What each feature's gains are multiplied by; left out where they are as they are. */
  readonly gainFactors?: readonly number[] | undefined;
  /** What the first look at each feature costs, in units of gains; left out where all are free. */
  readonly featureCosts?: readonly number[] | undefined;
  /** With featureCosts: the features of the trees that are there already, of each model that is averaged. */
  readonly usedFeatures?: readonly (readonly number[])[] | undefined;
  /** What each feature costs for each row of a node that has not met it, in units of gains; left out where all are free. */
  readonly featureCostsPerRow?: readonly number[] | undefined;
  /** With featureCostsPerRow: what rows have met of the trees that are there already, behind their initial scores. */
  readonly metBefore?: MetBefore | undefined;
  /** Splits that every tree begins with; left out where trees grow freely. */
  readonly forcedSplits?: ForcedNode | undefined;
  /** Groups of feature indexes that may meet on a path, or null. */
  readonly interactions: readonly (readonly number[])[] | null;
  readonly columns: ColumnSampling;
  /** Trees of each output that a round grows from the same scores, their values divided; left out for one. */
  readonly parallelTrees?: number | undefined;
  readonly earlyStopping: EarlyStopping | null;
  /** Null where rounds and all else are as given. */
  readonly selfStopping: SelfStopping | null;
  readonly seed: number;
  readonly maxHistogramBytes: number;
  /** Null: the CPU alone. The model does not hang on it. */
  readonly device: DeviceRequest | null;
  readonly flushRows: number;
  /** Each rank of a process grows whole trees of a round's outputs; null: where that is quicker. */
  readonly growsApart: boolean | null;
  /** Histograms are built of what is not a feature's usual bin; left out: where most is. */
  readonly keepsEntries?: boolean;
  /** The ranks of one process have each tree grown by one kernel; left out: where that can be. */
  readonly growsWhole?: boolean;
  /** Bytes of a rank's rows that are moved between two meetings of such a tree, where it has more; left out: 6,000,000. */
  readonly windowBytes?: number;
  /** 'wasm', 'reference' or undefined for the default. */
  readonly kernels: string | undefined;
}

/** New leaf values for the trees of a boosted model; its features are columns of the bins that splits need. */
export interface RefitJob extends BoostingJob {
  readonly refit: {
    /** How much of a leaf's old value stays. */
    readonly decayRate: number;
    readonly trees: TreeEnsemble;
    /** Trees that each round has side by side, of each output; left out for one. */
    readonly parallelTrees?: number;
    /** Which of the model's features each column is cut for. */
    readonly columns: readonly number[];
    /** Rounds of each model that is averaged. */
    readonly memberRounds: readonly number[];
    /** Which fit grew which rounds, first to last. */
    readonly fits: readonly GrownFit[];
  };
}

/** What each round of a boosted model adds on other rows; its features are columns of the bins that splits need. */
export interface MeasureJob extends BoostingJob {
  readonly measured: {
    readonly trees: TreeEnsemble;
    /** Which of the model's features each column is cut for. */
    readonly columns: readonly number[];
    /** How many trees there are after each round. */
    readonly roundEnds: readonly number[];
    readonly baseScores: readonly number[];
  };
}

/** One fit of a forest. */
export interface ForestJob {
  readonly ingest: IngestJob;
  readonly task: 'regression' | 'classification';
  readonly impurity: ForestImpurity;
  /** Of treatments the least rows of each, and of untreated ones, on a side. */
  readonly minArmRows?: number;
  /** Asks for the trees that are done; `dataKey` is that of the rows of trees that are there already. */
  readonly snapshots?: { readonly interval: number; readonly dataKey: string | null } | null;
  /** The number of the first tree: an initial model has those before it. */
  readonly firstTree: number;
  readonly numTrees: number;
  readonly limits: GrowthLimits;
  readonly split: ForestSplitLimits;
  readonly rows: RowSampling;
  /** Features that a node looks at in one go: a share below 1 or a number of them; null for all. */
  readonly featuresPerNode: number | null;
  /** A feature tries one cut of a node, drawn at random (extra-trees). */
  readonly drawsCuts: boolean;
  /** Trees are pruned until every split's gains pay so much for each leaf, for a unit of weight; 0: they are not. */
  readonly leafPrice: number;
  /** Share of each tree's rows that its leaf values are learned from, the others growing it; left out where all do both. */
  readonly honestLeafShare?: number | undefined;
  /** 1 rising, −1 falling, 0 free, by the feature's index; left out where all are free. */
  readonly monotone?: readonly number[];
  /** In each tree the rows that it draws weigh the same in all classes together. */
  readonly balancesDraws: boolean;
  /** Nodes tell the variance of their rows' labels (regression). */
  readonly keepsVariances: boolean;
  readonly seed: number;
  /** Most bytes of histograms where several ranks share a tree. */
  readonly maxHistogramBytes: number;
  /** All ranks share each tree even where each could grow its own; tests ask for it. */
  readonly sharesTrees: boolean;
  /** False: ranks that share a tree meet for its small nodes too; tests ask for it. */
  readonly finishesLocally?: boolean;
  /** Null: the CPU alone. The model does not hang on it. */
  readonly device: DeviceRequest | null;
  readonly kernels: string | undefined;
}

/** What a split of a forest's node must keep to. */
export interface ForestSplitLimits {
  readonly minInstancesPerNode: number;
  /** Least share of all weight on each side. */
  readonly minWeightFraction: number;
  /** Least gain for a unit of the node's weight. */
  readonly minInfoGain: number;
  readonly maxCategoriesPerSplit: number;
  /** Nodes with fewer rows a category keep categories in the order of their names. */
  readonly rowsPerCategory: number;
}

/** What a model keeps of a feature. */
export interface TrainedFeature {
  readonly name: string;
  readonly kind: 'numeric' | 'category';
  readonly categories: readonly string[];
  /** A 0 is a missing value. */
  readonly zeroIsMissing?: boolean;
}

/** What a model is made of, besides its trees; the same on every rank. */
export interface TrainedFacts {
  readonly features: readonly TrainedFeature[];
  /** Classes ascending, empty for regression. */
  readonly classes: readonly ClassValue[];
  /** One value an output, added after the leaves. */
  readonly baseScores: readonly number[];
  readonly numRows: number;
  /** What was measured while training. */
  readonly history: readonly LossHistory[];
  /** Rounds kept of each model that is averaged (one in most fits); fewer than trained when stopping early. */
  readonly memberRounds: readonly number[];
  /** What the fit chose by itself, by name; null where all was given. */
  readonly chosen: Readonly<Record<string, number>> | null;
  /** What was learned of places, in rankings that learn of them: one a place. */
  readonly positionBiases?: readonly number[];
  /** The rows are not those of the snapshot that was to be resumed: nothing was trained. */
  readonly isOtherData?: boolean;
}

/** A loss or metric after each round. */
export interface LossHistory {
  /** Which rows: `validation`, `training`, a set that the user named, or `heldOut1`, `heldOut2`, … of models that hold rows out. */
  readonly set: string;
  /** What was measured: `loss` is what is minimised. */
  readonly metric: string;
  /** After round `firstRound`, the next, …; rounds behind the best too. */
  readonly values: readonly number[];
  /** 1 where it is left out; later where a model of rounds that were not measured was continued. */
  readonly firstRound?: number;
}

/** What every rank hands back, for tests and the fit's log. */
export interface RankReport {
  readonly rank: number;
  readonly numRows: number;
  readonly histogramRows: number;
  readonly featuresDecided: number;
  readonly meetings: number;
  readonly waitMs: number;
  /** Milliseconds of reading, of binning and of growing. */
  readonly phaseMs: Readonly<Record<string, number>>;
  /** What the rank's GPU did; null where it drove none. */
  readonly device: DeviceTold | null;
  /** How many meetings there had been when each of them ended. */
  readonly phaseMeetings: Readonly<Record<string, number>>;
  readonly roundedColumns: readonly string[];
}

/** Answer of one rank. */
export interface RankResult {
  readonly facts: TrainedFacts;
  /** The trees this rank hands back (boosting: rank 0 all of them), and their numbers. */
  readonly trees: TreeEnsemble;
  readonly treeNumbers: readonly number[];
  readonly report: RankReport;
}

/** Progress that rank 0 tells the driver. */
export interface TrainingProgress {
  readonly phase: 'read' | 'bin' | 'train';
  readonly done: number;
  readonly total: number;
  readonly metric?: number;
  readonly message?: string;
}
