/** A table for fits on executors that are struck, and the model that nothing disturbs. */
import type { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { Session } from '../../src/session/session.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';

// enough for several ranks
const numRows = 12_000;

export const columns = {
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  label: Array.from({ length: numRows }, (_, i) =>
    ((i * 37) % 1009) + (i % 5) * 90 > 700 ? 1 : 0,
  ),
};

/** The bytes of the model of one thread. */
export async function undisturbedBytes(estimator: GBTClassifier): Promise<Record<string, string>> {
  const alone = await Session.local({ threads: 1 });
  const bytes = await savedBytes(await estimator.fit(alone.createTable(columns)));
  await alone.close();
  return bytes;
}
