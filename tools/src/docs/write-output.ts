// `pnpm docs:write [PAGE...]`: runs the blocks of the documentation and writes what they print beneath them, where it changed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.ts';
import { documentationPages } from './pages.ts';
import { preparePage, problemOf, runPage } from './snippets.ts';

const asked = process.argv.slice(2);
for (const page of asked.length > 0 ? asked : documentationPages()) {
  const results = await runPage(preparePage(page));
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  let changed = false;
  // From the end, so that the lines before keep their numbers.
  for (const result of [...results].reverse()) {
    if (problemOf(result) === undefined) continue;
    const { snippet, failure, printed } = result;
    if (failure !== undefined) {
      process.stderr.write(`${page}:${snippet.line}: ${failure}\n`);
      process.exitCode = 1;
      continue;
    }
    const open = lines.findIndex((line, index) => index >= snippet.line && /^\s*```\w+ output/.test(line));
    const close = lines.findIndex((line, index) => index > open && /^\s*```\s*$/.test(line));
    lines.splice(open + 1, close - open - 1, ...printed.split('\n'));
    changed = true;
  }
  if (changed) {
    writeFileSync(join(root, page), lines.join('\n'));
    process.stdout.write(`${page}: written\n`);
  }
}
