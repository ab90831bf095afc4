/** A slower link between processes of this machine: what is sent arrives so many milliseconds later. */
import { Worker } from 'node:worker_threads';
import type { MemberAddress } from '../../src/cluster/tcp/protection.ts';

/** How a link is. */
export interface LinkSetting {
  /** Added in each direction. */
  readonly delayMs: number;
  /** Bytes a millisecond in each direction; 0: no bound. */
  readonly bytesPerMs?: number;
}

/** See the header. */
export class LinkProxy {
  readonly #worker: Worker;
  readonly #asked = new Map<number, (port: number) => void>();

  constructor({ delayMs, bytesPerMs = 0 }: LinkSetting) {
    this.#worker = new Worker(new URL('./link-worker.mjs', import.meta.url), {
      workerData: { delayMs, bytesPerMs },
    });
    this.#worker.unref();
    this.#worker.on('message', ({ id, port }: { id: number; port: number }) => {
      this.#asked.get(id)?.(port);
    });
  }

  /** The link's near end to an address, for one connection. */
  route = async (_from: number, _to: number, address: MemberAddress): Promise<MemberAddress> => {
    const id = this.#asked.size;
    const port = await new Promise<number>((resolve) => {
      this.#asked.set(id, resolve);
      this.#worker.postMessage({ id, ...address });
    });
    return { host: '127.0.0.1', port };
  };

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
