/** A gang's connections form among its members and nobody else. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { frameHead, frameKind } from '../../src/cluster/tcp/frames.ts';
import { helloTo, maxHelloBytes } from '../../src/cluster/tcp/hello.ts';
import type { NetworkPlace } from '../../src/cluster/tcp/network-place.ts';
import {
  type Door,
  listenOnLoopback,
  loopback,
  openMesh,
} from '../../src/cluster/tcp/open-mesh.ts';
import type { Wire } from '../../src/cluster/tcp/wire.ts';
import { errorOf } from './run-program.ts';

const key = 'the key of this gang';
const open: (Wire | Socket | Door['server'])[] = [];

afterEach(() => {
  for (const one of open.splice(0)) 'destroy' in one ? one.destroy() : one.close();
});

function placesOf(numProcesses: number): NetworkPlace[] {
  const firstRanks = Array.from({ length: numProcesses + 1 }, (_, i) => 2 * i);
  return Array.from({ length: numProcesses }, (_, process) => ({ process, firstRanks }));
}

async function doorsOf(count: number): Promise<Door[]> {
  const doors = await Promise.all(Array.from({ length: count }, () => listenOnLoopback()));
  open.push(...doors.map((door) => door.server));
  return doors;
}

/** Opens the mesh of some processes, all of them here. */
async function openAll(
  doors: readonly Door[],
  options: { processes?: readonly number[]; timeoutMs?: number } = {},
): Promise<PromiseSettledResult<Map<number, Wire>>[]> {
  const places = placesOf(doors.length);
  const ports = doors.map((door) => door.port);
  const { processes = places.map((place) => place.process), timeoutMs = 3000 } = options;
  const results = await Promise.allSettled(
    processes.map((process) =>
      openMesh({
        place: places[process] as NetworkPlace,
        key,
        door: doors[process] as Door,
        ports,
        timeoutMs,
      }),
    ),
  );
  for (const result of results) {
    if (result.status === 'fulfilled') open.push(...result.value.values());
  }
  return results;
}

function expectWhole(results: readonly PromiseSettledResult<Map<number, Wire>>[]): void {
  results.forEach((result, process) => {
    if (result.status === 'rejected') throw result.reason;
    const others = results.map((_, other) => other).filter((other) => other !== process);
    expect([...result.value.keys()].sort()).toEqual(others);
  });
}

/** Says something at a door. */
function call(door: Door, ...words: readonly Uint8Array[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(door.port, loopback, () => {
      for (const word of words) socket.write(word);
      resolve(socket);
    });
    socket.on('error', () => undefined).once('error', reject);
    open.push(socket);
  });
}

function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

function hello(payload: Uint8Array): Uint8Array[] {
  return [frameHead(frameKind.hello, 0, payload.length), payload];
}

describe('a mesh', () => {
  it('connects each process with each', async () => {
    for (const count of [1, 2, 3, 5]) expectWhole(await openAll(await doorsOf(count)));
  });

  it('forms although strangers knock, before and while it forms, and turns them away', async () => {
    const doors = await doorsOf(3);
    const [first] = doors as [Door];
    const places = placesOf(3);
    const strangers = [
      await call(first), // says nothing
      await call(first, new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')),
      await call(first, frameHead(frameKind.hello, 0, maxHelloBytes + 1)),
      await call(first, frameHead(frameKind.barrier, 1, 0)),
      await call(first, ...hello(helloTo(places[1] as NetworkPlace, 'another key', 0))),
      await call(first, ...hello(new TextEncoder().encode('null'))),
      await call(first, ...hello(new TextEncoder().encode('{"key":7}'))),
      await call(first, frameHead(frameKind.hello, 0, 100)), // never ends
    ];
    expectWhole(await openAll(doors));
    await Promise.all(strangers.map(closed));
    const late = await errorOf(call(first));
    expect(late?.message).toMatch('ECONNREFUSED');
  });

  it('says which process did not come', async () => {
    const doors = await doorsOf(3);
    const [result] = await openAll(doors, { processes: [0], timeoutMs: 200 });
    expect(result).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'COLLECTIVE_TIMEOUT',
        message:
          'process 1, 2 of the gang must join within 200 ms; process 0 waited for it in vain',
      },
    });
  });

  it('says that a process is gone when nobody answers its door', async () => {
    const doors = await doorsOf(2);
    doors[0]?.server.close();
    const [result] = await openAll(doors, { processes: [1] });
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'EXECUTOR_LOST', context: { process: 0 } },
    });
  });

  it('names both versions when a member speaks another one', async () => {
    const doors = await doorsOf(2);
    const place = placesOf(2)[1] as NetworkPlace;
    const words = new TextDecoder().decode(helloTo(place, key, 0));
    const other = words.replace('"protocol":1', '"protocol":9');
    const [[result]] = await Promise.all([
      openAll(doors, { processes: [0] }),
      call(doors[0] as Door, ...hello(new TextEncoder().encode(other))),
    ]);
    expect(result).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'PROTOCOL',
        message: expect.stringMatching(/must speak version 1 of the protocol.*got 9/) as string,
      },
    });
  });

  it('refuses a member that claims other ranks', async () => {
    const doors = await doorsOf(2);
    const place = { process: 1, firstRanks: [0, 3, 4] };
    const [[result]] = await Promise.all([
      openAll(doors, { processes: [0] }),
      call(doors[0] as Door, ...hello(helloTo(place, key, 0))),
    ]);
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PROTOCOL' } });
  });
});
