/** The mean NDCG, written as its definition reads. */

/** Columns of one table. */
interface RankedRows {
  readonly scores: readonly number[];
  readonly grades: readonly number[];
  readonly groups: readonly number[];
  readonly k: number;
}

/** Gains are 2^grade − 1; rows of one score share the gains of their places. */
export function ndcgByHand({ scores, grades, groups, k }: RankedRows): number {
  const byGroup = new Map<number, number[]>();
  groups.forEach((group, row) => {
    byGroup.set(group, [...(byGroup.get(group) ?? []), row]);
  });
  let sum = 0;
  for (const rows of byGroup.values()) {
    const gain = (row: number): number => 2 ** (grades[row] as number) - 1;
    const score = (row: number): number => scores[row] as number;
    const shared = (row: number): number => {
      const equal = rows.filter((other) => score(other) === score(row));
      return equal.reduce((total, other) => total + gain(other), 0) / equal.length;
    };
    const dcg = (gains: readonly number[]): number =>
      gains.slice(0, k).reduce((total, value, i) => total + value / Math.log2(i + 2), 0);
    const found = [...rows].sort((a, b) => score(b) - score(a)).map(shared);
    const best = rows.map(gain).sort((a, b) => b - a);
    sum += dcg(best) === 0 ? 1 : dcg(found) / dcg(best);
  }
  return sum / byGroup.size;
}
