// Programs that the tests of gangs run. Plain JavaScript: the same file is registered in the tests' own
// thread (from src) and in worker threads (from dist, see worker-entry.mjs).

/** Whole numbers below 2^32 that hang on a, b, c only. */
function mix(a, b, c) {
  let x = (Math.imul(a + 0x9e37, 0x85ebca6b) ^ Math.imul(b + 0x79b9, 0xc2b2ae35) ^ c) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Four bytes of each number: messages are long. */
function bytesOf(step, rank, length) {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = mix(step, rank, i);
  return new Uint8Array(words.buffer, 0, length);
}

/** Values whose sum over a few ranks is still one of 64 bits. */
function valuesOf(step, rank, length) {
  const words = new Int32Array(2 * length);
  for (let i = 0; i < length; i++) {
    words[2 * i] = mix(step, rank, i);
    words[2 * i + 1] = (mix(rank, i, step) | 0) >> 4;
  }
  return new BigInt64Array(words.buffer);
}

const contentOf = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength);

function expectSame(actual, expected, what) {
  const same = contentOf(actual).equals(contentOf(expected));
  if (!same) throw new Error(`${what}: other values than the ranks sent`);
}

function digestOf(digest, bytes) {
  let hash = digest;
  const view = contentOf(bytes);
  const numWhole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < numWhole; i += 4)
    hash = Math.imul(hash ^ view.readUInt32LE(i), 0x01000193) >>> 0;
  for (let i = numWhole; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193) >>> 0;
  return hash;
}

/** Carries out a list of meetings and checks all that it receives; returns a digest of it. */
export async function followScript({ collective, memory }, { steps }) {
  const { rank, size } = collective;
  const local = collective.localRanks.indexOf(rank);
  let digest = 0x811c9dc5;
  let claimed = 0;
  const claim = async (end) => {
    claimed = Math.max(claimed, end);
    collective.claimMemory(claimed);
    const missing = Math.ceil((claimed - memory.buffer.byteLength) / 65536);
    if (local === 0 && missing > 0) memory.grow(missing);
    await collective.barrier();
    if (memory.buffer.byteLength < claimed) memory.grow(0); // as freshBuffer of src/cluster does
  };
  const lengthOf = (step, r) => (step.isEven ? step.size : mix(step.size, r, 7) % (step.size + 1));

  const exchange = async (index, step) => {
    // slices of random sizes, some empty; two buffers some way apart, the same on every rank
    const bounds = step.buffers.map((seed) => {
      const at = new Float64Array(size + 1);
      for (let r = 0; r < size; r++) at[r + 1] = at[r] + 16 * (mix(seed, r, 3) % (step.size + 1));
      return at;
    });
    const widths = bounds.map((at) => at[size] + 32);
    const width = widths.reduce((sum, w) => sum + w, 16);
    const base = 4096 + local * width;
    await claim(4096 + collective.localRanks.length * width);
    const buffers = [];
    let address = base;
    bounds.forEach((at, b) => {
      const own = new Uint8Array(memory.buffer, address, at[size]);
      own.set(bytesOf(index * 8 + b, rank, at[size]));
      buffers.push({ address, bounds: at });
      address += widths[b];
    });
    const parts = await collective.exchange(buffers);
    bounds.forEach((at, b) => {
      const length = at[rank + 1] - at[rank];
      for (let r = 0; r < size; r++) {
        const got = new Uint8Array(memory.buffer, parts[b][r], length);
        const sent = bytesOf(index * 8 + b, r, at[size]).subarray(at[rank], at[rank + 1]);
        expectSame(got, sent, `exchange ${index}`);
        digest = digestOf(digest, got);
      }
      const own = new Uint8Array(memory.buffer, buffers[b].address, at[size]);
      expectSame(own, bytesOf(index * 8 + b, rank, at[size]), `own buffer of ${index}`);
    });
  };

  for (const [index, step] of steps.entries()) {
    if (step.kind === 'barrier') await collective.barrier();
    if (step.kind === 'exchange') await exchange(index, step);
    if (step.kind === 'allgather') {
      const all = await collective.allgather(bytesOf(index, rank, lengthOf(step, rank)));
      all.forEach((got, r) => {
        expectSame(got, bytesOf(index, r, lengthOf(step, r)), `allgather ${index}`);
        digest = digestOf(digest, got);
        got.fill(0); // the copies are this rank's own
      });
    }
    if (step.kind === 'allreduce') {
      const values = valuesOf(index, rank, step.size);
      await collective.allreduce(values, step.operation);
      const expected = valuesOf(index, 0, step.size);
      for (let r = 1; r < size; r++) {
        valuesOf(index, r, step.size).forEach((value, i) => {
          const isMax = step.operation === 'max';
          expected[i] = isMax ? (value > expected[i] ? value : expected[i]) : expected[i] + value;
        });
      }
      expectSame(values, expected, `allreduce ${index}`);
      digest = digestOf(digest, new Uint8Array(values.buffer));
    }
  }
  return {
    rank,
    digest,
    meetings: collective.counters.meetings,
    bytes: collective.counters.bytesSent,
  };
}

/** Tells who it is. */
export async function introduce({ collective, notify }, payload) {
  for (let i = 0; i < (payload.notes ?? 0); i++) notify({ rank: collective.rank, note: i });
  const { rank, size, localRanks } = collective;
  await collective.barrier();
  return { rank, size, localRanks: [...localRanks], payload };
}

/**
 * Meets again and again; at the given meeting the given rank does something that it should not, after
 * rank 0 has told of it ten meetings before.
 * @param payload { meetings, rank, at, does, ms }
 */
