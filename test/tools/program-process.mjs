// Imports the programs whose paths it is sent, one after another, and answers each with what it printed.
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

process.on('message', async (path) => {
  let printed = '';
  console.log = (...values) => {
    printed += `${format(...values)}\n`;
  };
  try {
    await import(pathToFileURL(path).href);
    process.send({ printed });
  } catch (thrown) {
    process.send({ error: thrown instanceof Error ? `${thrown.stack}` : String(thrown) });
  }
});
