/**
 * The shared words through which the threads of one gang meet, and through which the driver ends it.
 *
 *   word 0  state: 0 running, 1 aborted by the user, 2 a member failed
 *   word 1  how many have arrived at the barrier      word 2  generation of the barrier
 *   word 5  how many sleep at the barrier: waking costs a system call, and often nobody sleeps yet
 *   word 12 + 2 r, + parity · 2 · size ...  the address (two words) rank r handed to an exchange
 *
 * mailbox: a growable buffer. Its head holds two generations of one slot a rank (length, then bytes) for
 * short messages; longer ones follow behind the slots.
 *
 * A gang that spans processes (tcp/) uses more words, and the mailbox in its own way:
 *
 *   word 3  pages of the memory that the program has claimed      word 4  first page of what was received
 *   word 6  frames that each other process was sent so far      word 7  meetings so far
 *   word 8  microseconds of a processor that count as used when the ranks went on; they are recorded
 *   word 12 + 4 size + r      length of the message of the process's rank r
 *   word 12 + 5 size + r      length of the message received of rank r of all
 *   … + numRanks + 3 q        where the message of this process for rank q of all lies (two words), its length
 *   … + 4 numRanks + 3 (numProcesses l + p)     the same of the message of process p for local rank l
 */

/** What a gang's threads share besides the kernels' memory. */
export interface GangControl {
  /** Ranks of this process. */
  readonly size: number;
  readonly words: SharedArrayBuffer;
  readonly mailbox: SharedArrayBuffer;
}

/** State words. */
export const gangState = { running: 0, aborted: 1, failed: 2 } as const;

/** Indices into the words. */
export const gangWord = {
  state: 0,
  arrived: 1,
  generation: 2,
  claimedPages: 3,
  receivedPage: 4,
  sleepers: 5,
  sequence: 6,
  meetings: 7,
  usedMicros: 8,
  addresses: 12,
} as const;

/** Bytes of a short message's slot, its length word included. */
export const slotBytes = 1 << 14;

/** Makes the shared words of a gang of `size` threads; `numRanks` counts those of other processes too. */
export function newGangControl(size: number, numRanks: number = size): GangControl {
  const slots = 2 * size * slotBytes;
  const forMessages = 4 * numRanks + 3 * size * numRanks;
  return {
    size,
    words: new SharedArrayBuffer(4 * (gangWord.addresses + 5 * size + forMessages)),
    mailbox: new SharedArrayBuffer(slots, { maxByteLength: slots + 2 ** 31 }),
  };
}

/** Lets the waiting threads of a gang go on. */
export function openGate(control: GangControl): void {
  const words = new Int32Array(control.words);
  Atomics.store(words, gangWord.arrived, 0);
  Atomics.add(words, gangWord.generation, 1);
  // a thread that counts itself only now will see the new generation and not sleep
  if (Atomics.load(words, gangWord.sleepers) > 0) Atomics.notify(words, gangWord.generation);
}

/** Ends a gang: every member throws at its next check or wait. */
export function endGang(control: GangControl, state: 1 | 2): void {
  const words = new Int32Array(control.words);
  Atomics.compareExchange(words, gangWord.state, gangState.running, state);
  // the generation moves on, so that a thread just about to wait does not fall asleep
  Atomics.add(words, gangWord.generation, 1);
  Atomics.notify(words, gangWord.generation);
}
