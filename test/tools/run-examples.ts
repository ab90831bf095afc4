// Imports scripts one after another in one process and tells what each printed, as lines of JSON.
// Usage: tsx run-examples.ts <script>...

import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const realLog = console.log;
for (const path of process.argv.slice(2)) {
  let printed = '';
  let error: string | null = null;
  console.log = (...values) => {
    printed += `${format(...values)}\n`;
  };
  try {
    await import(pathToFileURL(path).href);
  } catch (thrown) {
    error = thrown instanceof Error ? `${thrown.stack ?? thrown.message}` : String(thrown);
  }
  realLog(JSON.stringify({ path, printed, error }));
}
