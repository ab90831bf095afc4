/**
 * The settings under which a process finds Mesa's software adapter, and whether it does: OpenGL over EGL without a
 * display. Drivers are loaded in child processes only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProbeAnswer, probeUrl } from '../../src/tree/backend/gpu/probe-device.ts';

/** The environment of a child. */
export function softwareGpuEnvironment(): NodeJS.ProcessEnv {
  const { LD_LIBRARY_PATH, ...rest } = process.env;
  const folders = [folderOfUnversionedEgl(), LD_LIBRARY_PATH].filter((path) => path !== undefined);
  return {
    ...rest,
    ...(folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(':') }),
    EGL_PLATFORM: 'surfaceless',
    COPPICE_ALLOW_SOFTWARE_GPU: '1',
  };
}

/** What a child finds under these settings. */
export function probeUnder(environment: NodeJS.ProcessEnv, script = probeUrl()): ProbeAnswer {
  const options = { env: environment, encoding: 'utf8', timeout: 60_000 } as const;
  const { stdout, signal, status } = spawnSync(process.execPath, [fileURLToPath(script)], options);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (status === 0 && last !== '') return JSON.parse(last) as ProbeAnswer;
  return { failure: `the process that looked ended with ${signal ?? status}` };
}

/** Dawn asks for libEGL.so, which only the development package has. */
function folderOfUnversionedEgl(): string | undefined {
  const folder = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const library = join(folder, 'libEGL.so.1');
  if (!existsSync(library) || existsSync(join(folder, 'libEGL.so'))) return undefined;
  const links = mkdtempSync(join(tmpdir(), 'coppice-egl-'));
  symlinkSync(library, join(links, 'libEGL.so'));
  return links;
}
