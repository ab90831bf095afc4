/**
 * Where is NVIDIA's Vulkan driver? Containers get it under /usr/local/nvidia, where the Vulkan loader does not look.
 * If no folder that it looks into names NVIDIA's driver, the one there is named to it. Must be given the main thread's environment,
 * which is the process's.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of the loader, and files that containers have. */
export interface DriverPlaces {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

const usual: DriverPlaces = {
  folders: ['/etc', '/usr/share', '/usr/local/share', '/usr/local/etc'].map((root) =>
    join(root, 'vulkan/icd.d'),
  ),
  files: ['/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json'],
};

/** Sets VK_DRIVER_FILES where that helps and nobody else has said anything. */
export function nameDriverFiles(
  environment: NodeJS.ProcessEnv,
  { folders, files }: DriverPlaces = usual,
): void {
  if (environment.VK_DRIVER_FILES !== undefined || environment.VK_ICD_FILENAMES !== undefined)
    return;
  const isKnown = folders.some(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => /nvidia/i.test(name)),
  );
  const found = files.find((file) => existsSync(file));
  if (isKnown || found === undefined) return;
  environment.VK_DRIVER_FILES = found;
  // the name that loaders before 1.3.207 know
  environment.VK_ICD_FILENAMES = found;
}
