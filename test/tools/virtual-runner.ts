/** Gangs whose ranks are as many processes, which take turns in this thread; what they send each other is counted. */
import type { Collective } from '../../src/cluster/collective.ts';
import type { GangRequest, GangRunner } from '../../src/cluster/gang-runner.ts';
import { runProgram } from '../../src/cluster/rank-program.ts';
import { VirtualGang } from '../../src/cluster/simulation/virtual-gang.ts';
import { InlineRunner } from '../../src/cluster/task-runner.ts';

/** Some methods of a rank's collective in place of its own. */
export type Watch = (collective: Collective, memory: WebAssembly.Memory) => Partial<Collective>;

/** Runs such gangs. */
export class VirtualRunner implements GangRunner {
  readonly numThreads: number;
  readonly hasOtherProcesses = true;
  /** Bytes of all frames, by round. */
  sent: readonly (readonly number[])[] = [];
  readonly #tasks = new InlineRunner();
  readonly #watch: Watch;
  readonly #knobsOf: (rank: number) => object;

  /** @param watch stands between rank 0 and the others @param knobsOf what a rank is told besides the payload */
  constructor(
    width: number,
    watch: Watch = () => ({}),
    knobsOf: (rank: number) => object = () => ({}),
  ) {
    this.numThreads = width;
    this.#watch = watch;
    this.#knobsOf = knobsOf;
  }

  run<T>(name: string, payload: unknown): Promise<T> {
    return this.#tasks.run(name, payload);
  }

  async runGang(request: GangRequest): Promise<unknown[]> {
    const total = request.width;
    const gang = new VirtualGang(total, () => undefined);
    const values = await gang.run((rank, collective, memory) => {
      const payload = request.payload({ first: rank, count: 1, total }) as object;
      const met = rank === 0 ? this.#watched(collective, memory) : collective;
      const context = { collective: met, memory, notify: () => undefined };
      return runProgram(request.program, context, { ...payload, ...this.#knobsOf(rank) });
    });
    this.sent = gang.rounds.map(({ sent }) => [...sent]);
    return values;
  }

  #watched(collective: Collective, memory: WebAssembly.Memory): Collective {
    const watched = this.#watch(collective, memory);
    return new Proxy(collective, {
      get(target, name) {
        const found = Reflect.get(watched, name) ?? Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  }
}
