/** A gang's connections form among its members and nobody else. */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { frameHead, frameKind } from '../../src/cluster/tcp/frames.ts';
import { maxHelloBytes, newHello, sealed } from '../../src/cluster/tcp/hello.ts';
import type { NetworkPlace } from '../../src/cluster/tcp/network-place.ts';
import {
  type Door,
  defaultTiming,
  loopback,
  openDoor,
  openMesh,
} from '../../src/cluster/tcp/open-mesh.ts';
import type { GangTls } from '../../src/cluster/tcp/protection.ts';
import type { Wire } from '../../src/cluster/tcp/wire.ts';
import { BareMember } from './bare-member.ts';
import { Authority, canSign } from './executors/certificates.ts';
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
  const doors = await Promise.all(Array.from({ length: count }, () => openDoor()));
  open.push(...doors.map((door) => door.server));
  return doors;
}

/** Opens the mesh of some processes, all of them here. */
async function openAll(
  doors: readonly Door[],
  options: {
    processes?: readonly number[];
    joinMs?: number;
    tls?: GangTls;
    keys?: string[];
    /** By process. */
    usesLanes?: readonly boolean[];
  } = {},
): Promise<PromiseSettledResult<Map<number, Wire>>[]> {
  const places = placesOf(doors.length);
  const members = doors.map((door) => ({ host: loopback, port: door.port }));
  const { processes = places.map((place) => place.process), joinMs = 3000, tls = null } = options;
  const timing = { ...defaultTiming, joinMs };
  const results = await Promise.allSettled(
    processes.map((process) =>
      openMesh({
        place: places[process] as NetworkPlace,
        key: options.keys?.[process] ?? key,
        door: doors[process] as Door,
        members,
        tls,
        timing,
        usesLanes: options.usesLanes?.[process] ?? false,
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

/** True where every connection has a lane; all have one, or none. */
function hasLanes(results: readonly PromiseSettledResult<Map<number, Wire>>[]): boolean {
  const wires = results.flatMap((one) =>
    one.status === 'fulfilled' ? [...one.value.values()] : [],
  );
  const found = new Set(wires.map(({ lane }) => lane !== null));
  expect(found.size).toBe(1);
  return found.has(true);
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
  return [frameHead(frameKind.hello, 0, [payload]), payload];
}

/** A head that announces a payload which never comes. */
function empty(bytes: number): Uint8Array {
  return frameHead(frameKind.hello, 0, [new Uint8Array(bytes)]);
}

/** A member's certificate and key, and the authority that all of them trust. */
function certificatesOf(authority: Authority, name: string) {
  const { cert, key: own } = authority.sign(name);
  const [pem, ownKey, ca] = [cert, own, authority.own.cert].map((path) =>
    readFileSync(path, 'utf8'),
  ) as [string, string, string];
  return { kind: 'certificates', cert: pem, key: ownKey, ca } as const;
}

describe('a mesh', () => {
  it('connects each process with each', async () => {
    for (const count of [1, 2, 3, 5]) expectWhole(await openAll(await doorsOf(count)));
  });

  const allTls: readonly (GangTls | undefined)[] = [
    undefined,
    { kind: 'psk' },
    ...(canSign ? [certificatesOf(new Authority('gang'), 'member')] : []),
  ];
  it.each(allTls)(
    'forms although strangers knock, before and while it forms, with %o',
    async (tls) => {
      const doors = await doorsOf(3);
      const [first] = doors as [Door];
      const own = newHello(placesOf(3)[1] as NetworkPlace, 0);
      const text = (words: string) => new TextEncoder().encode(words);
      const strangers = [
        await call(first), // says nothing
        await call(first, text('GET / HTTP/1.1\r\n\r\n')),
        await call(first, empty(maxHelloBytes + 1)),
        await call(first, frameHead(frameKind.barrier, 1)),
        await call(first, frameHead(frameKind.ready, 0)),
        await call(first, ...hello(sealed('another key', 'hello', own, ''))),
        await call(first, ...hello(sealed(key, 'proof', own, ''))),
        await call(first, ...hello(text('null'))),
        await call(first, ...hello(text('{"words":7,"mac":"7"}'))),
        await call(first, empty(100)), // never ends
      ];
      const usesLanes = [true, true, true];
      const results = await openAll(doors, tls === undefined ? { usesLanes } : { tls, usesLanes });
      expectWhole(results);
      expect(hasLanes(results)).toBe(tls === undefined && process.platform !== 'win32');
      await Promise.all(strangers.map(closed));
      const late = await errorOf(call(first));
      expect(late?.message).toMatch('ECONNREFUSED');
    },
  );

  it('forms, whatever bytes strangers say', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(...allTls),
        async (words, tls) => {
          const doors = await doorsOf(2);
          const strangers = await Promise.all(words.map((word) => call(doors[0] as Door, word)));
          expectWhole(await openAll(doors, tls === undefined ? {} : { tls }));
          await Promise.all(strangers.map(closed));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('turns away who knows the words of a member but not the key', async () => {
    const doors = await doorsOf(2);
    // a hello that was overheard is answered, but the proof must fit this connection's welcome
    const own = sealed(key, 'hello', newHello(placesOf(2)[1] as NetworkPlace, 0), '');
    const opening = openAll(doors, { processes: [0], joinMs: 600 });
    const thief = new BareMember((doors[0] as Door).port);
    open.push(thief.socket);
    thief.say(frameKind.hello, 0, own);
    await thief.hear(frameKind.welcome);
    thief.say(frameKind.proof, 0, sealed('guess', 'proof', null, ''));
    await closed(thief.socket);
    const [result] = await opening;
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'COLLECTIVE_TIMEOUT' } });
  });

  it.each(allTls)('refuses a member with the key of another try, with %o', async (tls) => {
    const doors = await doorsOf(2);
    const options = { joinMs: 800, keys: [key, 'the key of the try before'] };
    const results = await openAll(doors, tls === undefined ? options : { ...options, tls });
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'EXECUTOR_LOST' } });
    expect(results[0]).toMatchObject({
      status: 'rejected',
      reason: { code: 'COLLECTIVE_TIMEOUT' },
    });
  });

  it.runIf(canSign)('refuses a member whose certificate another authority signed', async () => {
    const doors = await doorsOf(2);
    const [own, other] = ['ours', 'theirs'].map((name) => new Authority(name));
    const ours = certificatesOf(own as Authority, 'member');
    const theirs = { ...certificatesOf(other as Authority, 'member'), ca: ours.ca };
    const opening = openAll(doors, { processes: [0], joinMs: 800, tls: ours });
    const results = await openAll(doors, { processes: [1], joinMs: 800, tls: theirs });
    expect([...results, ...(await opening)].map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
    ]);
  });

  it('does not take a listener for a member that cannot prove it', async () => {
    const doors = await doorsOf(2);
    const [impostor] = doors as [Door];
    impostor.server.removeAllListeners('connection').on('connection', (socket) => {
      const welcome = sealed(
        'another key',
        'welcome',
        newHello(placesOf(2)[0] as NetworkPlace, 1),
        '',
      );
      socket.write(frameHead(frameKind.welcome, 0, [welcome]));
      socket.write(welcome);
    });
    const [result] = await openAll(doors, { processes: [1] });
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PROTOCOL' } });
  });

  it('refuses members on other machines without TLS', async () => {
    const [door] = (await doorsOf(1)) as [Door];
    const members = [
      { host: loopback, port: door.port },
      { host: '192.0.2.7', port: 7000 },
    ];
    const opening = openMesh({
      place: { process: 0, firstRanks: [0, 1, 2] },
      key,
      door,
      members,
      tls: null,
      timing: defaultTiming,
    });
    expect(await errorOf(opening)).toMatchObject({
      code: 'PARAM_INVALID',
      message:
        'tls of a gang must be given where a member is not on this machine; got none, and a member at 192.0.2.7',
    });
  });

  it('gives up a member that falls silent, and says which', { timeout: 10_000 }, async () => {
    const doors = await doorsOf(2);
    const timing = { ...defaultTiming, heartbeatMs: 20, silenceMs: 200 };
    const members = doors.map((door) => ({ host: loopback, port: door.port }));
    const [place, other] = placesOf(2) as [NetworkPlace, NetworkPlace];
    const opening = openMesh({ place, key, door: doors[0] as Door, members, tls: null, timing });
    const member = new BareMember((doors[0] as Door).port);
    await member.join(other, key);
    const wire = (await opening).get(1) as Wire;
    open.push(wire, member.socket);
    const lost = new Promise<Error>((resolve) => {
      wire.listen({ onFrame: () => undefined, onLost: resolve });
    });
    for (let i = 0; i < 8; i++) {
      await sleep(50);
      member.say(frameKind.heartbeat, 0);
    }
    const spoke = performance.now();
    expect((await lost).message).toMatch(/^process 1 \(ranks 2 to 3, id \d+ on .* was silent for/);
    expect(performance.now() - spoke).toBeGreaterThan(150);
  });

  it('says which process did not come', async () => {
    const doors = await doorsOf(3);
    const [result] = await openAll(doors, { processes: [0], joinMs: 200 });
    expect(result).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'COLLECTIVE_TIMEOUT',
        message: expect.stringMatching(
          /^process 1 \(127.0.0.1:\d+\), 2 \(.*\) of the gang must join within 200 ms; process 0/,
        ) as string,
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

  it('names both versions and hosts when a member speaks another one', async () => {
    const doors = await doorsOf(2);
    const other = { ...newHello(placesOf(2)[1] as NetworkPlace, 0), protocol: 9, host: 'far' };
    const [[result]] = await Promise.all([
      openAll(doors, { processes: [0] }),
      call(doors[0] as Door, ...hello(sealed(key, 'hello', other, ''))),
    ]);
    expect(result).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'PROTOCOL',
        message: expect.stringMatching(
          /on far must speak version 4 of the protocol.*got 9/,
        ) as string,
      },
    });
  });

  it('refuses a member that claims other ranks', async () => {
    const doors = await doorsOf(2);
    const place = { process: 1, firstRanks: [0, 3, 4] };
    const [[result]] = await Promise.all([
      openAll(doors, { processes: [0] }),
      call(doors[0] as Door, ...hello(sealed(key, 'hello', newHello(place, 0), ''))),
    ]);
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PROTOCOL' } });
  });

  describe.runIf(process.platform !== 'win32')('with lanes for the ranks', () => {
    it('opens none where one side cannot take them', async () => {
      for (const usesLanes of [
        [true, false],
        [false, true],
      ]) {
        const results = await openAll(await doorsOf(2), { usesLanes });
        expectWhole(results);
        expect(hasLanes(results)).toBe(false);
      }
    });

    it('leaves every byte to the ranks, also those that are written at once', async () => {
      for (let round = 0; round < 20; round++) {
        const doors = await doorsOf(2);
        const members = doors.map((door) => ({ host: loopback, port: door.port }));
        const wires = await Promise.all(
          placesOf(2).map(async (place, process) => {
            const timing = { ...defaultTiming, joinMs: 3000 };
            const options = {
              place,
              key,
              door: doors[process] as Door,
              members,
              tls: null,
              timing,
            };
            const mesh = await openMesh({ ...options, usesLanes: true });
            const wire = mesh.get(1 - process) as Wire;
            writeSync(wire.lane?.descriptor as number, Uint8Array.of(7, process));
            return wire;
          }),
        );
        open.push(...wires);
        await sleep(2);
        for (const [process, wire] of wires.entries()) {
          const got = new Uint8Array(9);
          expect(readSync(wire.lane?.descriptor as number, got)).toBe(2);
          expect(got.subarray(0, 2)).toEqual(Uint8Array.of(7, 1 - process));
        }
      }
    });

    it('takes no lane of a process that is not there, and no second one', async () => {
      const doors = await doorsOf(2);
      const [first] = doors as [Door];
      const place = placesOf(2)[1] as NetworkPlace;
      const opening = openAll(doors, { processes: [0], usesLanes: [true, true] });
      const said = { takesLanes: true, isLane: true };
      const member = new BareMember(first.port);
      const lane = new BareMember(first.port);
      open.push(member.socket, lane.socket);
      const refused = async (isLane: boolean): Promise<void> => {
        const words = sealed(key, 'hello', newHello(place, 0, { ...said, isLane }), '');
        await closed(await call(first, ...hello(words)));
      };
      await refused(true);
      await member.join(place, key, { takesLanes: true });
      await refused(false);
      await lane.join(place, key, said);
      await member.hear(frameKind.ready);
      const [result] = await opening;
      if (result?.status !== 'fulfilled') throw (result as PromiseRejectedResult).reason;
      expect(result.value.get(1)?.lane).not.toBeNull();
    });
  });
});
