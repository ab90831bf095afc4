import { describe, expect, it, vi } from 'vitest';
import {
  assert,
  CoppiceError,
  fromErrorRecord,
  isCoppiceError,
  toErrorRecord,
} from '../../src/base/errors.ts';
import { newSharedMemory } from '../../src/base/shared-memory.ts';
import { fileWriteError } from '../../src/base/write-durably.ts';
import { missingFile } from '../../src/table/files/find-files.ts';

describe('CoppiceError', () => {
  const cause = new Error('disk');
  const error = new CoppiceError('DATA_INVALID', 'a row is bad', {
    context: { column: 'x', row: 3, partition: null },
    cause,
  });

  it('carries code, message, context and cause', () => {
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.message]).toEqual([
      'CoppiceError',
      'DATA_INVALID',
      'a row is bad',
    ]);
    expect(error.context).toEqual({ column: 'x', row: 3, partition: null });
    expect(error.cause).toBe(cause);
    expect(new CoppiceError('ABORTED', 'x').cause).toBeUndefined();
  });

  it('keeps its identity as a record that crosses threads', () => {
    const back = fromErrorRecord(structuredClone(toErrorRecord(error)));
    expect(back).toBeInstanceOf(CoppiceError);
    expect([back.code, back.message, back.context]).toEqual([
      error.code,
      error.message,
      error.context,
    ]);
    expect(back.stack).toBe(error.stack);
  });

  it('is known by its code, also where its class was lost', () => {
    expect(isCoppiceError(error)).toBe(true);
    expect(isCoppiceError(error, 'DATA_INVALID')).toBe(true);
    expect(isCoppiceError(error, 'ABORTED')).toBe(false);
    expect(isCoppiceError({ name: 'CoppiceError', code: 'ABORTED' }, 'ABORTED')).toBe(true);
    expect(
      [null, undefined, 3, new Error('x'), { code: 'ABORTED' }].map((x) => isCoppiceError(x)),
    ).toEqual([false, false, false, false, false]);
  });

  it('makes a record of anything that can be thrown', () => {
    expect(toErrorRecord(new TypeError('no'))).toMatchObject({ code: 'INTERNAL', message: 'no' });
    expect(toErrorRecord('text')).toMatchObject({ code: 'INTERNAL', message: 'text' });
    expect(toErrorRecord(Object.create(null))).toMatchObject({ code: 'INTERNAL', message: '{}' });
    expect(toErrorRecord(undefined)).toMatchObject({ code: 'INTERNAL', message: 'undefined' });
  });

  it('says of too many open files which limit was met, and what to do', () => {
    const full = Object.assign(new Error('x'), { code: 'EMFILE', path: 'a.js' });
    expect(toErrorRecord(full)).toMatchObject({
      code: 'FILE_LIMIT',
      message: expect.stringMatching(/^a\.js cannot be opened: this process .*ulimit -n/),
    });
    expect(toErrorRecord(Object.assign(new Error('x'), { code: 'ENFILE' }))).toMatchObject({
      code: 'FILE_LIMIT',
      message: expect.stringContaining('the machine has as many'),
    });
    expect(missingFile('t.csv', full)).toMatchObject({
      code: 'FILE_LIMIT',
      context: { file: 't.csv' },
    });
    expect(fileWriteError('t.csv', full)).toMatchObject({ code: 'FILE_LIMIT' });
  });

  it('says that WebAssembly is missing where it is', () => {
    vi.stubGlobal('WebAssembly', undefined);
    try {
      expect(() => newSharedMemory(1, 1)).toThrow('--jitless');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('tells memory that was not given from a mistake of the library', () => {
    const thrown = ((): unknown => {
      try {
        return new ArrayBuffer(2 ** 52);
      } catch (error) {
        return error;
      }
    })();
    const record = toErrorRecord(thrown);
    expect(record.code).toBe('MEMORY_LIMIT');
    expect(record.message).toMatch(/^Array buffer allocation failed: .* free memory/);
    expect(toErrorRecord(new RangeError('Invalid count value: -1')).code).toBe('INTERNAL');
  });

  it('is thrown by a broken invariant only', () => {
    expect(() => assert(1, 'one')).not.toThrow();
    expect(() => assert(0, 'nought is something')).toThrow(
      'internal invariant broken: nought is something',
    );
  });
});
