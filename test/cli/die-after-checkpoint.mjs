// Imported before the command: kills the process when its first checkpoint has got its name.
import disk from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { rename } = disk;
disk.rename = async (from, to) => {
  await rename(from, to);
  if (/round-\d+$/.test(to)) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
