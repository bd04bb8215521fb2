import { renderTable, type TableColumn, wrapText } from '@emkit/core/text';
import { checkTextbook, createReference, roundHalfUp } from '@emkit/reference';
import { themeFor } from '../display/theme.ts';
import { type Io, write } from '../io.ts';
import { EXIT } from '../problem.ts';
import { textbookEngine } from './textbook-engine.ts';

const AGREES = '✓';
const DIFFERS = '✗ differs';
/** Wide enough for the longest figure, so that the columns of all tables stand under one another. */
const NUMBER_WIDTH = 17;

/** `emkit textbook`: every number of the source texts beside the reference's and the engine's. */
export async function runTextbook(io: Io): Promise<number> {
  const theme = themeFor(io.stdout, io.environment);
  const checks = checkTextbook(createReference()).map(({ figure, rounded, matches }) => {
    const engine = roundHalfUp(figure.computeFrom(textbookEngine), figure.decimals);
    return { figure, rounded, engine, agrees: matches && engine === figure.printed };
  });
  const lines: string[] = [''];
  const numbers: readonly TableColumn[] = ['printed', 'reference', 'engine'].map((header) => ({
    header: header.padStart(NUMBER_WIDTH),
    kind: 'number',
  }));
  const sections = new Map<string, typeof checks>();
  for (const check of checks) {
    const { source, provenance } = check.figure;
    const title = provenance === 'printed' ? source : `${source}: not printed there, computed at 30 digits`;
    sections.set(title, [...(sections.get(title) ?? []), check]);
  }
  for (const [title, members] of sections) {
    const labels = members.map(({ figure }) => splitTitle(figure.title));
    const rows = members.map(({ figure, rounded, engine, agrees }, index) => [
      `  ${labels[index]!.item}`.padEnd(11),
      figure.printed,
      rounded,
      engine,
      agrees ? theme.good(AGREES) : theme.bad(DIFFERS),
    ]);
    const [header, ...table] = renderTable([{ header: '' }, ...numbers, { header: '' }], rows, theme);
    const body = table.flatMap((row, index) => {
      const { heading } = labels[index]!;
      return heading === labels[index - 1]?.heading ? [row] : [...wrapText(heading, theme.width), row];
    });
    const notes = [...new Set(members.map(({ figure }) => figure.note))].flatMap((note) =>
      note === undefined ? [] : wrapText(note, theme.width).map(theme.dim),
    );
    lines.push(`  ${theme.bold(title)}`, header!, ...body, ...notes, '');
  }
  const agreeing = checks.filter(({ agrees }) => agrees).length;
  const all = agreeing === checks.length;
  lines.push(
    ...wrapText(`${agreeing} of ${checks.length} figures agree to the last printed digit.`, theme.width).map(all ? theme.good : theme.bad),
    '',
  );
  await write(io.stdout, `${lines.join('\n')}\n`);
  return all ? EXIT.done : EXIT.fault;
}

/** `posterior for 6 heads, coin 1`: what it is, and of which component. */
function splitTitle(title: string): { readonly heading: string; readonly item: string } {
  const [, heading, item] = /^(.*), ((?:coin|component) \w+)$/.exec(title) ?? [];
  return heading === undefined ? { heading: title, item: '' } : { heading, item: item! };
}
