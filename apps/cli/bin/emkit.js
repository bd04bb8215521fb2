#!/usr/bin/env node
// The command's entry stands here, and not in dist, so that the link to it can be made before anything is built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('emkit: the command is not built yet. Run `npm start` in the workspace once.\n');
  process.exitCode = 1;
}
