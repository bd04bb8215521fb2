import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PAGES } from './docs.ts';
import { killMatrix } from './mutants/matrix.ts';

for (const { path, fresh } of PAGES) {
  const page = readFileSync(path, 'utf8');
  const text = fresh(page, killMatrix);
  if (text !== page) writeFileSync(path, text);
  process.stdout.write(`docs/${basename(path)} ${text === page ? 'is fresh' : 'was written anew'}\n`);
}
