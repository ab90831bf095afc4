/** The part of messages.ts that says how rows and columns are drawn, and how rows of groups are judged. */

/** How rows are drawn for each tree. */
export interface RowSampling {
  readonly rate: number;
  /** With replacement: how often a row counts is Poisson of mean `rate`. */
  readonly bootstrap: boolean;
}

/** Gradient-based one-side sampling. */
export interface GossRates {
  /** Share of the rows, those with the largest gradients, that are all kept. */
  readonly topRate: number;
  /** Share of the rows that is drawn from the others. */
  readonly otherRate: number;
  /** Before this round (from 0) all rows are kept. */
  readonly fromRound: number;
}

/** Which rows each round of boosting is grown on. */
export interface RoundSampling {
  readonly rate: number;
  /** Rounds that keep a draw; left out for one. */
  readonly interval?: number | undefined;
  /** An exact share of each class: `rate`, or one of its own by the class's text. */
  readonly byClass: 'stratified' | Readonly<Record<string, number>> | null;
  /** Rows of a group are drawn together. */
  readonly byGroup: boolean;
  readonly goss: GossRates | null;
}

/** How features are drawn: how many of all, per tree, level and node (null: all). */
export interface ColumnSampling {
  readonly byTree: number | null;
  readonly byLevel: number | null;
  readonly byNode: number | null;
  /** How likely each feature is drawn, by its index, at most 1; one of 0 is never split on. Left out: all alike. */
  readonly weights?: readonly number[] | undefined;
}

/** Trees that are left out while the next are grown (DART). */
export interface RoundDropping {
  /** Share of the rounds before that is left out. */
  readonly rate: number;
  /** Share of the rounds that leave none out. */
  readonly skip: number;
  /** At most so many. */
  readonly most: number;
}

/** How the order of rows within groups is judged. */
export interface RankingSettings {
  /** Pairs that would change the NDCG, or the cross-entropy of the whole group. */
  readonly loss: 'lambdarank' | 'xendcg';
  /** The gain of each grade. */
  readonly labelGains: readonly number[];
  /** Pairs are those of a row among the first so many. */
  readonly truncationLevel: number;
  /** How steep the logistic loss of a pair is. */
  readonly sigma: number;
  readonly normalises: boolean;
  /** Orders of groups are drawn: a Gumbel draw times this is added to each score before rows are put in order. */
  readonly orderNoise: number;
  /** A pair weighs what swapping it changes in the NDCG, or as much as its gains differ. */
  readonly pairWeight: 'ndcg' | 'map' | 'gain' | 'equal';
  /** The penalty on what places add to scores; null where they add nothing. */
  readonly biasRegularization: number | null;
  /** The first so many rounds learn the grades, row by row. */
  readonly pointwiseRounds: number;
  /** The NDCG of so many first rows is shown. */
  readonly ndcgAt: number;
}