export async function meetOften({ collective, notify }, payload) {
  for (let meeting = 0; meeting < payload.meetings; meeting++) {
    if (meeting === payload.at - 10 && collective.rank === 0) notify({ meeting });
    if (meeting === payload.at && collective.rank === payload.rank) misbehave(payload);
    await collective.allgather(Uint8Array.of(meeting % 256, collective.rank));
  }
  return collective.rank;
}

/** The same at a gate in the kernels' memory, where the end of a gang wakes nobody. */
export async function meetInMemory({ collective, memory }, payload) {
  const words = new Int32Array(memory.buffer, 0, 3);
  for (let meeting = 0; meeting < payload.meetings; meeting++) {
    if (meeting === payload.at && collective.rank === payload.rank) misbehave(payload);
    collective.checkAborted();
    const generation = Atomics.load(words, 0);
    if (Atomics.add(words, 2, 1) === collective.size - 1) {
      Atomics.store(words, 2, 0);
      Atomics.add(words, 0, 1);
      if (Atomics.load(words, 1) > 0) Atomics.notify(words, 0);
    } else collective.sleepWhile(words, { word: 0, sleepers: 1 }, generation);
  }
  return collective.rank;
}

function misbehave({ does, ms }) {
  switch (does) {
    case 'exit':
      return process.exit(3);
    case 'throw':
      throw new RangeError('a defect of the test program');
    case 'refuse':
      throw Object.assign(new Error('row 7 is bad'), {
        name: 'CoppiceError',
        code: 'DATA_INVALID',
        context: { row: 7 },
      });
    case 'sleep':
      return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    case 'reject later':
      void Promise.reject(new Error('nobody waits for this'));
      return undefined;
  }
  return undefined;
}

/** Goes another way than the others: this rank sums where they gather. */
export async function stray({ collective }, { rank }) {
  await collective.barrier();
  if (collective.rank === rank) await collective.barrier();
  else await collective.allgather(new Uint8Array(8));
}

/** How long a meeting takes, in microseconds: the median of many. */
export async function timeMeetings(
  { collective, memory },
  { kind, bytes, times, inRow = 1, work = 0 },
) {
  const slice = Math.ceil(bytes / collective.size / 16) * 16;
  const bounds = Float64Array.from({ length: collective.size + 1 }, (_, r) => r * slice);
  const width = slice * collective.size;
  const local = collective.localRanks.indexOf(collective.rank);
  const end = 4096 + collective.localRanks.length * width;
  collective.claimMemory(end);
  if (local === 0 && memory.buffer.byteLength < end) {
    memory.grow(Math.ceil((end - memory.buffer.byteLength) / 65536));
  }
  await collective.barrier();
  const message = new Uint8Array(bytes);
  const integers = new BigInt64Array(Math.ceil(bytes / 8));
  const taken = new Float64Array(times);
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    if (work > 0) integers[0] = BigInt(busyWork(work));
    if (kind === 'barrier') await collective.barrier();
    if (kind === 'allgather') await collective.allgather(message);
    if (kind === 'allreduce') await collective.allreduce(integers, 'sum');
    if (kind === 'exchange') await collective.exchange([{ address: 4096 + local * width, bounds }]);
    taken[i] = (performance.now() - began) * 1000;
  }
  // means of some meetings that follow each other, and the one in the middle of these
  const means = Float64Array.from({ length: Math.floor(times / inRow) }, (_, i) =>
    taken.subarray(inRow * i, inRow * (i + 1)).reduce((sum, us) => sum + us / inRow, 0),
  );
  return means.sort()[means.length >> 1];
}

/** Computes for a while: so many thousand steps, each as long as the one before. */
export function busyWork(thousands) {
  let x = 1;
  for (let i = 0; i < 1000 * thousands; i++) x = (Math.imul(x, 0x7feb352d) ^ (x >>> 15)) | 0;
  return x;
}

/** Meets in every way there is, again and again; rank `rank` throws at round `at`. */
export async function meetInEveryWay({ collective, memory, notify }, { rounds, rank, at }) {
  const { size, localRanks, firstRanks } = collective;
  const bounds = Float64Array.from({ length: size + 1 }, (_, r) => 16 * r);
  collective.claimMemory(65536);
  const local = localRanks.indexOf(collective.rank);
  for (let round = 0; round < rounds; round++) {
    if (round === 2) notify({ round });
    if (round === at && collective.rank === rank) throw new RangeError('a defect of the program');
    await collective.barrier();
    await collective.allgather(Uint8Array.of(round % 256));
    await collective.exchange([{ address: 1024 + local * 1024, bounds }]);
    const others = Array.from({ length: size }, (_, to) => to).filter(
      (to) => !localRanks.includes(to) && to % localRanks.length === local,
    );
    new Uint8Array(memory.buffer, 16_384 + local * 64, 8).fill(collective.rank);
    const sent = others.map((to) => ({ to, address: 16_384 + local * 64, bytes: 8 }));
    const came = await collective.scatter(sent);
    const isWhole = came.every(({ process, address }) => {
      const by = new Uint8Array(memory.buffer, address, 8)[0];
      return by >= firstRanks[process] && by < firstRanks[process + 1];
    });
    if (!isWhole) throw new Error('a message of another process');
    await collective.allreduce(new BigInt64Array(4), 'sum');
    await collective.allreduce(new BigInt64Array(3000), 'max');
  }
  return collective.rank;
}

/** All of them by name. */
export const programs = {
  meetInEveryWay,
  followScript,
  introduce,
  meetOften,
  meetInMemory,
  stray,
  timeMeetings,
};
