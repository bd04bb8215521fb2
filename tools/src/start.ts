// `npm start`, after the bootstrap: builds the command line and runs its demonstration.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './run.ts';

const build = await run('turbo', ['run', 'build', '--filter=emkit', '--output-logs=errors-only'], 'quiet');
if (!build.ok) {
  process.stderr.write(`${build.output.trimEnd()}\nemkit: the build failed\n`);
  process.exit(1);
}
say(`building ... done in ${build.seconds.toFixed(1)} s`);

const demonstration = join(root, 'apps/cli/dist/demonstration.js');
if (!existsSync(demonstration)) {
  process.stderr.write('emkit: there is no demonstration yet (apps/cli/src/demonstration.ts)\n');
  process.exit(1);
}
const result = await run(process.execPath, [demonstration, ...process.argv.slice(2)], 'live');
process.exit(result.ok ? 0 : 1);
