/**
 * Is there a GPU that can be used? Asked in a process of its own, once: a driver may crash, or take for ever. The
 * answer is kept for as long as the settings that it hangs on stay the same.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DeviceFailure } from './device-failure.ts';
import { nameDriverFiles, nameOwnFile } from './driver-files.ts';
import { explainCrash, explainSilence, isWithoutDevice } from './explain-failure.ts';
import type { AdapterFacts } from './open-device.ts';
import type { SelfTest } from './self-test.ts';

/** What the process says. */
export type ProbeAnswer =
  | { readonly facts: AdapterFacts; readonly selfTest?: SelfTest }
  | { readonly failure: string };

/** How long it may take. */
const mostSeconds = 20;

/** Settings that decide which device is found. */
const settings = ['COPPICE_GPU_BACKEND', 'COPPICE_ALLOW_SOFTWARE_GPU', 'VK_DRIVER_FILES'] as const;

const answers = new Map<string, Promise<AdapterFacts>>();

/** The device that a fit would get. @throws DeviceFailure `GPU_UNAVAILABLE` */
export function probeDevice(): Promise<AdapterFacts> {
  const key = settings.map((name) => process.env[name] ?? '').join('\n');
  let answer = answers.get(key);
  if (answer === undefined) {
    answer = askProcess([]).then(({ facts }) => facts);
    answers.set(key, answer);
  }
  return answer;
}

/** Where the process's entry lies: in the bundle, also when this module itself runs outside of it. */
export function probeUrl(moduleUrl: string = import.meta.url): URL {
  const built = /\/probe-device\.[jt]s$/.test(moduleUrl)
    ? '../../../../dist/bundle/node/gpu-probe.js'
    : './gpu-probe.js';
  return new URL(built, moduleUrl);
}

/** Has the device tried out. @throws DeviceFailure `GPU_UNAVAILABLE` */
export async function examineDevice(): Promise<{ facts: AdapterFacts; selfTest?: SelfTest }> {
  return await askProcess(['--self-test'], { seconds: 120 });
}

/** Runs the process, or another in its place for tests. @throws DeviceFailure `GPU_UNAVAILABLE` */
export async function askProcess(
  words: readonly string[],
  { script = fileURLToPath(probeUrl()), seconds = mostSeconds } = {},
): Promise<{ facts: AdapterFacts; selfTest?: SelfTest }> {
  nameDriverFiles(process.env);
  try {
    return await askOnce(words, { script, seconds });
  } catch (error) {
    const takeBack = isWithoutDevice(error as Error) ? nameOwnFile(process.env) : null;
    if (takeBack === null) throw error;
    try {
      return await askOnce(words, { script, seconds });
    } catch {
      takeBack();
      throw error;
    }
  }
}

async function askOnce(
  words: readonly string[],
  { script, seconds }: { readonly script: string; readonly seconds: number },
): Promise<{ facts: AdapterFacts; selfTest?: SelfTest }> {
  const options = { timeout: seconds * 1000, killSignal: 'SIGKILL' as const };
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [script, ...words], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else if (error.killed === true) reject(explainSilence(seconds));
      else reject(explainCrash(error.signal ?? `exit status ${String(error.code)}`));
    });
  });
  const last = output.trim().split('\n').at(-1) ?? '';
  const answer = JSON.parse(last) as ProbeAnswer;
  if ('failure' in answer) throw new DeviceFailure('GPU_UNAVAILABLE', answer.failure);
  return answer;
}
