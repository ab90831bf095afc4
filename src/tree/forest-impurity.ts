/** What a split lowers; of treatments (classes: untreated 0 and 1, treated 0 and 1) the divergence that it raises. */
export type ForestImpurity =
  | 'gini'
  | 'entropy'
  | 'variance'
  | 'kullbackLeibler'
  | 'euclidean'
  | 'chiSquared';
