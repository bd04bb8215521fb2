import { dirname } from 'node:path';
import type { FileFigures } from './figures.ts';
import type { Review } from './reasons.ts';

type Totals = Omit<FileFigures, 'file' | 'survivors'>;

/** The page, of the figures, what the sources say about them, and the files that there are. */
export function formatReport(figures: readonly FileFigures[], reviews: readonly Review[], files: readonly string[]): string {
  const all = totalOf(figures);
  const missing = new Set(
    files.filter((file) => !figures.some((one) => one.file === file)).map((file) => dirname(file).replace(/^packages\/|\/src/g, '')),
  );
  return `<!-- Written by \`pnpm mutation\`. Do not edit: a test compares it with docs/mutation.json and the comments in the sources. -->

# Mutation tests

A test that passes says little if it would also pass with the code wrong. [Stryker](https://stryker-mutator.io) makes the code wrong in many small ways, one at a
time: a \`<\` becomes \`<=\`, a \`+\` becomes \`-\`, a condition is always true, a block is empty. A change is *killed* when a test fails, or *timed
out* when the tests take half as long again and 3 seconds more, as in a loop that no longer ends; it *survives* when no test notices, and is *not covered* when no test comes by. The score is the share of changes that were noticed.

Changed are the numerical functions, the random numbers and the drivers of \`@emkit/core\`, and of \`@emkit/families\` what makes an M-step: the statistics, the estimates, and the functions
of the same file that these call. Literal numbers are not changed, only their signs: the coefficients of an approximation are held by the measured accuracy of the function.

| file | changes | killed | timed out | survived | not covered | score |
|---|--:|--:|--:|--:|--:|--:|
${figures.map((one) => `| [${nameOf(one.file)}](../${one.file}) | ${cells(one)} |`).join('\n')}
| **All** | ${cells(all)} |
${missing.size === 0 ? '' : `\nNot run yet as they stand now: files of ${[...missing].join(', ')}.\n`}
\`pnpm mutation\` repeats it in a copy of the workspace, \`pnpm mutation gamma driver\` for paths that contain one of these words. What a test noticed in the last
run on the same machine is not tried again unless the line or the test is gone; \`--fresh\` forgets it. The whole took ${Math.ceil(all.seconds / 60)} minutes on one core
of a machine that did other work besides; \`EMKIT_MUTATION_WORKERS\` says how many changes are tried side by side (default 2).

A file is tested by its own tests only: numerics by the file of the same name, M-steps by the families' tests and six laws of [the conformance kit](conformance.md)
with a fifth of their cases. The whole of \`npm test\` may notice more than is said here.

## What survives

Every survivor was read, and a comment beside the code says why it may stay: \`// Survives: why\` of the next statement, \`// Survives below: why\` of the rest of the
block, where \`below, < for <=\` speaks only of comparisons that let in or leave out their border. The run fails when something survives without a reason, or a reason
has no survivor. It is no part of \`npm test\`, which checks that the comments still match the survivors that were found. These are the reasons, each with the number of survivors.

${reviews
  .filter(({ reasons }) => reasons.length > 0)
  .map(({ file, reasons }) => `### ${nameOf(file)}\n\n${reasons.map(({ why, survivors }) => `- ${survivors.length}: ${why}`).join('\n')}`)
  .join('\n\n')}
`;
}

function nameOf(file: string): string {
  return file.replace(/^packages\/(core|families)\/src\//, (_, name: string) => (name === 'core' ? '' : 'families/'));
}

function totalOf(figures: readonly Totals[]): Totals {
  const sum = (field: keyof Totals): number => figures.reduce((total, one) => total + one[field], 0);
  return {
    killed: sum('killed'),
    timedOut: sum('timedOut'),
    survived: sum('survived'),
    notCovered: sum('notCovered'),
    seconds: sum('seconds'),
  };
}

function cells({ killed, timedOut, survived, notCovered }: Totals): string {
  const noticed = killed + timedOut;
  const changes = noticed + survived + notCovered;
  return `${changes} | ${killed} | ${timedOut} | ${survived} | ${notCovered} | ${((100 * noticed) / Math.max(1, changes)).toFixed(1)} %`;
}
