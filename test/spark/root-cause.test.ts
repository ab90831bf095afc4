/** Of what several members say in one text of Spark's, the error is the one that broke, not one that follows from it. */
import { describe, expect, it } from 'vitest';
import { CoppiceError, toErrorRecord } from '../../src/base/errors.ts';
import { memberErrorIn, sparkError } from '../../src/spark/connect/spark-error.ts';

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

  it.each([
    [
      '[PATH_NOT_FOUND] Path does not exist: file:/no/such/thing. SQLSTATE: 42K03',
      'FILE_NOT_FOUND',
    ],
    ['[UNABLE_TO_INFER_SCHEMA] Unable to infer schema for Parquet.', 'FILE_NOT_FOUND'],
    ['[TABLE_OR_VIEW_NOT_FOUND] The table or view `t` cannot be found.', 'FILE_NOT_FOUND'],
    ['[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `x` cannot be …', 'COLUMN_NOT_FOUND'],
    ['[PARSE_SYNTAX_ERROR] Syntax error at or near SELEC', 'PARAM_INVALID'],
    ['java.io.FileNotFoundException: /data/x.parquet (Permission denied)', 'ACCESS_DENIED'],
    ['org.apache.hadoop.security.AccessControlException: user=u, access=READ', 'ACCESS_DENIED'],
    ['[FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER] Encountered error …', 'FILE_FORMAT'],
    [
      'Exception thrown in awaitResult: \n at …ParquetFileFormat$.readParquetFootersInParallel(x)',
      'FILE_FORMAT',
    ],
    ['file:/x is not a Parquet file. Expected magic number at tail', 'FILE_FORMAT'],
    ['java.io.FileNotFoundException: /tmp/shuffle_0_0_0.index', 'EXECUTOR_FAILED'],
  ])('and Spark’s own words become a code: %s', (details, code) => {
    const where = { what: 'the columns of a table', server: 'spark:15002', secrets: [] };
    expect(sparkError({ code: 13, details }, where)).toMatchObject({ code });
  });

  it('is nothing where they said nothing', () => {
    expect(memberErrorIn('Python worker exited unexpectedly (crashed)')).toBeNull();
  });
});
