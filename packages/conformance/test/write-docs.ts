import { readFileSync, writeFileSync } from 'node:fs';
import { freshPage, PAGE } from './docs.ts';
import { killMatrix } from './mutants/matrix.ts';

const page = readFileSync(PAGE, 'utf8');
const fresh = freshPage(page, killMatrix);
if (fresh !== page) writeFileSync(PAGE, fresh);
process.stdout.write(fresh === page ? 'docs/conformance.md is fresh\n' : 'docs/conformance.md was written anew\n');
