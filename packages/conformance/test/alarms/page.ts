import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Count, LAW_NAMES, pooled, type Tally, upperBound } from './tally.ts';

const docs = join(dirname(fileURLToPath(import.meta.url)), '../../../../docs');

export const TALLY: string = join(docs, 'false-alarms.json');
export const PAGE: string = join(docs, 'false-alarms.md');

/** The page with its generated stretch made anew from a tally. */
export function freshPage(page: string, tally: Tally): string {
  const [open, close] = ['<!-- generated: alarms -->', '<!-- end of generated: alarms -->'];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`the page has no stretch ${open} ... ${close}`);
  return `${page.slice(0, from + open.length)}\n\n${alarmsText(tally)}\n\n${page.slice(to)}`;
}

function alarmsText(tally: Tally): string {
  const families = Object.entries(tally.counts);
  const every = families.flatMap(([, laws]) => Object.values(laws));
  const all = pooled(every);
  const worst = Math.max(...LAW_NAMES.map((law) => upperBound(ofLaw(tally, law))));
  return [
    `${families.length} right families, seeds from ${tally.firstSeed} to ${tally.firstSeed + tally.seeds - 1}, of which the last may be unfinished, \`--runs ${tally.runsEach}\`: ${all.runs} runs of a law on a family, ${all.alarms} false alarms. With 95 % confidence a law raises one in at most ${percent(upperBound(all))} of its runs, pooled over all laws, and none of the laws in more than ${percent(worst)}.`,
    table(
      ['law', 'families', 'runs', 'false alarms', 'at most'],
      LAW_NAMES.map((law) => [law, String(families.filter(([, laws]) => laws[law] !== undefined).length), ...cells(ofLaw(tally, law))]),
    ),
    table(
      ['family', 'runs of a law', 'false alarms', 'at most'],
      families.map(([name, laws]) => [name, ...cells(pooled(Object.values(laws)))]),
    ),
  ].join('\n\n');
}

function ofLaw({ counts }: Tally, law: string): Count {
  return pooled(Object.values(counts).flatMap((laws) => laws[law] ?? []));
}

const cells = (count: Count): readonly string[] => [
  String(count.runs),
  String(count.alarms),
  count.runs === 0 ? '' : percent(upperBound(count)),
];

const percent = (rate: number): string => `${Number((100 * rate).toPrecision(2))} %`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (entries: readonly string[]): string => `| ${entries.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
