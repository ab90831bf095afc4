/** What a model of another library says, whichever it is: features, trees, what their sums mean. */
import type { ClassValue } from '../../training/messages.ts';
import type { ForeignFeature, ForeignTree } from './foreign-trees.ts';

/** What was minimised, and so what scores mean. */
export interface ForeignObjective {
  readonly task: 'classification' | 'regression' | 'ranking';
  /** Parameters of ours that say the same. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Scores are multiplied by this: a steepness that is always 1 here. */
  readonly factor: number;
}

/** A model of another library. */
export interface ForeignModel {
  /** The library and the version that its file tells. */
  readonly source: string;
  readonly objective: ForeignObjective;
  readonly features: readonly ForeignFeature[];
  /** Tree t adds to score t % numScores. */
  readonly trees: readonly ForeignTree[];
  readonly numScores: number;
  /** Trees of each score in a round. */
  readonly treesPerRound: number;
  /** Added after the leaves, one a score. */
  readonly baseScores: readonly number[];
  /** Scores are means of rounds, not their sums. */
  readonly isAveraged: boolean;
  /** The rounds that the library itself predicts with; null for all. */
  readonly bestRounds: number | null;
  /** The classes in the order of their numbers, where the file tells them. */
  readonly classes?: readonly ClassValue[];
  /** Parameters of ours that the file tells besides. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a caller says of a model beside its file. */
export interface ForeignHints {
  /** What each code of a category feature stands for, by the feature's name. */
  readonly categories: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  /** What was minimised, where the file does not tell. */
  readonly objective: string | null;
}
