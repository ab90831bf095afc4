/** What a process makes of a member that is cut off, says nonsense or goes another way. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrameKind, frameKind } from '../../src/cluster/tcp/frames.ts';
import type { MeetingRequest, NetworkPlace } from '../../src/cluster/tcp/network-place.ts';
import { defaultTiming, loopback, openDoor, openMesh } from '../../src/cluster/tcp/open-mesh.ts';
import { TcpNetwork } from '../../src/cluster/tcp/tcp-network.ts';
import { gangState, gangWord, newGangControl } from '../../src/cluster/threads/gang-control.ts';
import { BareMember } from './bare-member.ts';

const key = 'the key';
const firstRanks = [0, 1, 3];
const place: NetworkPlace = { process: 0, firstRanks };

/** Process 0 of two with a rank that waits, and the bare socket of process 1. */
async function pairUp(silenceMs = 5000) {
  const door = await openDoor();
  const members = [door.port, 0].map((port) => ({ host: loopback, port }));
  const timing = { ...defaultTiming, joinMs: 3000, timeoutMs: 2000, heartbeatMs: 50, silenceMs };
  const opening = openMesh({ place, key, door, members, tls: null, timing });
  const member = new BareMember(door.port);
  await member.join({ process: 1, firstRanks }, key);
  const { socket } = member;
  const network = new TcpNetwork(place, await opening, timing.timeoutMs);
  const control = newGangControl(1, 3);
  network.attach(control, new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true }));
  const words = new Int32Array(control.words);
  /** Resolves when the rank could go on, or the gang was ended. */
  const meet = async (request: MeetingRequest): Promise<string> => {
    const generation = Atomics.load(words, gangWord.generation);
    network.meet(request);
    while (Atomics.load(words, gangWord.generation) === generation) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const state = Atomics.load(words, gangWord.state);
    return state === gangState.running ? 'met' : (network.failure?.code ?? 'unknown');
  };
  const say = (kind: number, sequence: number, payload?: Uint8Array): void =>
    member.say(kind as FrameKind, sequence, payload);
  return { socket, network, meet, say, member };
}

/** A payload of two messages of the given lengths. */
function messages(first: number, second: number): Uint8Array {
  const payload = new Uint8Array(8 + first + second);
  new Uint32Array(payload.buffer, 0, 2).set([first, second]);
  return payload;
}

const exchange: MeetingRequest = {
  kind: 'exchange',
  addresses: gangWord.addresses,
  buffers: [{ distance: 0, bounds: Float64Array.of(0, 32, 48, 48) }],
};

describe('a process that meets another', () => {
  it('goes on when the other one comes, early or late', async () => {
    const { meet, say, network } = await pairUp();
    say(frameKind.barrier, 1);
    say(frameKind.allgather, 2, messages(4, 0));
    expect(await meet({ kind: 'barrier' })).toBe('met');
    expect(await meet({ kind: 'allgather' })).toBe('met');
    const met = meet(exchange);
    say(frameKind.exchange, 3, new Uint8Array(64));
    expect(await met).toBe('met');
    network.finish();
  });

  it('ends with EXECUTOR_LOST and the ranks that are gone when the connection is cut', async () => {
    const { meet, socket, network } = await pairUp();
    const met = meet({ kind: 'barrier' });
    socket.destroy();
    expect(await met).toBe('EXECUTOR_LOST');
    expect(network.failure?.message).toMatch(
      /process 1 \(ranks 1 to 2, id \d+ on .*\) of the gang was lost/,
    );
  });

  it('ends when the other one gives up, and says why', async () => {
    const { meet, say, network } = await pairUp();
    const met = meet({ kind: 'barrier' });
    say(frameKind.failed, 0, new TextEncoder().encode('{"code":"DATA_INVALID","message":"row 7"}'));
    expect(await met).toBe('EXECUTOR_LOST');
    expect(network.failure?.message).toBe('process 1 of the gang gave up: row 7');
    expect(network.failure?.context).toMatchObject({ process: 1, code: 'DATA_INVALID' });
  });

  it('ends with EXECUTOR_LOST when the other one is silent', async () => {
    const { meet, network } = await pairUp(300);
    expect(await meet({ kind: 'barrier' })).toBe('EXECUTOR_LOST');
    expect(network.failure?.message).toMatch(
      /process 1 \(ranks 1 to 2, id .* was silent for 3\d\d ms/,
    );
  });

  it('ends with COLLECTIVE_TIMEOUT when the other one lives, but does not come', async () => {
    const { meet, network, say, member } = await pairUp(1000);
    const beat = setInterval(() => say(frameKind.heartbeat, 0), 100);
    expect(await meet({ kind: 'barrier' })).toBe('COLLECTIVE_TIMEOUT');
    clearInterval(beat);
    expect(network.failure?.message).toMatch(
      /waited 2000 ms at a meeting for process 1 .*its ranks did not come/,
    );
    expect(member.heard.some((frame) => frame.kind === frameKind.heartbeat)).toBe(true);
  });

  const barrier: MeetingRequest = { kind: 'barrier' };
  const allgather: MeetingRequest = { kind: 'allgather' };
  it.each([
    { heard: 'another meeting', request: barrier, kind: frameKind.barrier, sequence: 2 },
    { heard: 'another kind', request: barrier, kind: frameKind.allgather, bytes: messages(0, 0) },
    {
      heard: 'a barrier with a load',
      request: barrier,
      kind: frameKind.barrier,
      bytes: messages(0, 1),
    },
    {
      heard: 'too few messages',
      request: allgather,
      kind: frameKind.allgather,
      bytes: new Uint8Array(7),
    },
    {
      heard: 'too short messages',
      request: allgather,
      kind: frameKind.allgather,
      bytes: messages(9, 9).slice(1),
    },
    {
      heard: 'slices of another size',
      request: exchange,
      kind: frameKind.exchange,
      bytes: new Uint8Array(48),
    },
    { heard: 'a farewell', request: barrier, kind: frameKind.bye },
  ])('ends with PROTOCOL when it hears $heard', async ({ request, kind, sequence = 1, bytes }) => {
    const { meet, say } = await pairUp();
    const met = meet(request);
    say(kind, sequence, bytes);
    expect(await met).toBe('PROTOCOL');
  });

  it('ends with EXECUTOR_LOST when what it hears is no frame', async () => {
    const { meet, network, say } = await pairUp();
    const met = meet(barrier);
    say(77, 1);
    expect(await met).toBe('EXECUTOR_LOST');
    expect(network.failure?.message).toMatch(/^process 1 .* of the gang must send whole frames: /);
  });

  it('ends, and never hangs, whatever bytes it hears', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const { meet, socket, network } = await pairUp();
        const met = meet({ kind: 'allgather' });
        socket.end(bytes);
        expect(['PROTOCOL', 'EXECUTOR_LOST']).toContain(await met);
        expect(network.failure).not.toBeNull();
      }),
      { numRuns: 100 },
    );
  });
});
