// `npm test`, after the bootstrap: every check and every test. Each check counts as one; a skipped test counts as failed,
// because a test that did not run proves nothing. The last line is `N passed, N failed`.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './run.ts';
import type { Totals } from './vitest-totals.ts';

const withTests = !process.argv.includes('--no-tests');
const checks: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['building', 'turbo', ['run', 'build', '--output-logs=errors-only']],
  ['checking the types', 'tsc', ['-b', 'tools/tsconfig.solution.json']],
  ['checking style and formatting', 'biome', ['check', '--error-on-warnings']],
  ['checking which package and folder imports which', 'pnpm', ['--silent', 'imports']],
  ['looking for unused files, exports and dependencies', 'knip', ['--config', 'tools/knip.json', '--no-config-hints']],
];

let passed = 0;
let failed = 0;

for (const [name, command, args] of checks) {
  const outcome = await run(command, args, 'quiet');
  say(`${name} ... ${outcome.ok ? 'good' : 'FAILED'} (${outcome.seconds.toFixed(1)} s)`);
  if (outcome.ok) passed++;
  else {
    failed++;
    process.stdout.write(`${outcome.output.trimEnd()}\n`);
  }
}

if (withTests) {
  say('running the tests ...');
  const folder = join(root, 'node_modules/.cache');
  const file = join(folder, `emkit-totals-${process.pid}.json`);
  mkdirSync(folder, { recursive: true });
  process.env['EMKIT_TOTALS'] = file;
  const outcome = await run('vitest', ['run', '--config', 'tools/vitest.config.ts', '--root', '.'], 'live');
  const totals = readTotals(file);
  if (totals === undefined) {
    say('vitest did not finish');
    failed++;
  } else {
    for (const name of totals.skipped) say(`skipped, counted as failed: ${name}`);
    passed += totals.passed;
    failed += totals.failed + totals.errors + totals.skipped.length;
    if (!outcome.ok && totals.failed + totals.errors === 0) {
      say('vitest failed although no test did');
      failed++;
    }
    say(`${checks.length} checks and ${totals.passed + totals.failed + totals.skipped.length} tests:`);
  }
}

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function readTotals(file: string): Totals | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Totals;
  } catch {
    return undefined;
  } finally {
    rmSync(file, { force: true });
  }
}
