/**
 * Connects the processes of a gang, each with each. A process dials those before it and is dialled by those
 * after it; both sides prove that they know the gang's key (hello.ts). Callers that are no members are turned
 * away, and the gang forms all the same.
 *
 * Where both sides can, the dialer opens a lane for the ranks as well, with a handshake of its own. Neither side may
 * take a byte of what the ranks will write, so each stops reading as soon as it has heard all of the handshake:
 *
 *   connection | hello →  ← welcome  proof →  ← ready                              ← ready (the lane is taken)
 *   lane       |                                     hello →  ← welcome  proof →
 */
import { createServer, type Server, type Socket } from 'node:net';
import { CoppiceError } from '../../base/errors.ts';
import { type Frame, frameKind, maxPayloadBytes } from './frames.ts';
import {
  checkHello,
  type Hello,
  maxHelloBytes,
  newHello,
  sealed,
  transcriptOf,
  unsealed,
} from './hello.ts';
import type { NetworkPlace } from './network-place.ts';
import {
  callerTaker,
  callMember,
  channelOf,
  checkProtected,
  type GangTls,
  type MemberAddress,
} from './protection.ts';
import { canHandOver, type Pulse, Wire } from './wire.ts';

/** The address that only this machine reaches. */
export const loopback = '127.0.0.1';

/** How long a caller may take to introduce itself. */
const helloMs = 5000;

/** The most connections that are open before the gang stands, members and others. */
const maxCallers = 1024;

/** How long members wait for each other. */
export interface GangTiming extends Pulse {
  /** Until all members are connected. */
  readonly joinMs: number;
  /** At one meeting: the ranks of a process that lives, but does not come. */
  readonly timeoutMs: number;
}

/** What is waited where nothing else is said. */
export const defaultTiming: GangTiming = {
  heartbeatMs: 1000,
  silenceMs: 10_000,
  joinMs: 30_000,
  timeoutMs: 600_000,
};

/** What is waited where some of it is said; nobody waits longer for members to join than for those that have. */
export function timingWith(given: Partial<GangTiming> = {}): GangTiming {
  const { timeoutMs = defaultTiming.timeoutMs } = given;
  return { ...defaultTiming, joinMs: Math.min(defaultTiming.joinMs, timeoutMs), ...given };
}

/** What a mesh is opened with. */
export interface MeshOptions {
  readonly place: NetworkPlace;
  /** The secret of the gang, drawn anew for each: a member of another gang, or of an earlier try, has another. */
  readonly key: string;
  /** Where this process listens; it is closed when the mesh stands, or failed. */
  readonly door: Door;
  /** Where every process listens. */
  readonly members: readonly MemberAddress[];
  readonly tls: GangTls | null;
  readonly timing: GangTiming;
  /** Ranks are to meet by connections of their own, where the platform lets them and TLS does not need the main thread. */
  readonly usesLanes?: boolean | undefined;
}

/** A listening server, and the callers that came before the gang's job was known. */
export interface Door {
  readonly server: Server;
  readonly port: number;
  readonly parked: Socket[];
}

