/** Which ends of a gang count as losses, and which as pauses. */
import { describe, expect, it } from 'vitest';
import { CoppiceError, fromErrorRecord, toErrorRecord } from '../../src/base/errors.ts';
import { isLoss, isPause, pauseOf } from '../../src/cluster/gang-runner.ts';
import { timingWith } from '../../src/cluster/tcp/open-mesh.ts';

describe('the end of a gang', () => {
  it('is a pause only where this process says so, whatever others send', () => {
    const pause = pauseOf('boosting');
    expect([isPause(pause), isLoss(pause)]).toEqual([true, true]);
    const sent = fromErrorRecord(toErrorRecord(pause));
    expect([isPause(sent), isLoss(sent)]).toEqual([false, true]);
    const alike = new CoppiceError('EXECUTOR_LOST', 'lost', { context: { pause: true } });
    for (const other of [alike, new Error('lost'), null, 'lost'])
      expect(isPause(other)).toBe(false);
  });

  it('comes in the time that is given for a meeting while members still join', () => {
    expect(timingWith({ timeoutMs: 500 })).toMatchObject({ timeoutMs: 500, joinMs: 500 });
    expect(timingWith({ timeoutMs: 500, joinMs: 900 }).joinMs).toBe(900);
    expect(timingWith().joinMs).toBe(30_000);
  });
});
