/** Of what several members say in one text of Spark's, the error is the one that broke, not one that follows from it. */
import { describe, expect, it } from 'vitest';
import { CoppiceError, toErrorRecord } from '../../src/base/errors.ts';
import { memberErrorIn } from '../../src/spark/connect/spark-error.ts';

function said(error: CoppiceError): string {
  const text = JSON.stringify(toErrorRecord(error));
  return `RuntimeError: COPPICE:${Buffer.from(text).toString('base64url')}:\n  at a line of Python\n`;
}

const follower = new CoppiceError('EXECUTOR_LOST', 'process 1 of the gang gave up', {
  context: { secondary: true },
});
const cause = new CoppiceError('DATA_INVALID', 'row 7 is bad');

describe('what members say to Spark', () => {
  it.each([
    [said(follower) + said(cause), 'row 7 is bad'],
    [said(cause) + said(follower), 'row 7 is bad'],
    [`COPPICE:bm9uc2Vuc2U:${said(cause)}`, 'row 7 is bad'],
    [said(follower), 'process 1 of the gang gave up'],
  ])('is told by its root cause', (text, message) => {
    expect(memberErrorIn(text)?.message).toBe(message);
  });

  it('is nothing where they said nothing', () => {
    expect(memberErrorIn('Python worker exited unexpectedly (crashed)')).toBeNull();
  });
});
