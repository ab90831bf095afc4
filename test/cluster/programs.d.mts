import type { RankContext } from '../../src/cluster/rank-program.ts';

/** The programs by name. */
export declare const programs: Readonly<
  Record<
    | 'followScript'
    | 'introduce'
    | 'meetInEveryWay'
    | 'meetOften'
    | 'meetInMemory'
    | 'stray'
    | 'timeMeetings',
    (context: RankContext, payload: never) => Promise<unknown>
  >
>;

/** Computes for a while: so many thousand steps. */
export declare function busyWork(thousands: number): number;
