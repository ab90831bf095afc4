/** Which rows of its process are a rank's: those of lower ranks come first, validation rows behind all others. */
import type { RankEnvironment } from '../rank-environment.ts';
import type { RankRows } from './shard-rows.ts';

/** Both kinds of rows of a rank. */
export interface DealtRows {
  readonly train: RankRows;
  readonly validation: RankRows;
}

/** Tells each rank where its rows begin, from how many it has. */
export async function dealRows(
  environment: RankEnvironment,
  numTrain: number,
  numValidation: number,
): Promise<DealtRows> {
  const { collective } = environment;
  const own = new Uint8Array(Float64Array.of(numTrain, numValidation).buffer);
  const all = await environment.wait(collective.allgather(own));
  const counts = all.map((bytes) => new Float64Array(bytes.buffer, bytes.byteOffset, 2));
  const sum = (ranks: readonly number[], column: number): number =>
    ranks.reduce((total, rank) => total + (counts[rank]?.[column] ?? 0), 0);
  const everyone = counts.map((_, rank) => rank);
  const before = collective.localRanks.filter((rank) => rank < collective.rank);
  const numProcess = sum(collective.localRanks, 0);
  return {
    train: { start: sum(before, 0), count: numTrain, numProcess, numAll: sum(everyone, 0) },
    validation: {
      start: numProcess + sum(before, 1),
      count: numValidation,
      numProcess: sum(collective.localRanks, 1),
      numAll: sum(everyone, 1),
    },
  };
}