/** Listens on a free port of an address, by default the loopback one. */
export async function openDoor(host: string = loopback, wanted = 0): Promise<Door> {
  const server = createServer();
  const parked: Socket[] = [];
  server.maxConnections = maxCallers;
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    parked.push(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { server, port, parked };
}

/**
 * A connection to every other process.
 *
 * @throws CoppiceError `COLLECTIVE_TIMEOUT` with the processes that did not come, `EXECUTOR_LOST`, `PROTOCOL`,
 *   `PARAM_INVALID` where members on other machines are to be met without TLS
 */
export async function openMesh(options: MeshOptions): Promise<Map<number, Wire>> {
  const { place, key, tls, timing } = options;
  const { server, parked } = options.door;
  const numProcesses = place.firstRanks.length - 1;
  const wires = new Map<number, Wire>();
  const all = new Set<Wire>();
  const callers = new Set<Socket>();
  let timer: NodeJS.Timeout | undefined;
  try {
    checkProtected(options.members, tls);
    await new Promise<void>((resolve, reject) => {
      const join = (process: number, wire: Wire): void => {
        wires.set(process, wire);
        if (wires.size === numProcesses - 1) resolve();
      };
      const lanes = takesLanes(options);
      const joining: Joining = { options, lanes, wires, all, standing: new Map(), join, reject };
      const take = callerTaker(key, tls, (socket) => receive(socket, joining));
      const admitCaller = (socket: Socket): void => {
        callers.add(socket);
        socket.on('close', () => callers.delete(socket)).on('error', () => socket.destroy());
        const patience = setTimeout(() => {
          if (!isMembers(socket, wires)) socket.destroy();
        }, helloMs);
        socket.on('close', () => clearTimeout(patience));
        patience.unref();
        take(socket);
      };
      timer = setTimeout(() => reject(timeoutError(options, wires)), timing.joinMs);
      server.on('error', reject);
      server.removeAllListeners('connection').on('connection', admitCaller);
      for (const socket of parked.splice(0)) admitCaller(socket);
      for (let process = 0; process < place.process; process++) dial(process, joining);
      if (numProcesses === 1) resolve();
    });
  } catch (error) {
    wires.clear();
    throw error;
  } finally {
    clearTimeout(timer);
    server.close();
    const members = new Set([...wires.values()].flatMap((wire) => [wire, wire.lane]));
    for (const wire of all) if (!members.has(wire)) wire.destroy();
    for (const socket of callers) if (!isMembers(socket, wires)) socket.destroy();
  }
  return wires;
}

interface Joining {
  readonly options: MeshOptions;
  /** What this process says of lanes, to all others alike. */
  readonly lanes: boolean;
  /** Members so far, by process. */
  readonly wires: ReadonlyMap<number, Wire>;
  /** Every connection, of strangers too. */
  readonly all: Set<Wire>;
  /** Members whose lanes are still to come. */
  readonly standing: Map<number, Admitted>;
  join(process: number, wire: Wire): void;
  reject(error: Error): void;
}

/** A member that has proved what it is. */
interface Admitted {
  readonly wire: Wire;
  readonly hello: Hello;
}

/** True where a caller's socket has become a member's connection, or its lane. */
function isMembers(socket: Socket, wires: ReadonlyMap<number, Wire>): boolean {
  return [...wires.values()].some(
    (wire) =>
      isOver(wire.socket, socket) || (wire.lane !== null && isOver(wire.lane.socket, socket)),
  );
}

function takesLanes({ tls, usesLanes = false, door }: MeshOptions): boolean {
  return usesLanes && tls === null && canHandOver(door.server);
}

/** True where the upper socket is the lower one, or the TLS over it. */
function isOver(upper: Socket, lower: Socket): boolean {
  return upper.remotePort === lower.remotePort && upper.localPort === lower.localPort;
}

/** Waits for a caller's hello; only a member's is answered. */
function receive(socket: Socket, joining: Joining): void {
  const { standing, all } = joining;
  const { place, key } = joining.options;
  const wire = new Wire(socket, maxHelloBytes);
  all.add(wire);
  let dialer: Hello | null = null;
  let transcript = '';
  const onHello = (frame: Frame): boolean => {
    const hello = frame.kind === frameKind.hello ? unsealed(key, 'hello', frame, '') : null;
    if (!isMember(hello, joining) || !isAwaited(hello, joining)) return false;
    if (!isChecked(wire, hello, hello.from, joining)) return true;
    dialer = hello;
    const own = newHello(place, hello.from, { takesLanes: joining.lanes });
    const channel = channelOf(socket);
    wire.send(frameKind.welcome, 0, [
      sealed(key, 'welcome', own, transcriptOf(hello, null, channel)),
    ]);
    transcript = transcriptOf(hello, own, channel);
    return true;
  };
  const onProof = (frame: Frame, hello: Hello): boolean => {
    const isProof =
      frame.kind === frameKind.proof && unsealed(key, 'proof', frame, transcript) !== null;
    if (!isProof || !isAwaited(hello, joining)) return false;
    if (hello.isLane) {
      const member = standing.get(hello.from) as Admitted;
      wire.handOver();
      member.wire.lane = wire;
      member.wire.send(frameKind.ready, 0);
      admit(member, hello.from, joining);
      return true;
    }
    wire.send(frameKind.ready, 0);
    if (!hello.takesLanes || !joining.lanes) {
      admit({ wire, hello }, hello.from, joining);
      return true;
    }
    standing.set(hello.from, { wire, hello });
    wire.listen({
      onLost: () => {
        standing.delete(hello.from);
        wire.destroy();
      },
      // it has nothing to say before its lane is there
      onFrame: () => wire.destroy(),
    });
    return true;
  };
  wire.listen({
    onLost: () => wire.destroy(),
    onFrame: (frame) => {
      const isFine = dialer === null ? onHello(frame) : onProof(frame, dialer);
      if (!isFine) wire.destroy();
    },
  });
}

function isMember(hello: unknown, { options }: Joining): hello is Hello {
  const { from } = (hello ?? {}) as Partial<Hello>;
  const { place } = options;
  return (
    Number.isInteger(from) &&
    Number(from) > place.process &&
    Number(from) < place.firstRanks.length - 1
  );
}

/** True where this connection of a process, or this lane, is not there yet. */
function isAwaited({ from, isLane }: Hello, { wires, standing }: Joining): boolean {
  return !wires.has(from) && standing.has(from) === isLane;
}

/** Calls a process, and proves to it what this one is. */
function dial(process: number, joining: Joining): void {
  const { reject } = joining;
  let listener: Hello | null = null;
  let isReady = false;
  const hello = { takesLanes: joining.lanes };
  const wire = introduce(process, joining, hello, {
    onWelcome: (welcome) => {
      listener = welcome;
    },
    onFrame: (frame) => {
      const member = { wire, hello: listener as unknown as Hello };
      if (frame.kind !== frameKind.ready) {
        reject(new CoppiceError('PROTOCOL', `process ${process} must say that it is ready`));
      } else if (isReady || !hello.takesLanes || !member.hello.takesLanes) {
        admit(member, process, joining);
      } else {
        isReady = true;
        const lane = introduce(
          process,
          joining,
          { ...hello, isLane: true },
          { onWelcome: () => lane.handOver() },
        );
        wire.lane = lane;
      }
    },
  });
}

/** What becomes of a call. */
interface Answered {
  /** Told when the other side has proved what it is, before this side does. */
  onWelcome(welcome: Hello): void;
  /** What comes then. */
  onFrame?(frame: Frame): void;
}

/** Calls a process, says who this one is, and proves it. */
function introduce(
  process: number,
  joining: Joining,
  said: Partial<Pick<Hello, 'takesLanes' | 'isLane'>>,
  { onWelcome, onFrame }: Answered,
): Wire {
  const { reject } = joining;
  const { place, key, members, tls } = joining.options;
  const wire = new Wire(callMember(members[process] as MemberAddress, key, tls), maxHelloBytes);
  joining.all.add(wire);
  const own = newHello(place, process, said);
  let isKnown = false;
  const onAnswer = (frame: Frame): void => {
    const channel = channelOf(wire.socket);
    const isWelcome = frame.kind === frameKind.welcome;
    const hello = isWelcome
      ? (unsealed(key, 'welcome', frame, transcriptOf(own, null, channel)) as Hello | null)
      : null;
    if (hello === null) {
      reject(
        new CoppiceError('PROTOCOL', `process ${process} must answer as a member of the gang`),
      );
      return;
    }
    if (!isChecked(wire, hello, process, joining)) return;
    isKnown = true;
    onWelcome(hello);
    wire.send(frameKind.proof, 0, [sealed(key, 'proof', {}, transcriptOf(own, hello, channel))]);
  };
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
      if (isKnown) onFrame?.(frame);
      else onAnswer(frame);
    },
  });
  wire.send(frameKind.hello, 0, [sealed(key, 'hello', own, '')]);
  return wire;
}

