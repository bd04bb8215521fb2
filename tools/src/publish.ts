// `pnpm release:publish`: publishes with npm the tarballs that the tests use, of every package whose version the registry does not have.
// With `--dry-run`, npm does all but the publishing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PUBLISHED, type PublishedName, packAll } from './pack.ts';
import { root, say } from './run.ts';
import { execute } from './scratch-project.ts';

const dryRun = process.argv.includes('--dry-run');
const tarballs = await packAll();
for (const name of Object.keys(PUBLISHED) as PublishedName[]) {
  const { version } = JSON.parse(readFileSync(join(root, PUBLISHED[name], 'package.json'), 'utf8')) as { version: string };
  if (!dryRun && (await execute('npm', ['view', `${name}@${version}`, 'version'], root)).output.trim() === version) {
    say(`${name} ${version} is published already`);
    continue;
  }
  const tag = version.includes('-') ? 'next' : 'latest';
  const parameters = ['publish', tarballs[name], '--access', 'public', '--tag', tag, ...(dryRun ? ['--dry-run'] : [])];
  const { code, output, errors } = await execute('npm', parameters, root);
  if (code !== 0) {
    process.stderr.write(`${output}${errors}emkit: ${name} ${version} was not published\n`);
    process.exit(1);
  }
  say(`${name} ${version} ${dryRun ? 'would be published' : 'published'}`);
}
