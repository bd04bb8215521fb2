import type { FileFigures, Survivor } from './figures.ts';
import { type Kind, REVIEWED, type Reason } from './survivors.ts';

/** A change, and where it is. */
interface Change {
  readonly file: string;
  readonly source: string;
  readonly change: string;
}

/**
 * Survivors without a reason, and reasons without a survivor. What only changes how long something takes is among the latter no matter: on a slow
 * day it is found to take too long.
 */
export function reviewOf(figures: readonly FileFigures[]): { readonly unexplained: readonly Change[]; readonly stale: readonly Change[] } {
  const unexplained = figures.flatMap(({ file, survivors }) =>
    survivors.filter((survivor) => reasonFor(file, survivor) === undefined).map(({ source, change }) => ({ file, source, change })),
  );
  const stale = Object.entries(REVIEWED).flatMap(([file, reasons]) => {
    const found = figures.find((one) => one.file === file)?.survivors ?? [];
    return reasons.flatMap(({ kind, source, changes }) =>
      changes
        .filter(() => kind !== 'time only')
        .filter((change) => !found.some((survivor) => survivor.source === source && survivor.change === change))
        .map((change) => ({ file, source, change })),
    );
  });
  return { unexplained, stale };
}

function reasonFor(file: string, { source, change }: Survivor): Reason | undefined {
  return REVIEWED[file]?.find((reason) => reason.source === source && reason.changes.includes(change));
}

const GROUPS: Readonly<Record<string, string>> = {
  numerics: 'Numerics',
  driver: 'Drivers',
  'm-steps': 'M-steps of the families',
};

const KINDS: Readonly<Record<Kind, string>> = {
  'same result': 'no input gives another result',
  rounding: 'another rounding, within the accuracy that is promised',
  'time only': 'the same result in another time',
  'not tested': 'it can be told apart, but no test does it',
};

/** The page. */
export function formatReport(figures: readonly FileFigures[]): string {
  const rows = Object.entries(GROUPS).flatMap(([group, title]) => {
    const members = figures.filter((one) => one.group === group);
    return [
      ...members.map((one) => `| ${linkTo(one.file)} | ${cells(one)} |`),
      ...(members.length === 0 ? [] : [`| **${title}** | ${cells(totalOf(members))} |`]),
    ];
  });
  const all = totalOf(figures);
  const kinds = figures.flatMap(({ file, survivors }) => survivors.map((survivor) => reasonFor(file, survivor)?.kind));
  const kindRows = Object.entries(KINDS).map(
    ([kind, meaning]) => `| ${kind} | ${meaning} | ${kinds.filter((one) => one === kind).length} |`,
  );
  return `<!-- Written by \`pnpm mutation\`. Do not edit: a test compares it with docs/mutation.json and the reasons in tools/src/mutation/survivors.ts. -->

# Mutation tests

A test that passes says little if it would also pass with the code wrong. [Stryker](https://stryker-mutator.io) makes the code wrong in many small ways, one at a
time: a \`<\` becomes \`<=\`, a \`+\` becomes \`-\`, a condition is always true, a block is empty. A change is *killed* when a test fails, or *timed
out* when the tests take half as long again and 3 seconds more, as in a loop that no longer ends; it *survives* when no test notices, and is *not covered* when no test comes by. The score is the share of changes that were noticed.

Changed are the numerical functions and the drivers of \`@emkit/core\`, and of \`@emkit/families\` what makes an M-step: the statistics, the estimates, and the functions
of the same file that these call. Literal numbers are not changed, only their signs: the coefficients of an approximation are held by the measured accuracy of the function.

| file | changes | killed | timed out | survived | not covered | score |
|---|--:|--:|--:|--:|--:|--:|
${rows.join('\n')}
| **All** | ${cells(all)} |

\`pnpm mutation\` repeats it in a copy of the workspace, \`pnpm mutation gamma driver\` for paths that contain one of these words. What a test noticed in the last
run on the same machine is not tried again unless the line or the test is gone; \`--fresh\` forgets it. The whole took ${Math.ceil(
    all.seconds / 60,
  )} minutes on one core
of a machine that did other work besides; \`EMKIT_MUTATION_WORKERS\` says how many changes are tried side by side (default 2). The run fails when something survives
without a reason on this page. It is no part of \`npm test\`, which only checks that the reasons still match the sources.

A file is tested by its own tests only: numerics by the file of the same name, M-steps by the families' tests and six laws of [the conformance kit](conformance.md)
with a fifth of their cases. The whole of \`npm test\` may notice more than is said here.

## What survives

Every survivor was read, and has its reason.

| reason | meaning | survivors |
|---|---|--:|
${kindRows.join('\n')}

${figures
  .filter(({ survivors }) => survivors.length > 0)
  .map(formatSurvivors)
  .join('\n\n')}
`;
}

function formatSurvivors({ file, survivors }: FileFigures): string {
  const rows = new Map<Reason | undefined, { lines: Set<number>; changes: Set<string> }>();
  for (const survivor of survivors) {
    const reason = reasonFor(file, survivor);
    const row = rows.get(reason) ?? { lines: new Set(), changes: new Set() };
    row.lines.add(survivor.line);
    row.changes.add(survivor.change);
    rows.set(reason, row);
  }
  return `### ${nameOf(file)}

| line | change | why it survives |
|--:|---|---|
${[...rows]
  .map(
    ([reason, { lines, changes }]) =>
      `| ${[...lines].join(', ')} | ${[...changes].map(code).join('<br>')} | ${reason === undefined ? '**not reviewed**' : `*${reason.kind}*: ${reason.why}`} |`,
  )
  .join('\n')}`;
}

/** A change as code in a cell of a table. */
function code(change: string): string {
  return change
    .split(' → ')
    .map((part) => {
      const text = part === '' ? '(nothing)' : part.replaceAll('|', '\\|');
      return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
    })
    .join(' → ');
}

function nameOf(file: string): string {
  return file.replace(/^packages\/(core|families)\/src\//, (_, name: string) => (name === 'core' ? '' : 'families/'));
}

function linkTo(file: string): string {
  return `[${nameOf(file)}](../${file})`;
}

type Totals = Omit<FileFigures, 'file' | 'group' | 'survivors'>;

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
