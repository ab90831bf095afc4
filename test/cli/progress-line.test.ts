import { afterAll, describe, expect, it, vi } from 'vitest';
import { ProgressLine, progressText, timeText } from '../../src/cli/progress-line.ts';

vi.stubEnv('TERM', 'xterm');
afterAll(() => {
  vi.unstubAllEnvs();
});

function lineOn(isTTY: boolean): { line: ProgressLine; written: string[]; pass(ms: number): void } {
  const written: string[] = [];
  let now = 0;
  const stream = { write: (text: string) => written.push(text), isTTY, columns: 40 };
  return {
    line: new ProgressLine(stream, () => now),
    written,
    pass: (ms) => {
      now += ms;
    },
  };
}

describe('ProgressLine on a terminal', () => {
  it('rewrites one line at most ten times a second, and takes it away', () => {
    const { line, written, pass } = lineOn(true);
    line.show({ phase: 'train', done: 1, total: 100 });
    pass(50);
    line.show({ phase: 'train', done: 2, total: 100 });
    pass(60);
    line.show({ phase: 'train', done: 3, total: 100 });
    expect(written).toEqual(['\r\u001b[2Ktraining · 1 of 100', '\r\u001b[2Ktraining · 3 of 100']);
    line.clear();
    line.clear();
    expect(written.slice(2)).toEqual(['\r\u001b[2K']);
  });

  it('says how much time is left, from the pace of the phase', () => {
    const { line, written, pass } = lineOn(true);
    line.show({ phase: 'train', done: 10, total: 110 });
    pass(2000);
    line.show({ phase: 'train', done: 30, total: 110, metric: 0.73125 });
    expect(written.at(-1)).toContain('validation 0.73125 · 8 s left'.slice(0, 12));
  });

  it('cuts what does not fit', () => {
    const { line, written } = lineOn(true);
    line.show({ phase: 'read', done: 1, total: 2, message: 'a'.repeat(100) });
    expect(written[0]?.replace('\r\u001b[2K', '')).toHaveLength(39);
  });
});

describe('ProgressLine elsewhere', () => {
  it('rewrites nothing on a terminal that cannot', () => {
    vi.stubEnv('TERM', 'dumb');
    const { line, written, pass } = lineOn(true);
    vi.stubEnv('TERM', 'xterm');
    line.show({ phase: 'read', done: 1, total: 4 });
    pass(10_000);
    line.show({ phase: 'read', done: 3, total: 4 });
    line.clear();
    expect(written).toEqual(['reading · 3 of 4 · 5 s left\n']);
  });

  it('writes one line every ten seconds, and none for short work', () => {
    const { line, written, pass } = lineOn(false);
    line.show({ phase: 'read', done: 1, total: 4 });
    pass(9_999);
    line.show({ phase: 'read', done: 2, total: 4 });
    expect(written).toEqual([]);
    pass(1);
    line.show({ phase: 'read', done: 3, total: 4 });
    expect(written).toEqual(['reading · 3 of 4 · 5 s left\n']);
    line.clear();
    expect(written).toHaveLength(1);
  });
});

describe('progressText', () => {
  it('groups digits and leaves out a total that is not known', () => {
    expect(progressText({ phase: 'read', done: 1234567, total: 0, message: 'rows' }, null)).toBe(
      'reading · 1,234,567 rows',
    );
  });
});

describe('timeText', () => {
  it('uses the units that fit', () => {
    expect([0.2, 59, 61, 7384].map(timeText)).toEqual(['1 s', '59 s', '1 min 1 s', '2 h 3 min']);
  });
});
