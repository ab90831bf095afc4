/**
 * The work of an executor: it runs the tasks and the ranks that its driver asks for, and answers. Messages come
 * from a stream that somebody else opened and checked (executor-daemon.ts, over a pipe); when it ends, so does this.
 *
 * A gang whose driver went away runs on; its outcome waits until a driver asks for the same work again.
 */
import { CoppiceError, toErrorRecord } from '../../base/errors.ts';
import type { FrameStream, Heartbeat } from './control-frames.ts';
import { type ControlBodies, ControlChannel, type ControlMessage } from './control-messages.ts';
import { GangSeat, type SeatOptions } from './gang-seat.ts';
import { maxMessageBytes } from './handshake.ts';

/** A gang of this process that runs or has ended. */
interface KnownGang {
  readonly outcome: Promise<ControlBodies['answer']>;
  readonly abort: AbortController;
  /** The request that its notes and its outcome belong to; null while no driver asks. */
  listener: number | null;
}

/** What a rank process is made of. */
export interface RankProcessOptions extends SeatOptions {
  readonly heartbeat: Heartbeat;
  /** The address that members of a gang call. */
  readonly host: string;
}

/** Serves a stream until it ends; resolves then. */
export async function serveRanks(frames: FrameStream, options: RankProcessOptions): Promise<void> {
  const ranks = new RankProcess(new ControlChannel(frames, maxMessageBytes), options);
  frames.keepAlive(options.heartbeat);
  await ranks.serve();
}

class RankProcess {
  readonly #channel: ControlChannel;
  readonly #seat: GangSeat;
  readonly #host: string;
  readonly #aborts = new Map<number, AbortController>();
  /** By fingerprint of the work. */
  readonly #gangs = new Map<string, KnownGang>();

  constructor(channel: ControlChannel, options: RankProcessOptions) {
    this.#channel = channel;
    this.#seat = new GangSeat(options);
    this.#host = options.host;
  }

  async serve(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#channel.listen({
        onMessage: (message) => this.#take(message),
        onLost: () => resolve(),
      });
    });
    await this.#seat.close();
  }

  #take(message: ControlMessage): void {
    const { id } = message;
    switch (message.kind) {
      case 'task':
        this.#answer(id, this.#runTask(id, message.body));
        return;
      case 'listen':
        this.#answer(id, this.#listen(message.body));
        return;
      case 'start':
        this.#answer(id, this.#startGang(id, message.body));
        return;
      case 'attach':
        this.#answer(id, this.#attach(id, message.body));
        return;
      case 'cancel':
        this.#aborts.get(id)?.abort();
        for (const gang of this.#gangs.values()) if (gang.listener === id) gang.abort.abort();
        return;
      case 'detach':
        // the driver is gone: nobody waits for tasks, gangs go on
        this.#channel.clear();
        for (const abort of this.#aborts.values()) abort.abort();
        for (const gang of this.#gangs.values()) gang.listener = null;
        return;
      default:
      // what is for the daemon does not come here
    }
  }

  #answer(id: number, work: Promise<ControlBodies['answer']>): void {
    work
      .then((body) => this.#channel.send('answer', id, body))
      .catch((error: unknown) => this.#channel.send('failed', id, { error: toErrorRecord(error) }));
  }

  /** The driver knows under which name others reach this host. */
  async #listen({ host }: ControlBodies['listen']): Promise<ControlBodies['answer']> {
    const { port } = await this.#seat.listen(this.#host);
    return { value: { host, port } };
  }

  async #runTask(
    id: number,
    { name, payload }: ControlBodies['task'],
  ): Promise<ControlBodies['answer']> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      return { value: await this.#seat.run(name, payload, { signal: abort.signal }) };
    } finally {
      this.#aborts.delete(id);
    }
  }

  #startGang(
    id: number,
    { job, fingerprint }: ControlBodies['start'],
  ): Promise<ControlBodies['answer']> {
    const abort = new AbortController();
    const work = this.#seat.runRanks(job, {
      signal: abort.signal,
      onMessage: (message) => {
        if (gang.listener !== null) this.#channel.send('note', gang.listener, { message });
      },
    });
    const gang: KnownGang = {
      outcome: work.then((value) => ({ value })),
      abort,
      listener: id,
    };
    gang.outcome.catch(() => undefined);
    this.#gangs.set(fingerprint, gang);
    return this.#outcomeOf(fingerprint, gang, id);
  }

  /** Hands out the outcome of work that an earlier driver asked for. */
  #attach(id: number, { fingerprint }: ControlBodies['attach']): Promise<ControlBodies['answer']> {
    const gang = this.#gangs.get(fingerprint);
    if (gang === undefined) {
      return Promise.reject(new CoppiceError('NOT_FITTED', 'no such work is under way here'));
    }
    gang.listener = id;
    return this.#outcomeOf(fingerprint, gang, id);
  }

  async #outcomeOf(
    fingerprint: string,
    gang: KnownGang,
    id: number,
  ): Promise<ControlBodies['answer']> {
    try {
      return await gang.outcome;
    } finally {
      // who asked has it now; an outcome that nobody waited for is kept
      if (gang.listener === id && this.#gangs.get(fingerprint) === gang) {
        this.#gangs.delete(fingerprint);
      }
    }
  }
}
