/**
 * Which tree of a forest does a rank grow next?
 *
 *   all ranks share each tree     one after another
 *   ranks of one process          whoever is free draws the next number from a shared word
 *   ranks of several processes    numbers are dealt in waves, and a process's ranks draw from what it was dealt.
 *                                 The first wave is short; then each tells how fast it was, and three quarters of
 *                                 what is left are dealt by that, and so on. A few meetings a forest.
 *
 * Who grows a tree cannot be seen in it: its draws hang on its number.
 */
import type { RankEnvironment } from '../rank-environment.ts';

/** The words from which ranks draw, in the fixed part of memory: waves use them in turn. */
const drawAddresses = [1088, 1096] as const;

/** Trees that a rank grows before the ranks first tell each other how fast they are. */
const firstTrees = 2;

/** Hands out the numbers of trees. */
export interface TreeTurns {
  /** How many trees are handed out, by and large. */
  readonly done: number;
  /** The next one's number, or null where none is left. */
  next(): Promise<number | null>;
}

/** All ranks grow each tree together. */
export class SharedTurns implements TreeTurns {
  readonly #numTrees: number;
  #next = 0;

  constructor(numTrees: number) {
    this.#numTrees = numTrees;
  }

  get done(): number {
    return this.#next;
  }

  async next(): Promise<number | null> {
    if (this.#next >= this.#numTrees) return null;
    this.#next += 1;
    return this.#next - 1;
  }
}

/**
 * Ranks of one process grow trees of their own. All have met since the first of them was made. One that grows none is
 * given 0 trees, and draws no number.
 */
export class DrawnTurns implements TreeTurns {
  readonly #environment: RankEnvironment;
  readonly #numTrees: number;

  constructor(environment: RankEnvironment, numTrees: number) {
    this.#environment = environment;
    this.#numTrees = numTrees;
    if (environment.localIndex === 0) environment.i32(drawAddresses[0], 1)[0] = 0;
  }

  get done(): number {
    return Math.min(this.#numTrees, this.#environment.i32(drawAddresses[0], 1)[0] as number);
  }

  async next(): Promise<number | null> {
    if (this.#numTrees === 0) return null;
    const tree = Atomics.add(this.#environment.i32(drawAddresses[0], 1), 0, 1);
    return tree < this.#numTrees ? tree : null;
  }
}

/** See the header: ranks of several processes. Those that are idle come to the meetings, and grow nothing. */
export class DealtTurns implements TreeTurns {
  readonly #environment: RankEnvironment;
  readonly #numTrees: number;
  readonly #isIdle: boolean;
  /** Trees [#from, #end) are dealt in this wave. */
  #from = 0;
  #end = 0;
  #wave = 0;
  /** Those of them that are this process's. */
  #own: readonly number[] = [];
  #numGrown = 0;
  #growMs = 0;
  #since = 0;

  constructor(environment: RankEnvironment, numTrees: number, isIdle: boolean) {
    this.#environment = environment;
    this.#numTrees = numTrees;
    this.#isIdle = isIdle;
    if (environment.localIndex === 0) environment.i32(drawAddresses[0], 1)[0] = 0;
  }

  get done(): number {
    const word = this.#environment.i32(this.#word, 1)[0] as number;
    const share = Math.min(1, word / Math.max(1, this.#own.length));
    return this.#from + Math.floor((this.#end - this.#from) * share);
  }

  get #word(): number {
    return drawAddresses[(this.#wave + 1) & 1] as number;
  }

  async next(): Promise<number | null> {
    if (this.#wave > 0) this.#growMs += performance.now() - this.#since;
    for (;;) {
      const drawn = this.#draw();
      this.#since = performance.now();
      if (drawn !== null) return drawn;
      if (this.#end >= this.#numTrees) return null;
      await this.#deal();
    }
  }

  #draw(): number | null {
    if (this.#isIdle || this.#own.length === 0) return null;
    const at = Atomics.add(this.#environment.i32(this.#word, 1), 0, 1);
    const tree = this.#own[at];
    if (tree === undefined) return null;
    this.#numGrown += 1;
    return tree;
  }

  /** Ranks tell how fast they were, and all work out the same next wave. */
  async #deal(): Promise<void> {
    const { collective, localIndex } = this.#environment;
    const own = Float64Array.of(this.#isIdle ? 0 : 1, this.#numGrown, this.#growMs);
    const all = await this.#environment.wait(collective.allgather(new Uint8Array(own.buffer)));
    const ranks = all.map((bytes) => new Float64Array(bytes.slice().buffer));
    const numGrowers = ranks.reduce((sum, [grows = 0]) => sum + grows, 0);
    const left = this.#numTrees - this.#end;
    const isFirst = this.#wave === 0;
    const most = isFirst ? firstTrees * numGrowers : Math.ceil(0.75 * left);
    const size = Math.min(left, Math.max(most, numGrowers));
    this.#from = this.#end;
    this.#end += size;
    this.#wave += 1;
    const owners = dealTrees(speedsOf(ranks, collective.firstRanks), size);
    const { process } = this.#environment;
    const first = this.#from;
    this.#own = owners.flatMap((owner, i) => (owner === process ? [first + i] : []));
    // all ranks are done with the other word: they have met since they last drew from it
    const other = drawAddresses[this.#wave & 1] as number;
    if (localIndex === 0) Atomics.store(this.#environment.i32(other, 1), 0, 0);
  }
}

/** Trees a millisecond of each process; ranks that have grown none yet are taken for as fast as the others. */
function speedsOf(ranks: readonly Float64Array[], firstRanks: readonly number[]): number[] {
  let grown = 0;
  let ms = 0;
  for (const [, numGrown = 0, growMs = 0] of ranks) {
    grown += numGrown;
    ms += growMs;
  }
  const usual = grown > 0 && ms > 0 ? grown / ms : 1;
  return firstRanks.slice(0, -1).map((first, process) => {
    const own = ranks.slice(first, firstRanks[process + 1]);
    return own.reduce((speed, [grows = 0, numGrown = 0, growMs = 0]) => {
      if (grows === 0) return speed;
      return speed + (numGrown > 0 && growMs > 0 ? numGrown / growMs : usual);
    }, 0);
  });
}

/** Which process grows each of so many trees: as many as its speed is worth, spread evenly. */
export function dealTrees(speeds: readonly number[], numTrees: number): number[] {
  const total = speeds.reduce((sum, speed) => sum + speed, 0);
  const credit = new Float64Array(speeds.length);
  return Array.from({ length: numTrees }, () => {
    let owner = 0;
    speeds.forEach((speed, p) => {
      credit[p] = (credit[p] as number) + speed / total;
      if ((credit[p] as number) > (credit[owner] as number)) owner = p;
    });
    credit[owner] = (credit[owner] as number) - 1;
    return owner;
  });
}
