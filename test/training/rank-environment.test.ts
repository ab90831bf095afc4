import { expect, it } from 'vitest';
import { InlineCollective } from '../../src/cluster/inline/inline-collective.ts';
import { newKernelMemory } from '../../src/kernels/choose.ts';
import { RankEnvironment } from '../../src/training/rank-environment.ts';

function environmentOf(): RankEnvironment {
  const context = {
    collective: new InlineCollective(),
    memory: newKernelMemory(65536),
    notify: () => undefined,
  };
  return new RankEnvironment(context, undefined);
}

it('makes memory larger whenever more is reserved than before', async () => {
  const environment = environmentOf();
  expect(environment.hasReserved(1000)).toBe(false);
  for (const bytes of [1000, 200_000, 100_000, 500_000]) {
    await environment.reserve(bytes, 'rows');
    expect(environment.hasReserved(bytes)).toBe(true);
    expect(environment.hasReserved(bytes + 400_000)).toBe(false);
    expect(environment.memory.buffer.byteLength).toBeGreaterThanOrEqual(bytes);
  }
});

it('reserves nothing beyond the end of what a rank alone may use, also after less', async () => {
  const alone = environmentOf().alone(65_536);
  await alone.reserve(60_000, 'rows');
  await expect(alone.reserve(70_000, 'rows')).rejects.toThrow('beyond 65536');
  expect(alone.hasReserved(70_000)).toBe(false);
});
