/**
 * Where is NVIDIA's Vulkan driver? Containers get its file under /usr/local/nvidia, where the Vulkan loader does not
 * look, or get the library without a file, or with one that names a library which needs those of X. The first is named
 * to the loader; for the others a file is written that names the library which needs nothing else. And what was found,
 * in words. Must be given the main thread's environment, which is the process's.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of the loader, files and libraries that containers have, and the device of the kernel's driver. */
export interface DriverPlaces {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  readonly libraries: readonly string[];
  readonly device: string;
}

const roots = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Where these are on Linux. */
export const usualPlaces: DriverPlaces = {
  folders: ['/etc', '/usr/share', '/usr/local/share', '/usr/local/etc'].map((root) =>
    join(root, 'vulkan/icd.d'),
  ),
  files: ['/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json'],
  libraries: [...roots, '/usr/local/nvidia/lib64', '/usr/local/nvidia/lib'],
  device: '/dev/nvidiactl',
};

/** The library of NVIDIA's driver that needs none of X. */
const nvidiaLibrary = 'libEGL_nvidia.so.0';

/** Sets VK_DRIVER_FILES where that helps and nobody else has said anything. */
export function nameDriverFiles(
  environment: NodeJS.ProcessEnv,
  { folders, files }: Pick<DriverPlaces, 'folders' | 'files'> = usualPlaces,
): void {
  if (isNamed(environment)) return;
  const isKnown = folders.some((folder) => filesOf(folder).some((name) => /nvidia/i.test(name)));
  const found = files.find((file) => existsSync(file));
  if (isKnown || found === undefined) return;
  nameFile(environment, found);
}

/**
 * Names a file of our own to the loader, for where it found no device with what the system has.
 * @returns takes it back; null where NVIDIA's library is not there or somebody has named a file
 */
export function nameOwnFile(
  environment: NodeJS.ProcessEnv,
  places: DriverPlaces = usualPlaces,
): (() => void) | null {
  const library = libraryOf(environment, places, nvidiaLibrary);
  const named = environment.VK_DRIVER_FILES;
  if (library === null || (isNamed(environment) && !places.files.includes(named ?? '')))
    return null;
  const folder = mkdtempSync(join(environment.TMPDIR ?? '/tmp', 'coppice-vulkan-'));
  const file = join(folder, 'nvidia_icd.json');
  const driver = { library_path: library, api_version: '1.3.0' };
  writeFileSync(file, `${JSON.stringify({ file_format_version: '1.0.1', ICD: driver })}\n`);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  nameFile(environment, file);
  return () => {
    process.off('exit', remove);
    remove();
    if (named !== undefined) nameFile(environment, named);
    else {
      delete environment.VK_DRIVER_FILES;
      delete environment.VK_ICD_FILENAMES;
    }
  };
}

/** What of a Vulkan driver is there. */
export interface FoundDrivers {
  readonly loader: string | null;
  /** Files that name drivers to the loader. */
  readonly files: readonly string[];
  readonly nvidiaLibrary: string | null;
  readonly hasNvidiaDevice: boolean;
}

/** Looks for them. */
export function findDrivers(
  environment: NodeJS.ProcessEnv,
  places: DriverPlaces = usualPlaces,
): FoundDrivers {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = environment;
  const named = (VK_DRIVER_FILES ?? VK_ICD_FILENAMES)
    ?.split(':')
    .filter((file) => existsSync(file));
  const ofFolders = places.folders.flatMap((folder) =>
    filesOf(folder).map((name) => join(folder, name)),
  );
  return {
    loader: libraryOf(environment, places, 'libvulkan.so.1'),
    files: named ?? ofFolders,
    nvidiaLibrary: libraryOf(environment, places, nvidiaLibrary),
    hasNvidiaDevice: existsSync(places.device),
  };
}

/** What is missing of what was found, each with its remedy; empty where nothing is. */
export function missingParts({ loader, files, ...found }: FoundDrivers): string[] {
  const missing: string[] = [];
  if (loader === null) {
    missing.push('libvulkan.so.1 is not there (apt-get install libvulkan1, or LD_LIBRARY_PATH)');
  }
  if (!found.hasNvidiaDevice) {
    missing.push("the kernel's driver shows no NVIDIA GPU here (a container needs --gpus all)");
  } else if (found.nvidiaLibrary === null) {
    missing.push(
      `${nvidiaLibrary} is not there (a container needs NVIDIA_DRIVER_CAPABILITIES=graphics,compute or all)`,
    );
  }
  if (files.length === 0) missing.push("no driver's file is in vulkan/icd.d or in VK_DRIVER_FILES");
  return missing;
}

/** The same as a line of `coppice doctor --gpu`. */
export function driversText({
  loader,
  files,
  nvidiaLibrary,
  hasNvidiaDevice,
}: FoundDrivers): string {
  const list = files.length === 0 ? 'no files in vulkan/icd.d' : files.join(', ');
  const library = nvidiaLibrary ?? 'no libEGL_nvidia.so.0';
  const device = hasNvidiaDevice ? 'an NVIDIA device' : 'no NVIDIA device';
  return `${list}; ${loader ?? 'no libvulkan.so.1'}; ${library}; ${device}`;
}

function isNamed({ VK_DRIVER_FILES, VK_ICD_FILENAMES }: NodeJS.ProcessEnv): boolean {
  return VK_DRIVER_FILES !== undefined || VK_ICD_FILENAMES !== undefined;
}

function nameFile(environment: NodeJS.ProcessEnv, file: string): void {
  environment.VK_DRIVER_FILES = file;
  // the name that loaders before 1.3.207 know
  environment.VK_ICD_FILENAMES = file;
}

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
}

function libraryOf(
  { LD_LIBRARY_PATH }: NodeJS.ProcessEnv,
  { libraries }: DriverPlaces,
  name: string,
): string | null {
  const folders = [...(LD_LIBRARY_PATH ?? '').split(':').filter(Boolean), ...libraries];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}
