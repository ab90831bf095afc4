/**
 * What would more processes do than were recorded? Two recordings of the same rounds, of W1 and of W2 processes, tell
 * how each round changes:
 *
 *   computing        a + b / W of the mean process, and as far from the mean as in the larger recording
 *   scatter          a + b / W for what one process sends in all, shared among those that own features
 *   allgather        what each sends to each, as in the larger recording
 *   reduce, sums     a part of the array, 1 / W of it; short ones whole
 */
import type { GangRecording, RecordedRound } from './recording.ts';

/** How many processes a stretched recording has, and how many of them can own features. */
export interface StretchTarget {
  readonly numProcesses: number;
  readonly numFeatures: number;
}

/** Rounds of `target.numProcesses`, from recordings of fewer: at least 3, and then more. */
export function stretchRecording(
  small: GangRecording,
  large: GangRecording,
  target: StretchTarget,
): GangRecording {
  const { numProcesses } = target;
  const rounds = large.rounds.map((round, i) => {
    const before = small.rounds[i];
    const pair = { small: before?.kind === round.kind ? before : round, large: round };
    const sizes = {
      small: pair.small === round ? large.numProcesses : small.numProcesses,
      large: large.numProcesses,
    };
    return {
      kind: round.kind,
      meeting: round.meeting,
      computeMs: stretchedCompute(pair, sizes, numProcesses),
      span: null,
      sent: stretchedBytes(pair, sizes, target),
    };
  });
  return { numProcesses, rounds };
}

interface Pair<T> {
  readonly small: T;
  readonly large: T;
}

function stretchedCompute(
  { small, large }: Pair<RecordedRound>,
  sizes: Pair<number>,
  size: number,
): Float64Array {
  const [few, many] = [meanOf(small.computeMs), meanOf(large.computeMs)];
  const inverse = 1 / sizes.small - 1 / sizes.large;
  // measured times are noisy: neither part of the work is negative
  const shared =
    inverse <= 0 ? 0 : Math.min(Math.max(0, (few - many) / inverse), many * sizes.large);
  const fixed = Math.max(0, many - shared / sizes.large);
  const mean = fixed + shared / size;
  return Float64Array.from({ length: size }, (_, p) => {
    const like = large.computeMs[p % sizes.large] as number;
    return many > 0 ? (mean * like) / many : 0;
  });
}

function stretchedBytes(
  { small, large }: Pair<RecordedRound>,
  sizes: Pair<number>,
  { numProcesses: size, numFeatures }: StretchTarget,
): Float64Array {
  const sent = new Float64Array(size * size);
  const few = totalOf(small.sent) / sizes.small;
  const many = totalOf(large.sent) / sizes.large;
  const fill = (bytesTo: (to: number) => number): Float64Array => {
    for (let from = 0; from < size; from++) {
      for (let to = 0; to < size; to++) if (to !== from) sent[from * size + to] = bytesTo(to);
    }
    return sent;
  };
  const ofPair = many / (sizes.large - 1);
  switch (large.kind) {
    case 'scatter':
    case 'exchange': {
      const least = large.sent.reduce(
        (low, bytes) => (bytes > 0 ? Math.min(low, bytes) : low),
        Number.POSITIVE_INFINITY,
      );
      // of fewer rows more bins are empty: a + b / W
      const inverse = 1 / sizes.small - 1 / sizes.large;
      const slope = inverse <= 0 ? 0 : (few - many) / inverse;
      const total = Math.max(many / 2, many + slope * (1 / size - 1 / sizes.large));
      const owners = Math.min(size, numFeatures);
      return fill((to) => {
        const isOwner = Math.floor(((to + 1) * owners) / size) > Math.floor((to * owners) / size);
        return isOwner ? Math.max(least, total / owners) : least;
      });
    }
    case 'reduce':
    case 'sums': {
      const isCut = ofPair < (totalOf(small.sent) / sizes.small / (sizes.small - 1)) * 0.95;
      return fill(() => (isCut ? (ofPair * sizes.large) / size : ofPair));
    }
    default:
      return fill(() => ofPair);
  }
}

function totalOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: Float64Array): number {
  return totalOf(values) / values.length;
}
