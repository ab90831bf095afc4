/**
 * Connects the processes of a gang, each with each. A process dials those before it and is dialled by those
 * after it; both sides say hello. Callers that are no members are turned away, and the gang forms all the same.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { CoppiceError } from '../../base/errors.ts';
import { frameKind, maxPayloadBytes } from './frames.ts';
import { checkHello, type Hello, helloTo, maxHelloBytes, readHello } from './hello.ts';
import type { NetworkPlace } from './network-place.ts';
import { Wire } from './wire.ts';

/** Connections stay on this machine: they are neither encrypted nor meant for others. */
export const loopback = '127.0.0.1';

/** How long a caller may take to say hello. */
const helloMs = 5000;

/** The most connections that are open before the gang stands, members and others. */
const maxCallers = 1024;

/** What a mesh is opened with. */
export interface MeshOptions {
  readonly place: NetworkPlace;
  /** The secret of the gang. */
  readonly key: string;
  /** Where this process listens; it is closed when the mesh stands, or failed. */
  readonly door: Door;
  /** The port of every process. */
  readonly ports: readonly number[];
  readonly timeoutMs: number;
}

/** A listening server, and the callers that came before the gang's job was known. */
export interface Door {
  readonly server: Server;
  readonly port: number;
  readonly parked: Socket[];
}

/** Listens on a free port of the loopback address. */
export async function listenOnLoopback(): Promise<Door> {
  const server = createServer();
  const parked: Socket[] = [];
  server.maxConnections = maxCallers;
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    parked.push(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, loopback, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { server, port, parked };
}

/**
 * A connection to every other process.
 *
 * @throws CoppiceError `COLLECTIVE_TIMEOUT` with the processes that did not come, `EXECUTOR_LOST`, `PROTOCOL`
 */
export async function openMesh(options: MeshOptions): Promise<Map<number, Wire>> {
  const { place } = options;
  const { server, parked } = options.door;
  const numProcesses = place.firstRanks.length - 1;
  const wires = new Map<number, Wire>();
  const all = new Set<Wire>();
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const join = (process: number, wire: Wire): void => {
        wires.set(process, wire);
        if (wires.size === numProcesses - 1) resolve();
      };
      const joining: Joining = { options, wires, all, join, reject };
      const take = (socket: Socket): void => receive(new Wire(socket, maxHelloBytes), joining);
      timer = setTimeout(() => reject(timeoutError(options, wires)), options.timeoutMs);
      server.on('error', reject);
      server.removeAllListeners('connection').on('connection', take);
      for (const socket of parked.splice(0)) take(socket);
      for (let process = 0; process < place.process; process++) dial(process, joining);
      if (numProcesses === 1) resolve();
    });
  } catch (error) {
    wires.clear();
    throw error;
  } finally {
    clearTimeout(timer);
    server.close();
    const members = new Set(wires.values());
    for (const wire of all) if (!members.has(wire)) wire.destroy();
  }
  return wires;
}

interface Joining {
  readonly options: MeshOptions;
  /** Members so far, by process. */
  readonly wires: ReadonlyMap<number, Wire>;
  /** Every connection, of strangers too. */
  readonly all: Set<Wire>;
  join(process: number, wire: Wire): void;
  reject(error: Error): void;
}

/** Waits for a caller's hello; only a member's is answered. */
function receive(wire: Wire, joining: Joining): void {
  const { wires, all } = joining;
  const { place, key } = joining.options;
  all.add(wire);
  const patience = setTimeout(() => wire.destroy(), helloMs);
  const turnAway = (): void => {
    clearTimeout(patience);
    wire.destroy();
  };
  wire.listen({
    onLost: turnAway,
    onFrame: (frame) => {
      const hello = frame.kind === frameKind.hello ? readHello(frame, key) : null;
      const isExpected =
        hello !== null &&
        Number.isInteger(hello.from) &&
        hello.from > place.process &&
        hello.from < place.firstRanks.length - 1 &&
        !wires.has(hello.from);
      if (!isExpected) {
        turnAway();
        return;
      }
      clearTimeout(patience);
      wire.send(frameKind.hello, 0, [helloTo(place, key, hello.from)]);
      admit(wire, hello, hello.from, joining);
    },
  });
}

/** Calls a process and waits for its answer. */
function dial(process: number, joining: Joining): void {
  const { reject } = joining;
  const { place, key, ports } = joining.options;
  const wire = new Wire(connect(ports[process] as number, loopback), maxHelloBytes);
  joining.all.add(wire);
  wire.listen({
    onLost: (cause) => {
      reject(
        new CoppiceError(
          'EXECUTOR_LOST',
          `process ${process} of the gang did not take the call of process ${place.process}: ${cause.message}`,
          { context: { process, secondary: true }, cause },
        ),
      );
    },
    onFrame: (frame) => {
      const hello = frame.kind === frameKind.hello ? readHello(frame, key) : null;
      if (hello !== null) {
        admit(wire, hello, process, joining);
        return;
      }
      reject(new CoppiceError('PROTOCOL', `process ${process} must answer with its hello`));
    },
  });
  wire.send(frameKind.hello, 0, [helloTo(place, key, process)]);
}

function admit(wire: Wire, hello: Hello, process: number, joining: Joining): void {
  try {
    checkHello(hello, joining.options.place, process);
  } catch (error) {
    wire.end();
    joining.reject(error as Error);
    return;
  }
  wire.raiseLimit(maxPayloadBytes);
  wire.rest();
  joining.join(process, wire);
}

function timeoutError(options: MeshOptions, wires: ReadonlyMap<number, Wire>): CoppiceError {
  const { place, timeoutMs } = options;
  const missing = place.firstRanks
    .slice(0, -1)
    .map((_, process) => process)
    .filter((process) => process !== place.process && !wires.has(process));
  return new CoppiceError(
    'COLLECTIVE_TIMEOUT',
    `process ${missing.join(', ')} of the gang must join within ${timeoutMs} ms; process ${place.process} waited for it in vain`,
    { context: { process: missing[0] ?? -1 } },
  );
}
