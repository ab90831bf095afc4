/**
 * Begins a small fit in the calling thread while the thread that will grow the trees is starting, which takes as long as
 * reading a small file: rows are read and bins found in the memory that both share.
 *
 * Only what is small and needs no Arrow objects, and piece by piece: between two columns whatever else this thread has to
 * do gets its turn. What goes wrong is left to the other thread, so errors have one voice.
 */
import { abortedError } from '../../base/abort.ts';
import { InlineCollective } from '../../cluster/inline/inline-collective.ts';
import type { RankContext } from '../../cluster/rank-program.ts';
import type { IngestJob } from '../messages.ts';
import { RankEnvironment } from '../rank-environment.ts';
import { prepareRows } from './prepare-rows.ts';
import type { PreparedRows } from './prepared-rows.ts';

/** What the rank will work with, as far as it is needed here. */
export interface HereContext extends Pick<RankContext, 'memory' | 'notify'> {
  readonly kernels: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The prepared rows; null where the rank has to read them itself. */
export async function prepareHere(
  job: IngestJob,
  { memory, notify, kernels, signal }: HereContext,
): Promise<PreparedRows | null> {
  const collective = new InlineCollective(() => {
    if (signal?.aborted === true) throw abortedError('the fit', signal);
  });
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  try {
    const environment = new RankEnvironment({ collective, memory, notify, breathe }, kernels);
    const { prepared, waves } = await prepareRows(environment, { ...job, readsPlainly: true });
    return waves.length === 1 && environment.roundedColumns.size === 0 ? prepared : null;
  } catch {
    return null;
  }
}
