/** A Python environment with pinned packages, for suites that need programs from there; it is made on first use. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes sure that `<home>/venv` holds these packages and nothing else.
 *
 * @param requirements as in a requirements.txt
 * @returns why it could not be made, else null
 */
export function pythonVenv(home: string, requirements: string): string | null {
  const python = join(home, 'venv', 'bin', 'python');
  const stamp = join(home, 'venv.stamp');
  const wanted = createHash('sha256').update(requirements).digest('hex');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return null;
  mkdirSync(home, { recursive: true });
  const list = join(home, 'requirements.txt');
  writeFileSync(list, requirements);
  const steps: readonly [string, readonly string[]][] = [
    ['python3', ['-m', 'venv', '--clear', join(home, 'venv')]],
    [python, ['-m', 'pip', 'install', '--quiet', '-r', list]],
  ];
  for (const [program, args] of steps) {
    const { status, stderr, error } = spawnSync(program, args, {
      ...{ encoding: 'utf8', timeout: 400_000 },
    });
    if (status !== 0) {
      const last = error?.message ?? (stderr ?? '').trim().split('\n').at(-1);
      return `${program} ${args.slice(0, 3).join(' ')} failed: ${last}`;
    }
  }
  writeFileSync(stamp, wanted);
  return null;
}
