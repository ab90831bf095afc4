/** What a split lowers; of treatments (classes: untreated 0 and 1, then 0 and 1 of each treatment) the
 *  divergence that it raises. */
export type ForestImpurity =
  | 'gini'
  | 'entropy'
  | 'variance'
  | 'kullbackLeibler'
  | 'euclidean'
  | 'chiSquared';
