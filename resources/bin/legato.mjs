#!/usr/bin/env node
/**
 * The `legato` command. `legato start` (which `npm start` runs) opens the studio by the best door that this machine
 * has; everything else is the command line in out/main/cli.js.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './build.mjs';

/** Exit code of what this machine lacks (resources/docs/command-line.md). */
const ENVIRONMENT = 4;

try {
  ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exit(ENVIRONMENT);
}

const main = (name) => join(root, 'out/main', `${name}.js`);

if (process.argv[2] === 'start') {
  const { start } = await import('./start.mjs');
  process.exitCode = await start(process.argv.slice(3));
} else if (existsSync(main('cli'))) {
  await import(pathToFileURL(main('cli')).href);
} else {
  console.error(`legato: ${main('cli')} is missing; run \`npm run build\` in ${root}`);
  process.exit(ENVIRONMENT);
}
