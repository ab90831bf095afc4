/** What a split lowers; of treatments the divergence that it raises (classes: untreated 0 and 1, then those of each). */
export type ForestImpurity =
  | 'gini'
  | 'entropy'
  | 'variance'
  | 'kullbackLeibler'
  | 'euclidean'
  | 'chiSquared';
