// `pnpm clean`: removes everything that was built, so that no file of a deleted source can be published.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.ts';

for (const group of ['packages', 'apps']) {
  for (const name of readdirSync(join(root, group))) {
    for (const folder of ['dist', '.turbo']) rmSync(join(root, group, name, folder), { recursive: true, force: true });
  }
}
rmSync(join(root, '.turbo'), { recursive: true, force: true });
