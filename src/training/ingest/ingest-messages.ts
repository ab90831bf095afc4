/** The part of messages.ts that says what ranks read: rows, columns, labels, and how numbers become bins. */
import type { PartitionSpec } from '../../table/plan/plan.ts';
import type { ClassValue, PreparedRows } from './prepared-rows.ts';

/** A feature column as ranks read it. */
export interface FeatureSource {
  readonly name: string;
  /** Column, then children of structs or the element of a list. */
  readonly path: readonly string[];
  readonly kind: 'f32' | 'f64' | 'category';
  /** A 0 is a missing value. */
  readonly zeroIsMissing?: boolean;
}

/** A partition of the training or the validation table. */
export interface TrainingPartition {
  readonly spec: PartitionSpec;
  readonly numRows: number;
  /** Rows of a validation table train nothing; they are only predicted and measured. */
  readonly isValidation: boolean;
  /** Which of the job's validation sets it belongs to; the first where it is left out. */
  readonly set?: number;
}

/** What the classes weigh, besides their rows' own weights. */
export interface ClassWeighting {
  /** Factors by the text of a class (1 where it is not named); `balanced`: the same total for every class. */
  readonly byClass: 'balanced' | Readonly<Record<string, number>> | null;
  /** A further factor of the second of two classes. */
  readonly positive: number;
}

/** The bins of a feature: cuts of a number, ascending, or the values of a category. */
export interface GivenBins {
  readonly edges: readonly number[];
  readonly categories: readonly string[];
}

/** What is known of a time besides the label. */
interface SurvivalColumns {
  readonly censorCol: string | null;
  /** The latest times of events, the label being the earliest; left out where labels are single times. */
  readonly upperBoundCol?: string;
}

/** What ranks read, and how rows become bins. */
export interface IngestJob {
  readonly partitions: readonly TrainingPartition[];
  /** Rows of all partitions, behind one another, that this process holds: [from, to). */
  readonly rowRange: readonly [number, number];
  /** The first rank of a process gets no rows: it has something else to do. */
  readonly sparesFirst?: boolean;
  readonly features: readonly FeatureSource[];
  /** '' where there are no labels. */
  readonly labelCol: string;
  /** Further numbers that are learned together with it; none where it is left out. */
  readonly otherLabels?: readonly string[];
  /** What the label is: numbers to be met, or classes. */
  readonly labelKind: 'numeric' | 'class';
  /** Labels are grades, whole numbers from 0 to this; null where they are not. */
  readonly mostGrade: number | null;
  /** Labels are times until an event, kept negative where it had not come (0 in the column; null: it always came). */
  readonly survival?: SurvivalColumns | undefined;
  /** The place that each row of a group was shown at; left out where places add nothing. */
  readonly shownAtCol?: string | undefined;
  /** Labels are learned as log(1 + label). */
  readonly logLabels?: boolean | undefined;
  readonly weightCol: string | null;
  readonly classWeighting: ClassWeighting | null;
  /** Margins added to every score: a column, or one element of a vector an output; none if empty. */
  readonly offsets: readonly (readonly string[])[];
  /** What an initial model's trees give each row, an output each; empty without such a model. */
  readonly initialScores: readonly (readonly string[])[];
  /** The classes of an initial model; no others may come. Null: those that the labels have. */
  readonly knownClasses: readonly ClassValue[] | null;
  readonly idCol: string | null;
  /** The column of each row's group, or null. */
  readonly groupCol: string | null;
  /** Names of the sets of validation rows; rows that a column marks are of the first. */
  readonly validationSets: readonly string[];
  /** A boolean column that marks validation rows, or null. */
  readonly validationCol: string | null;
  /** Bins that are known already, one of each feature; null: they are found in the rows. */
  readonly givenBins?: readonly GivenBins[] | undefined;
  /** The numbers themselves are kept beside their bins. */
  readonly keepsNumbers?: boolean | undefined;
  readonly maxBins: number;
  /** Edges that bins must have, a list a feature; left out where all are found in the rows. */
  readonly binEdges?: readonly (readonly number[])[];
  /** Rows that the bin edges are taken from. */
  readonly binSampleRows: number;
  readonly seed: number;
  /** Rows that another thread has read, whose bins it has found. */
  readonly prepared?: PreparedRows | undefined;
  /** What cannot be read without Arrow objects is refused. */
  readonly readsPlainly?: boolean | undefined;
  /** Most bytes of raw columns that are held at once; tests make it tiny. */
  readonly rawBytes: number;
  /** False: rows that do not fit are read in waves of rows, never by columns. */
  readonly byColumns?: boolean | undefined;
  /** The stage's name, for messages. */
  readonly owner: string;
}
