/**
 * The entry of a process that a TcpGangRunner starts: it has threads of its own and runs its ranks of one
 * gang after another. It ends when its driver does.
 *
 * @param argv the settings, as JSON
 */
import { toErrorRecord } from '../../base/errors.ts';
import { isSecondary, ThreadPool } from '../threads/thread-pool.ts';
import { ranksOf } from './network-place.ts';
import { type Door, listenOnLoopback, openMesh } from './open-mesh.ts';
import type { ProcessJob, ProcessSettings, ToDriver, ToProcess } from './process-messages.ts';
import { TcpNetwork } from './tcp-network.ts';

const settings = JSON.parse(process.argv[2] as string) as ProcessSettings;
const { numThreads, workerUrl, timeoutMs } = settings;
const pool = new ThreadPool(numThreads, new URL(workerUrl), { timeoutMs });
/** Used by one gang after another; a process whose gang broke is replaced, and its memory with it. */
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });

let door: Door | null = null;
let abort = new AbortController();

process.on('disconnect', () => process.exit());
process.on('message', (message: ToProcess) => {
  handle(message).catch((error: unknown) => tell({ kind: 'failed', error: toErrorRecord(error) }));
});

async function handle(message: ToProcess): Promise<void> {
  switch (message.kind) {
    case 'listen':
      door = await listenOnLoopback();
      tell({ kind: 'listening', port: door.port });
      return;
    case 'start':
      abort = new AbortController();
      tell({ kind: 'done', values: await runRanks(message.job, abort.signal) });
      return;
    case 'abort':
      abort.abort();
  }
}

async function runRanks(job: ProcessJob, signal: AbortSignal): Promise<unknown[]> {
  const { place, key, ports } = job;
  const options = { place, key, ports, timeoutMs, door: door as Door };
  const network = new TcpNetwork(place, await openMesh(options), timeoutMs);
  const [first, end] = ranksOf(place);
  try {
    const values = await pool.runGang(
      {
        program: job.program,
        width: end - first,
        memory,
        payload: () => job.payload,
        signal,
        onMessage: (message) => tell({ kind: 'message', message }),
      },
      network,
    );
    network.finish();
    return values;
  } catch (error) {
    network.fail(error);
    throw isSecondary(error) ? (network.failure ?? error) : error;
  }
}

function tell(message: ToDriver): void {
  process.send?.(message);
}
