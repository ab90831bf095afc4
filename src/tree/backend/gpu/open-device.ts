/**
 * How does this thread get a device? Loads the optional packages, asks the drivers in turn, and makes gpu.js use
 * the device that the hand-written kernels use. A device belongs to the thread that opened it, and is closed with
 * the fit, since nobody can say when the thread will end.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asFailure, DeviceFailure, isDeviceFailure } from './device-failure.ts';
import { findDrivers, missingParts } from './driver-files.ts';
import {
  explainImport,
  explainNoAdapter,
  explainSoftware,
  explainVersion,
  gpuJsVersion,
} from './explain-failure.ts';
import type { GpuJs } from './split-scores.ts';
import type { GpuAdapter, GpuBuffer, GpuDevice, GpuEntry, WebGpuPackage } from './web-gpu.ts';

/** What drives the device, in words. */
export interface AdapterFacts {
  readonly name: string;
  readonly driver: string;
  readonly backend: string;
  readonly isSoftware: boolean;
  readonly limits: Readonly<Record<string, number>>;
}

/** What went to the device and came back; every submit and every read costs its latency. */
export interface DeviceTraffic {
  submits: number;
  /** Waits for the device. */
  reads: number;
  bytesWritten: number;
  bytesRead: number;
}

/** A device that works. */
export interface OpenDevice {
  readonly device: GpuDevice;
  readonly traffic: DeviceTraffic;
  readonly facts: AdapterFacts;
  readonly gpuJs: GpuJs;
  /** A buffer of float32 as an argument for gpu.js. */
  wrap(buffer: GpuBuffer, shape: readonly number[]): { delete(): void };
  /** Throws once the device was lost or reported an error. */
  check(): void;
  /** Loses it, for tests of what happens then. */
  lose(): void;
  /** Ends it. */
  close(): void;
}

/** Limits of which the most is asked for. */
const wantedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Drivers that are tried, in this order; COPPICE_GPU_BACKEND names one. */
const backends: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  vulkan: { powerPreference: 'high-performance' },
  metal: { powerPreference: 'high-performance' },
  d3d12: { powerPreference: 'high-performance' },
  opengl: { featureLevel: 'compatibility' },
};

const softwareNames = /llvmpipe|lavapipe|softpipe|swiftshader|microsoft basic render/i;

// dawn crashes when what create() gave is collected while its device lives; and each keeps its drivers' memory
const entries = new Map<string, GpuEntry>();

let kept: Promise<OpenDevice> | null = null;

/** This thread's device, opened if need be; {@link closeDevice} ends it. */
export async function acquireDevice(): Promise<OpenDevice> {
  kept ??= openDevice();
  try {
    const device = await kept;
    device.check();
    return device;
  } catch (error) {
    await closeDevice();
    if (!isDeviceFailure(error) || error.code === 'GPU_UNAVAILABLE') throw error;
    kept = openDevice();
    return await kept;
  }
}

/**
 * Closes this thread's device, and returns when it is gone: a thread that ends while its device lives may take the
 * process with it.
 */
export async function closeDevice(): Promise<void> {
  const last = kept;
  kept = null;
  const open = await last?.catch(() => null);
  if (open == null) return;
  open.close();
  await open.device.lost;
  collectGarbage();
}

/**
 * What the driver holds for a device is freed when its objects are collected, and these are so small that V8 would
 * let hundreds of devices pile up, some megabytes each.
 */
function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

let collect: (() => void) | null = null;

/** Opens a device. @throws DeviceFailure */
async function openDevice(): Promise<OpenDevice> {
  const require = createRequire(import.meta.url);
  const webGpu = await loadWebGpu(require);
  const gpuJs = loadChecked(require);
  const { adapter, backend } = await findAdapter(webGpu);
  const facts = factsOf(adapter, backend);
  if (facts.isSoftware && process.env.COPPICE_ALLOW_SOFTWARE_GPU !== '1') {
    throw explainSoftware(facts.name);
  }
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(
      wantedLimits.map((name) => [name, adapter.limits[name] as number]),
    ),
  });
  let failure: DeviceFailure | null = null;
  let isClosed = false;
  const fail = (reason: string): void => {
    if (!isClosed) failure ??= new DeviceFailure('GPU_FAILED', reason);
  };
  void device.lost.then(({ message }) => fail(`the device was lost: ${message}`));
  const wrap = await bindGpuJs(require, adapter, device);
  // gpu.js has set its own, which only prints
  device.onuncapturederror = ({ error }) => fail(`the device reported: ${error.message}`);
  return {
    device,
    traffic: { submits: 0, reads: 0, bytesWritten: 0, bytesRead: 0 },
    facts,
    gpuJs,
    wrap,
    lose: () => device.destroy(),
    check: () => {
      if (failure !== null) throw failure;
    },
    close: () => {
      isClosed = true;
      // the listener would keep the device for ever
      device.onuncapturederror = null;
      device.destroy();
    },
  };
}

