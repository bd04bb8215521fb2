// `pnpm finish:family NAME...`: everything about a family that follows from its two files: its page and the table of all, its accuracy, the
// reports of the public interface, and a changeset to begin with. It can be run again after every change.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blanksIn } from './new-family.ts';
import { root } from './run.ts';

const ids = process.argv.slice(2);
const unknown = ids.filter((id) => !existsSync(join(root, 'packages/families/src', `${id}.ts`)));
const blanks = blanksIn(root);
if (ids.length === 0 || unknown.length > 0 || blanks.length > 0) {
  const reasons = [
    ...(ids.length === 0 ? ['pnpm finish:family NAME...'] : []),
    ...unknown.map((id) => `There is no packages/families/src/${id}.ts: begin with \`pnpm new:family ${id}\`.`),
    ...blanks.map(({ file, line, what }) => `${file}:${line} is still to be written: ${what}`),
  ];
  process.stderr.write(`${reasons.join('\n')}\n`);
  process.exit(2);
}

const steps: readonly (readonly string[])[] = [
  ['node', '--conditions=emkit-source', 'tools/src/docs/family-pages.ts'],
  ['node', '--conditions=emkit-source', 'tools/src/accuracy/main.ts', ...ids.flatMap((id) => ['--family', id])],
  ['tsc', '-b', 'packages/core', 'packages/families', 'packages/reference', 'packages/conformance', 'packages/files'],
  ['node', 'tools/src/api-report.ts'],
];
for (const [command, ...args] of steps) {
  // A budget that is exceeded is said by the step itself, and keeps none of the others from being done.
  const { status } = spawnSync(command!, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

for (const id of ids) {
  const file = join(root, '.changeset', `family-${id}.md`);
  if (existsSync(file)) continue;
  const title = /title: '(.*)'/.exec(readFileSync(join(root, 'packages/families/src', `${id}.ts`), 'utf8'))?.[1] ?? id;
  const packages = ['families', 'reference'].map((name) => `'@emkit/${name}': minor`);
  writeFileSync(file, `---\n${packages.join('\n')}\n---\n\nA new family, \`${id}\`. ${title}.\n`);
  process.stdout.write(`.changeset/family-${id}.md: written\n`);
}