function isChecked(wire: Wire, hello: Hello, process: number, joining: Joining): boolean {
  try {
    checkHello(hello, joining.options.place, process);
    return true;
  } catch (error) {
    wire.end();
    joining.reject(error as Error);
    return false;
  }
}

function admit({ wire, hello }: Admitted, process: number, joining: Joining): void {
  const [first, end] = hello.ranks as [number, number];
  const { host, port } = joining.options.members[process] as MemberAddress;
  wire.name = `process ${process} (ranks ${first} to ${end - 1}, id ${hello.id} on ${hello.host}, ${host}:${port})`;
  wire.raiseLimit(maxPayloadBytes);
  wire.rest();
  wire.keepAlive(joining.options.timing);
  joining.join(process, wire);
}

function timeoutError(options: MeshOptions, wires: ReadonlyMap<number, Wire>): CoppiceError {
  const { place, members, timing } = options;
  const missing = place.firstRanks
    .slice(0, -1)
    .map((_, process) => process)
    .filter((process) => process !== place.process && !wires.has(process));
  const names = missing.map((process) => {
    const { host, port } = members[process] as MemberAddress;
    return `${process} (${host}:${port})`;
  });
  return new CoppiceError(
    'COLLECTIVE_TIMEOUT',
    `process ${names.join(', ')} of the gang must join within ${timing.joinMs} ms; process ${place.process} waited for it in vain`,
    { context: { process: missing[0] ?? -1 } },
  );
}
