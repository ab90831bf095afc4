/** Why a histogram that another process sent is refused: what is said of it, whoever looked at it. */
import { CoppiceError } from '../../../base/errors.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { NodeTotals } from './candidate.ts';

/** What a process's part of a histogram must do, and does not. */
export const wrong = {
  bytes: (left: number) => `be a histogram; got ${left} bytes that are none`,
  feature: (name: string) => `add up alike in every feature; got other sums in ${name}`,
  rows: (most: number, rows: number) => `hold at most its parent's ${most} rows; got ${rows}`,
  count: (rows: number, counted: bigint) => `count the ${rows} rows of its shard; got ${counted}`,
} as const;

/** A process's part is refused. @param node the way to it from the root, one '0' or '1' a step */
export function histogramRefusal(
  collective: Pick<Collective, 'nameOf'>,
  { process, node, what }: { process: number; node: string; what: string },
): CoppiceError {
  const name = collective.nameOf(process);
  return new CoppiceError(
    'PROTOCOL',
    `what ${name} adds to the histogram of node ${nameOf(node)} must ${what}; its memory or the connection is at fault`,
    { context: { process } },
  );
}

/** All parts together are not what the split above said. */
export function sumsRefusal(
  collective: Pick<Collective, 'nameOf'>,
  {
    node,
    processes,
    totals,
    got,
  }: { node: string; processes: readonly number[]; totals: NodeTotals; got: NodeTotals },
): CoppiceError {
  const names = processes.map((process) => collective.nameOf(process));
  return new CoppiceError(
    'PROTOCOL',
    `the histograms of node ${nameOf(node)} must add up to (${totals.grad}, ${totals.hess}); got (${got.grad}, ${got.hess}) of this process and of ${names.join(', ')}`,
  );
}

function nameOf(path: string): string {
  return path === '' ? 'root' : path;
}
