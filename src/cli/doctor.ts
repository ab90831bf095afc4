/**
 * What does this machine have of what the library uses? Each check says what it found and, where
 * something is missing, what to do. Missing Java and Spark are no fault: only Spark sessions need them.
 */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { reasonOf } from '../base/describe-value.ts';
import { toErrorRecord } from '../base/errors.ts';
import { newSharedMemory } from '../base/shared-memory.ts';
import { libraryVersion } from '../pipeline/format-version.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import type { Finding } from './finding.ts';
import { nameValueLines } from './text-table.ts';

/** A module that returns a v128 constant: it compiles where SIMD is there. */
const simdProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3],
  ...[2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Options of `doctor`. */
export interface DoctorOptions extends CommonOptions {
  /** Try the GPU out; one that cannot be used is then a fault. */
  readonly gpu?: boolean;
}

/** The command `doctor`. */
export async function doctor(
  options: DoctorOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const findings: Finding[] = [
    { name: 'coppice', found: libraryVersion, isFine: true },
    nodeVersion(),
    cores(),
    memory(),
    simd(),
    sharedMemory(),
    await kernels(),
    await parquet(),
    await program('java', ['-version'], 'Java', context.signal),
    await program('spark-submit', ['--version'], 'Spark', context.signal),
    ...(options.gpu === true ? await (await import('./doctor-gpu.ts')).gpuFindings() : []),
  ];
  const isFine = findings.every((finding) => finding.isFine);
  const lines = nameValueLines(
    findings.map((one) => [one.name, `${one.isFine ? '' : 'MISSING: '}${one.found}`]),
  );
  return {
    value: {
      ok: isFine,
      ...Object.fromEntries(findings.map(({ name, found, isFine: ok }) => [name, { found, ok }])),
    },
    text: `${lines}\n${isFine ? 'everything that is needed is there' : 'something is missing: see above'}`,
    exitCode: isFine ? 0 : 1,
  };
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isFine = major > 20 || (major === 20 && minor >= 19);
  const found = `${process.versions.node} (${process.platform} ${process.arch})`;
  return { name: 'node', found: isFine ? found : `${found}; 20.19 or later is needed`, isFine };
}

function cores(): Finding {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return { name: 'cores', found: `${availableParallelism()} (${model})`, isFine: true };
}

function memory(): Finding {
  const gib = (bytes: number): string => (bytes / 1024 / 1024 / 1024).toFixed(1);
  return { name: 'memory', found: `${gib(totalmem())} GiB, ${gib(freemem())} free`, isFine: true };
}

/** What needs WebAssembly where Node was told to do without; the line of shared memory says how to have it. */
const withoutIt = 'no: WebAssembly is switched off (see shared memory)';
const isThere = typeof WebAssembly !== 'undefined';

function simd(): Finding {
  const name = 'WebAssembly SIMD';
  if (!isThere) return { name, found: withoutIt, isFine: false };
  const isFine = WebAssembly.validate(simdProbe);
  const found = isFine ? 'yes' : 'no: the slow kernels in TypeScript will be used';
  return { name, found, isFine: true };
}

function sharedMemory(): Finding {
  try {
    newSharedMemory(1, 65536);
    return { name: 'shared memory', found: 'yes', isFine: true };
  } catch (error) {
    return { name: 'shared memory', found: toErrorRecord(error).message, isFine: false };
  }
}

async function kernels(): Promise<Finding> {
  const name = 'kernels';
  if (!isThere) return { name, found: withoutIt, isFine: false };
  try {
    const { kernelModule } = await import('../kernels/wasm/load.ts');
    const count = WebAssembly.Module.exports(kernelModule()).length;
    return { name, found: `${count} functions in WebAssembly`, isFine: true };
  } catch (error) {
    const why = reasonOf(error);
    const found = `not loaded (${why}): the slow ones in TypeScript will be used`;
    return { name, found, isFine: true };
  }
}

async function parquet(): Promise<Finding> {
  const name = 'Parquet';
  if (!isThere) return { name, found: withoutIt, isFine: false };
  try {
    await import('parquet-wasm');
    return { name, found: 'yes', isFine: true };
  } catch (error) {
    const why = toErrorRecord(error).message;
    const found = `parquet-wasm did not load (${why}): install the package again (npm ci)`;
    return { name, found, isFine: false };
  }
}

async function program(
  file: string,
  words: readonly string[],
  name: string,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [...words], {
      timeout: 10_000,
      signal,
    });
    const version = /version "?([\d._]+)/.exec(`${stdout}${stderr}`)?.[1];
    return { name, found: version ?? 'found', isFine: true };
  } catch {
    return { name, found: 'not found (only Spark sessions need it)', isFine: true };
  }
}