async function loadWebGpu(require: NodeJS.Require): Promise<WebGpuPackage> {
  try {
    const path = pathToFileURL(require.resolve('webgpu')).href;
    const found = (await import(path)) as WebGpuPackage;
    const scope = globalThis as Record<string, unknown>;
    for (const [name, value] of Object.entries(found.globals)) scope[name] ??= value;
    return found;
  } catch (error) {
    throw explainImport(error);
  }
}

function loadChecked(require: NodeJS.Require): GpuJs {
  let version = '';
  try {
    version = (require('gpu.js/package.json') as { version: string }).version;
    if (version === gpuJsVersion) return require('gpu.js') as GpuJs;
  } catch (error) {
    throw explainImport(error);
  }
  throw explainVersion(version);
}

async function findAdapter({
  create,
}: WebGpuPackage): Promise<{ adapter: GpuAdapter; backend: string }> {
  const named = process.env.COPPICE_GPU_BACKEND;
  // Mesa's OpenGL may crash when several threads that used it end, so it must be asked for
  const takesOpenGl = process.env.COPPICE_ALLOW_SOFTWARE_GPU === '1';
  const usual = Object.keys(backends).filter((name) => name !== 'opengl' || takesOpenGl);
  const tried = named === undefined ? usual : [named];
  let software: { adapter: GpuAdapter; backend: string } | null = null;
  for (const backend of tried) {
    const adapter = await askBackend(create, backend);
    if (adapter === null) continue;
    if (!factsOf(adapter, backend).isSoftware) return { adapter, backend };
    software ??= { adapter, backend };
  }
  if (software !== null) return software;
  const looksForVulkan = process.platform === 'linux' && tried.includes('vulkan');
  throw explainNoAdapter(tried, looksForVulkan ? missingParts(findDrivers(process.env)) : []);
}

async function askBackend(
  create: WebGpuPackage['create'],
  backend: string,
): Promise<GpuAdapter | null> {
  try {
    const entry = entries.get(backend) ?? create([`backend=${backend}`]);
    entries.set(backend, entry);
    return await entry.requestAdapter(backends[backend] ?? {});
  } catch {
    // a backend that this build or system lacks
    return null;
  }
}

function factsOf(adapter: GpuAdapter, backend: string): AdapterFacts {
  const { info, limits } = adapter;
  const text = (name: string): string => String(info[name] ?? '');
  const name = text('device') || text('description') || text('architecture') || 'unnamed';
  const words = `${name} ${text('description')} ${text('vendor')} ${text('architecture')}`;
  return {
    name,
    driver: text('description'),
    backend,
    isSoftware: info.isFallbackAdapter === true || softwareNames.test(words),
    limits: Object.fromEntries(wantedLimits.map((limit) => [limit, limits[limit] as number])),
  };
}

/** gpu.js asks `navigator.gpu` for its device; it is given ours. */
async function bindGpuJs(
  require: NodeJS.Require,
  adapter: GpuAdapter,
  device: GpuDevice,
): Promise<OpenDevice['wrap']> {
  const gpu = {
    requestAdapter: async () => ({ limits: adapter.limits, requestDevice: async () => device }),
  };
  const scope = globalThis as { navigator?: object };
  if (scope.navigator === undefined) scope.navigator = { gpu };
  else Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
  try {
    const folder = 'gpu.js/src/backend/web-gpu';
    const { WebGPUContext } = require(`${folder}/context.js`) as {
      WebGPUContext: { acquire(): Promise<{ device: GpuDevice }>; destroy(): Promise<void> };
    };
    const { WebGPUBufferResult } = require(`${folder}/buffer-result.js`) as {
      WebGPUBufferResult: new (settings: object) => { delete(): void };
    };
    let context = await WebGPUContext.acquire();
    if (context.device !== device) {
      await WebGPUContext.destroy();
      context = await WebGPUContext.acquire();
    }
    if (context.device !== device) throw new RangeError('gpu.js took another device');
    return (buffer, output) =>
      new WebGPUBufferResult({ buffer, output, componentCount: 1, context, kernel: null });
  } catch (error) {
    throw asFailure(error);
  }
}
