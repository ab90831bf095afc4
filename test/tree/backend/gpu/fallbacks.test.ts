/** What users are told where no GPU can be used, case by case, and what `auto` does then. No driver is loaded here. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { layoutRecords } from '../../../../src/binning/binned-layout.ts';
import { InlineRunner } from '../../../../src/cluster/task-runner.ts';
import { chooseDevice, deviceRequest } from '../../../../src/training/rigs/choose-device.ts';
import { DeviceFailure } from '../../../../src/tree/backend/gpu/device-failure.ts';
import { makeBuffers } from '../../../../src/tree/backend/gpu/device-rows.ts';
import {
  driversText,
  findDrivers,
  missingParts,
  nameDriverFiles,
  nameOwnFile,
} from '../../../../src/tree/backend/gpu/driver-files.ts';
import {
  explainImport,
  explainSoftware,
  explainVersion,
} from '../../../../src/tree/backend/gpu/explain-failure.ts';
import type { OpenDevice } from '../../../../src/tree/backend/gpu/open-device.ts';
import { askProcess, probeUrl } from '../../../../src/tree/backend/gpu/probe-device.ts';
import { probeUnder } from '../../../tools/software-gpu.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-gpu-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const messageOf = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

describe('a GPU that cannot be used', () => {
  it('is explained by the packages that are missing', () => {
    const copy = join(folder, 'node');
    cpSync(fileURLToPath(new URL('.', probeUrl())), copy, { recursive: true });
    const answer = probeUnder(process.env, pathToFileURL(join(copy, 'gpu-probe.js')));
    expect(answer).toEqual({
      failure: 'the packages for GPUs are not installed: npm i gpu.js@2.24.1 webgpu@0.6.2',
    });
  });

  it('is explained by a library that is too old, and by other versions', () => {
    const words = "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found";
    expect(explainImport(new Error(words)).message).toBe(
      'the installed webgpu needs GLIBC_2.38, which this system lacks; install webgpu@0.6.2',
    );
    expect(explainVersion('2.20.0').message).toContain('gpu.js must be 2.24.1; got 2.20.0');
    expect(explainSoftware('llvmpipe').message).toContain('COPPICE_ALLOW_SOFTWARE_GPU=1');
  });

  it('is explained by a driver that does not answer', () => {
    const answer = probeUnder({ ...process.env, COPPICE_GPU_BACKEND: 'metal' });
    expect(answer).toEqual({ failure: expect.stringMatching(/^no GPU answered \(tried metal\)/) });
  });

  it('is explained by a driver that crashes or hangs in the process that looks', async () => {
    const crash = join(folder, 'crash.mjs');
    const hang = join(folder, 'hang.mjs');
    writeFileSync(crash, "process.kill(process.pid, 'SIGSEGV');\n");
    writeFileSync(hang, 'setInterval(() => undefined, 1000);\n');
    expect(await messageOf(askProcess([], { script: crash }))).toContain('crashed (SIGSEGV)');
    expect(await messageOf(askProcess([], { script: hang, seconds: 1 }))).toBe(
      'the driver did not answer within 1 seconds',
    );
  });

  it('is an error with a remedy for `gpu`, and the CPU with one line for `auto`', async () => {
    const said: string[] = [];
    const listen = ({ name, message }: Error): number => said.push(`${name}: ${message}`);
    process.on('warning', listen);
    process.env['COPPICE_GPU_BACKEND'] = 'metal';
    try {
      const question = { owner: 'GBTRegressor', numValues: 1e9, hasOtherProcesses: false };
      const wants = { ...question, request: { kind: 'gpu' } } as const;
      await expect(chooseDevice(wants)).rejects.toMatchObject({
        code: 'GPU_UNAVAILABLE',
        message: expect.stringContaining("device of GBTRegressor must be 'cpu' or 'auto'"),
      });
      const auto = { ...question, request: { kind: 'auto' } } as const;
      expect(await chooseDevice(auto)).toBeNull();
      expect(await chooseDevice({ ...auto, numValues: 1000 })).toBeNull();
      await new Promise((resolve) => setImmediate(resolve));
      expect(said).toEqual([
        expect.stringMatching(
          /^CoppiceNotice: GBTRegressor is trained on the CPU: no GPU answered/,
        ),
      ]);
    } finally {
      process.off('warning', listen);
      delete process.env['COPPICE_GPU_BACKEND'];
    }
  });

  it('is not asked for by an estimator that says otherwise than its session', () => {
    const runner = { ...new InlineRunner(), device: 'gpu' };
    expect(deviceRequest('cpu', runner)).toBeNull();
    expect(deviceRequest(undefined, runner)).toEqual({ kind: 'gpu' });
    expect(deviceRequest('auto', runner)).toEqual({ kind: 'auto' });
    expect(deviceRequest(undefined, {})).toBeNull();
  });
});

describe("NVIDIA's driver of a container", () => {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-drivers-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'nvidia_icd.json');
  writeFileSync(file, '{}');
  const elsewhere = { folders: [join(folder, 'nowhere')], files: [join(folder, 'no.json'), file] };

  it('is named to the loader where it would not be found', () => {
    const environment: NodeJS.ProcessEnv = {};
    nameDriverFiles(environment, elsewhere);
    expect(environment).toEqual({ VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file });
  });

  it('is not named where the loader finds it, or where somebody has named one', () => {
    const environment: NodeJS.ProcessEnv = {};
    nameDriverFiles(environment, { ...elsewhere, folders: [folder] });
    nameDriverFiles(environment, { ...elsewhere, files: [] });
    expect(environment).toEqual({});
    const named: NodeJS.ProcessEnv = { VK_DRIVER_FILES: '/mine.json' };
    nameDriverFiles(named, elsewhere);
    expect(named).toEqual({ VK_DRIVER_FILES: '/mine.json' });
  });

  it('is named by its library where no file of the system led to a device', () => {
    const places = { ...elsewhere, libraries: [folder], device: file };
    const environment: NodeJS.ProcessEnv = {};
    expect(nameOwnFile(environment, places)).toBeNull();
    const library = join(folder, 'libEGL_nvidia.so.0');
    writeFileSync(library, '');
    const takeBack = nameOwnFile(environment, places);
    const own = environment['VK_DRIVER_FILES'] as string;
    expect(environment['VK_ICD_FILENAMES']).toBe(own);
    expect(JSON.parse(readFileSync(own, 'utf8'))).toMatchObject({ ICD: { library_path: library } });
    takeBack?.();
    expect([environment, existsSync(own)]).toEqual([{}, false]);
    expect(nameOwnFile({ VK_DRIVER_FILES: '/mine.json' }, places)).toBeNull();
    rmSync(library);
  });

  it('is missed part by part, each with what helps', () => {
    const places = { ...elsewhere, libraries: [folder], device: join(folder, 'no device') };
    const nothing = findDrivers({}, places);
    const words = [
      /^libvulkan.so.1 is not there \(apt-get install libvulkan1/,
      /--gpus all/,
      /^no driver's file is in vulkan\/icd.d/,
    ].map((text) => expect.stringMatching(text));
    expect(missingParts(nothing)).toEqual(words);
    expect(driversText(nothing)).toBe(
      'no files in vulkan/icd.d; no libvulkan.so.1; no libEGL_nvidia.so.0; no NVIDIA device',
    );
    const hidden = findDrivers({ VK_DRIVER_FILES: file }, { ...places, device: file });
    expect(hidden.files).toEqual([file]);
    expect(missingParts({ ...hidden, loader: 'libvulkan.so.1' })).toEqual([
      expect.stringContaining('NVIDIA_DRIVER_CAPABILITIES=graphics,compute'),
    ]);
  });
});

describe('data that a device cannot hold', () => {
  const layout = layoutRecords(
    [
      {
        name: 'x',
        index: 0,
        kind: 'numeric',
        edges: Float64Array.of(1, 2),
        categories: [],
        isFloat32: true,
      },
    ],
    [false],
    4,
  );
  const openOf = (most: number, outOfMemory: string | null): [OpenDevice, () => number] => {
    let numAlive = 0;
    const device = {
      limits: { maxStorageBufferBindingSize: most, maxBufferSize: 2 * most },
      pushErrorScope: () => undefined,
      popErrorScope: async () => (outOfMemory === null ? null : { message: outOfMemory }),
      createBuffer: () => {
        numAlive += 1;
        return { destroy: () => (numAlive -= 1) };
      },
    };
    return [{ device } as unknown as OpenDevice, () => numAlive];
  };
  const plan = { layout, numRows: 1_000_000, poolSlots: 4, maxNodes: 2 };

  it('is refused with what it needs and what there is', async () => {
    const [open, numAlive] = openOf(5_000_000, null);
    const refused = makeBuffers(open, plan);
    await expect(refused).rejects.toBeInstanceOf(DeviceFailure);
    expect(await messageOf(refused)).toMatch(
      /^the numbers of 1000000 rows need a buffer of 12000000 bytes, and this device has at most 5000000/,
    );
    expect(numAlive()).toBe(0);
    const many = { ...plan, numRows: 200_000_000 };
    expect(await messageOf(makeBuffers(open, many))).toContain('at most 134215680 rows');
  });

  it('leaves nothing behind where the device runs out of memory', async () => {
    const [open, numAlive] = openOf(2 ** 31, 'out of memory');
    expect(await messageOf(makeBuffers(open, plan))).toMatch(
      /^the device did not give \d+ bytes for 1000000 rows \(out of memory\)/,
    );
    expect(numAlive()).toBe(0);
  });
});
