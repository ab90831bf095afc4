/**
 * A member: a Node process that the shim (spark/coppice_shim.py) starts inside a Spark task. It does one work and ends.
 *
 *   shim → boot, staged, start     JSON lines on one pipe; when it closes, the task is over and so is the member
 *   member → hello, error          JSON lines on another       member → frames (u32 length, bytes) on stdout
 *
 * A gang's member listens, says where, learns where the others are and who it is, and then runs its ranks like
 * any other process. What fails for a reason that another attempt would meet again is an answer, not a crash:
 * only lost members make Spark try the stage again.
 */
import { readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { CoppiceError, isCoppiceError, toErrorRecord } from '../../base/errors.ts';
import { decodeValue } from '../../cluster/executors/decode-value.ts';
import { encodeValue } from '../../cluster/executors/encode-value.ts';
import { GangSeat } from '../../cluster/executors/gang-seat.ts';
import { runTask } from '../../cluster/task-runner.ts';
import { loopback } from '../../cluster/tcp/open-mesh.ts';
import { columnsAnswer, taskAnswers } from './do-staged-work.ts';
import { GangNotes } from './gang-notes.ts';
import { countTables, gangPayload, type PeerHello } from './gang-payload.ts';
import { inItsFile } from './in-its-file.ts';
import { framesOf, type GangAnswer, type GangWork, type MemberWork } from './member-messages.ts';
import { stagedRows } from './staged-source.ts';

/** What the shim tells first. */
interface Boot {
  readonly kind: string;
  readonly rank: number;
  /** Where it listens for the other members of its gang. */
  readonly host: string;
  readonly data: number;
  /** `file:` and a path, or `data:` and base64. */
  readonly payload: string;
}

interface Staged {
  readonly rows: number;
  readonly bytes: number;
}

/** The exit status of a member that ends because another was lost: Spark should blame the other one. */
const followedStatus = 75;

/** How long such a member waits, so that the lost one's own task fails first. */
const followMs = 1000;

/** Does the work that the shim hands over, then ends the process. @param workerUrl entry of worker threads */
export async function runMember(workerUrl: URL): Promise<void> {
  const lines = linesOf(Number(process.env['COPPICE_MEMBER_DOWN']));
  const tell = (message: object): void => {
    writeSync(Number(process.env['COPPICE_MEMBER_UP']), `${JSON.stringify(message)}\n`);
  };
  try {
    const boot = (await lines.next()).value as unknown as Boot;
    const work = decodeValue(payloadOf(boot)) as MemberWork;
    if (work.kind === 'gang') await runGang(boot, work, { lines, tell, workerUrl });
    else {
      const { bytes } = (await lines.next()).value as unknown as Staged;
      const staged = stagedRows(boot.data, bytes);
      if (work.kind === 'columns') await write(await columnsAnswer(work, staged));
      else for await (const answer of taskAnswers(work, staged, runTask)) await writeFrames(answer);
    }
    process.exit(0);
  } catch (error) {
    if (isFollowed(error)) {
      await new Promise((resolve) => setTimeout(resolve, followMs));
      process.stderr.write(`${(error as Error).message}\n`);
      process.exit(followedStatus);
    }
    tell({ kind: 'error', record: { ...toErrorRecord(error), stack: undefined } });
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    process.exit(1);
  }
}

interface Talk {
  readonly lines: AsyncGenerator<object, void, undefined>;
  readonly workerUrl: URL;
  tell(message: object): void;
}

async function runGang(boot: Boot, work: GangWork, talk: Talk): Promise<void> {
  const { lines, tell, workerUrl } = talk;
  const { firstRanks, timeoutMs, program } = work;
  const [first = 0, end = 0] = firstRanks.slice(boot.rank, boot.rank + 2);
  // Spark takes a second to carry the addresses about: the threads start meanwhile
  const seat = new GangSeat({
    ...{ numThreads: end - first, workerUrl, timeoutMs },
    startsAtOnce: true,
  });
  const { host, port } = await seat.listen(boot.host);
  const { bytes } = (await lines.next()).value as unknown as Staged;
  const staged = stagedRows(boot.data, bytes);
  const { counts, segments } = countTables(work, staged);
  tell({ kind: 'hello', host, port, counts });
  const started = (await lines.next()).value as unknown as {
    peers: (PeerHello & { key: string })[];
  };
  const { peers } = started;
  const payload = gangPayload(work, staged, { process: boot.rank, peers, segments });
  const place = { process: boot.rank, firstRanks };
  const key = peers[0]?.key ?? '';
  // the shim lets members of one host meet on its loopback address
  const tls = peers.some((peer) => peer.host !== loopback) ? { kind: 'psk' as const } : null;
  const kept = new GangNotes(boot.rank === 0 ? work.legMs : null);
  const { notes } = kept;
  const pause = new AbortController();
  let answer: GangAnswer;
  try {
    const onMessage = (message: unknown): void => {
      if (kept.take(message)) pause.abort();
    };
    const watch = { signal: pause.signal, onMessage };
    const values = await seat.runRanks({ program, payload, place, key, peers, tls }, watch);
    answer = { values, notes };
  } catch (error) {
    if (isFollowed(error)) throw error;
    const failed = { ...toErrorRecord(inItsFile(error, payload)), stack: undefined };
    answer = pause.signal.aborted ? { isPaused: true, notes } : { failed, notes };
  }
  await writeFrames(answer);
}

/** True for the loss of another member; a member that gave up said why, and says it to the driver itself. */
function isFollowed(error: unknown): boolean {
  if (!isCoppiceError(error)) return false;
  if (error.code === 'COLLECTIVE_TIMEOUT') return true;
  return error.code === 'EXECUTOR_LOST' && error.context['code'] === undefined;
}

function payloadOf({ payload }: Boot): Uint8Array {
  if (payload.startsWith('file:')) return readFileSync(payload.slice(5));
  return Buffer.from(payload.slice(5), 'base64');
}

async function writeFrames(answer: unknown): Promise<void> {
  for (const frame of framesOf(encodeValue(answer))) {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(frame.length, 0);
    await write(Buffer.concat([head, frame]));
  }
}

function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** The shim's messages; the process ends with its pipe. */
async function* linesOf(fd: number): AsyncGenerator<object, void, undefined> {
  const socket = new Socket({ fd, readable: true, writable: false });
  const waiting: object[] = [];
  let wake: (() => void) | null = null;
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.push(JSON.parse(line) as object);
    wake?.();
  });
  socket.on('close', () => process.exit(99));
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

/** @throws CoppiceError `UNSUPPORTED` where Node is older than the library needs. */
export function checkNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new CoppiceError(
    'UNSUPPORTED',
    `node of the Spark workers must be 20.19 or later; got ${version}; install it, or name another by the option node`,
  );
}
