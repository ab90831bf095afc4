/** What a rank makes of a process that is cut off, says nonsense or goes another way, where ranks meet by lanes. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CoppiceError } from '../../src/base/errors.ts';
import type { OwnRound } from '../../src/cluster/simulation/recording.ts';
import { type FrameKind, frameHead, frameKind } from '../../src/cluster/tcp/frames.ts';
import type { MeetingRequest, NetworkPlace } from '../../src/cluster/tcp/network-place.ts';
import { loopback } from '../../src/cluster/tcp/open-mesh.ts';
import { RankMeetings } from '../../src/cluster/tcp/rank-meetings.ts';
import { Wire } from '../../src/cluster/tcp/wire.ts';
import { gangWord, newGangControl } from '../../src/cluster/threads/gang-control.ts';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

const barrier: MeetingRequest = { kind: 'barrier' };
const allgather: MeetingRequest = { kind: 'allgather' };
const exchange: MeetingRequest = {
  kind: 'exchange',
  addresses: gangWord.addresses,
  buffers: [{ distance: 0, bounds: Float64Array.of(0, 32, 48, 48) }],
};

/** The rank of process 0 of two, and the other end of its lane. */
async function pairUp(timeoutMs = 5_000) {
  const server = createServer();
  server.listen(0, loopback);
  await once(server, 'listening');
  const far = connect((server.address() as { port: number }).port, loopback);
  const [[near]] = (await Promise.all([once(server, 'connection'), once(far, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  open.push(near, far.on('error', () => undefined).setNoDelay(true));
  const wire = new Wire(near, 0);
  wire.handOver();
  const place: NetworkPlace = { process: 0, firstRanks: [0, 1, 3], names: ['here', 'process 1'] };
  const control = newGangControl(1, 3);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true });
  const rounds: OwnRound[] = [];
  const lanes = [{ process: 1, descriptor: wire.descriptor }];
  const shared = { place, control, memory, lanes, timeoutMs };
  const words = new Int32Array(control.words);
  /** A rank meets while nothing else runs: what it is to hear is said before. */
  const meet = (request: MeetingRequest, checkAborted = () => undefined): void =>
    new RankMeetings({ ...shared, onRound: (round) => rounds.push(round) }).meet(
      request,
      checkAborted,
    );
  const say = (kind: number, sequence: number, payload = new Uint8Array(0)): void => {
    far.write(frameHead(kind as FrameKind, sequence, [payload]));
    far.write(payload);
  };
  return { far, meet, say, words, rounds };
}

/** A payload of two messages of the given lengths. */
function messages(first: number, second: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(8 + first + second);
  new Uint32Array(payload.buffer, 0, 2).set([first, second]);
  return payload;
}

function thrownBy(work: () => void): CoppiceError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as CoppiceError;
  }
}

describe.runIf(process.platform !== 'win32')(
  'a rank that meets another process by its lane',
  () => {
    it('takes one frame at a time, whichever rank takes it, and opens the gate', async () => {
      const { meet, say, words, rounds } = await pairUp();
      say(frameKind.barrier, 1);
      say(frameKind.allgather, 2, messages(4, 0));
      say(frameKind.exchange, 3, new Uint8Array(64));
      for (const request of [barrier, allgather, exchange]) meet(request);
      expect(words[gangWord.generation]).toBe(3);
      const kinds = rounds.map(({ kind, meeting, sent }) => [kind, meeting, sent[1]]);
      expect(kinds).toEqual([
        ['barrier', 1, 16],
        ['allgather', 2, 20],
        ['exchange', 3, 32],
      ]);
    });

    it('ends with EXECUTOR_LOST when the lane is cut and nobody says more', async () => {
      const { meet, far } = await pairUp();
      far.resetAndDestroy();
      const began = performance.now();
      expect(thrownBy(() => meet(barrier))).toMatchObject({
        code: 'EXECUTOR_LOST',
        message: expect.stringMatching(/^process 1 of the gang was lost: /) as string,
      });
      expect(performance.now() - began).toBeLessThan(3000);
    });

    it('ends at once when the gang does, with what the main thread knows', async () => {
      const { meet, far } = await pairUp();
      far.end();
      const ended = new CoppiceError('ABORTED', 'the job was aborted');
      let looks = 0;
      const checkAborted = (): undefined => {
        looks += 1;
        if (looks > 20) throw ended;
      };
      expect(thrownBy(() => meet(barrier, checkAborted))).toBe(ended);
    });

    it('ends with COLLECTIVE_TIMEOUT when the other one lives, but does not come', async () => {
      const { meet } = await pairUp(300);
      const began = performance.now();
      expect(thrownBy(() => meet(barrier))).toMatchObject({
        code: 'COLLECTIVE_TIMEOUT',
        message:
          'process 0 waited 300 ms at a meeting for process 1: it lives, but its ranks did not come',
      });
      expect(performance.now() - began).toBeLessThan(2000);
    });

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
        heard: 'slices of another size',
        request: exchange,
        kind: frameKind.exchange,
        bytes: new Uint8Array(48),
      },
    ])(
      'ends with PROTOCOL when it hears $heard',
      async ({ request, kind, sequence = 1, bytes }) => {
        const { meet, say } = await pairUp();
        say(kind, sequence, bytes);
        expect(thrownBy(() => meet(request))).toMatchObject({ code: 'PROTOCOL' });
      },
    );

    it('is lost with EXECUTOR_LOST when it hears no such kind', async () => {
      const { meet, say } = await pairUp();
      say(77, 1);
      expect(thrownBy(() => meet(barrier))).toMatchObject({ code: 'EXECUTOR_LOST' });
    });

    it.each([0, 8, 12, 20])(
      'is lost with EXECUTOR_LOST when byte %i was changed on the way',
      async (at) => {
        const { meet, far } = await pairUp();
        const payload = messages(4, 0);
        const frame = new Uint8Array([...frameHead(frameKind.allgather, 1, [payload]), ...payload]);
        frame[at] = (frame[at] as number) ^ 1;
        // one byte less is announced, or one more: then the next byte is missing
        far.write(Uint8Array.of(...frame, 0));
        expect(thrownBy(() => meet(allgather))).toMatchObject({
          code: 'EXECUTOR_LOST',
          message: expect.stringMatching(
            /^process 1 of the gang must send whole frames: /,
          ) as string,
        });
      },
    );

    it('ends, and never hangs, whatever bytes it hears', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
          const { meet, far } = await pairUp();
          far.end(bytes);
          let looks = 0;
          const checkAborted = (): undefined => {
            looks += 1;
            if (looks > 20)
              throw new CoppiceError('EXECUTOR_LOST', 'the main thread has heard of it');
          };
          const error = thrownBy(() => meet(allgather, checkAborted));
          expect(['PROTOCOL', 'EXECUTOR_LOST']).toContain(error?.code);
        }),
        { numRuns: 100 },
      );
    });
  },
);
