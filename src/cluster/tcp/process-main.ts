/**
 * The entry of a process that a TcpGangRunner starts: it has threads of its own and runs its ranks of one
 * gang after another. It ends when its driver does.
 *
 * @param argv the settings, as JSON
 */
import { toErrorRecord } from '../../base/errors.ts';
import { newSharedMemory } from '../../base/shared-memory.ts';
import { ThreadPool } from '../threads/thread-pool.ts';
import { type MemberJob, runMember } from './gang-member.ts';
import { type Door, openDoor } from './open-mesh.ts';
import type { ProcessSettings, ToDriver, ToProcess } from './process-messages.ts';

const settings = JSON.parse(process.argv[2] as string) as ProcessSettings;
const { numThreads, workerUrl, timing } = settings;
const pool = new ThreadPool(numThreads, new URL(workerUrl), { timeoutMs: timing.timeoutMs });
/** Used by one gang after another; a process whose gang broke is replaced, and its memory with it. */
const memory = newSharedMemory(1, 65536);

let door: Door | null = null;
let abort = new AbortController();

process.on('disconnect', () => process.exit());
process.on('message', (message: ToProcess) => {
  handle(message).catch((error: unknown) => tell({ kind: 'failed', error: toErrorRecord(error) }));
});

async function handle(message: ToProcess): Promise<void> {
  switch (message.kind) {
    case 'listen':
      door = await openDoor();
      tell({ kind: 'listening', port: door.port });
      return;
    case 'start':
      abort = new AbortController();
      tell({ kind: 'done', values: await run(message.job, abort.signal) });
      return;
    case 'abort':
      abort.abort();
  }
}

async function run(job: MemberJob, signal: AbortSignal): Promise<unknown[]> {
  const beat = setInterval(() => tell({ kind: 'alive' }), timing.heartbeatMs);
  try {
    return await runMember(job, {
      pool,
      memory,
      door: door as Door,
      timing,
      signal,
      onMessage: (message) => tell({ kind: 'message', message }),
    });
  } finally {
    clearInterval(beat);
  }
}

function tell(message: ToDriver): void {
  process.send?.(message);
}
