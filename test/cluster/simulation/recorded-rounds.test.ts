/**
 * What the simulator makes of real processes that shared cores: three trees of 200,000 rows of 28 features, grown level by
 * level by three and by five processes on two cores. Recorded are the processor time of each and the frames; how long the
 * rounds took by the clock is what the replay has to say, and it is not told.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultTakeoverMs } from '../../../src/cluster/simulation/host-cores.ts';
import type { RoundKind } from '../../../src/cluster/simulation/recording.ts';
import { simulateGang } from '../../../src/cluster/simulation/simulate-gang.ts';

interface KeptRounds {
  readonly numProcesses: number;
  /** From the end of the round before to the end of the last one. */
  readonly measuredMs: number;
  readonly rounds: readonly {
    readonly kind: RoundKind;
    readonly meeting: number;
    readonly computeMs: readonly number[];
    readonly sent: readonly number[];
  }[];
}

const file = new URL('./recorded-rounds.json', import.meta.url);
const kept = JSON.parse(readFileSync(file, 'utf8')) as readonly KeptRounds[];

describe.each(kept)('$numProcesses processes on two cores', (recorded) => {
  const { numProcesses, measuredMs } = recorded;
  const rounds = recorded.rounds.map((round) => ({
    ...round,
    computeMs: Float64Array.from(round.computeMs),
    span: null,
    sent: Float64Array.from(round.sent),
  }));
  const replayed = (coresPerHost: number): number =>
    simulateGang(
      { numProcesses, rounds },
      {
        latencyMs: 0,
        bytesPerMs: 1.25e6,
        executorsPerHost: numProcesses,
        coresPerHost,
        takeoverMs: defaultTakeoverMs,
        // recorded where main threads met, which are woken
        latenessMs: () => 0,
        stragglers: [],
        costs: null,
      },
    ).ms;

  it('take as long as their replay says, to 15 %', () => {
    expect(replayed(2) / measuredMs).toBeGreaterThan(0.85);
    expect(replayed(2) / measuredMs).toBeLessThan(1.15);
  });

  it('would take much less on a core for each', () => {
    expect(replayed(numProcesses) / measuredMs).toBeLessThan(0.75);
  });
});
