import { checkTextbook, createReference, roundHalfUp } from '@emkit/reference';
import { renderTable, type TableColumn, wrapText } from '../display/table.ts';
import { themeFor } from '../display/theme.ts';
import { type Io, write } from '../io.ts';
import { EXIT } from '../problem.ts';
import { textbookEngine } from './textbook-engine.ts';

const AGREES = '✓';
const DIFFERS = '✗ differs';

/** `emkit textbook`: every number of the source texts beside the reference's and the engine's. */
export async function runTextbook(io: Io): Promise<number> {
  const theme = themeFor(io.stdout, io.environment);
  const checks = checkTextbook(createReference()).map(({ figure, rounded, matches }) => {
    const engine = roundHalfUp(figure.computeFrom(textbookEngine), figure.decimals);
    return { figure, rounded, engine, agrees: matches && engine === figure.printed };
  });
  const lines: string[] = [''];
  const columns: readonly TableColumn[] = [
    { header: '' },
    { header: 'printed', kind: 'number' },
    { header: 'reference', kind: 'number' },
    { header: 'engine', kind: 'number' },
    { header: '' },
  ];
  const titleWidth = Math.max(...checks.map(({ figure }) => figure.title.length));
  const sections = new Map<string, typeof checks>();
  for (const check of checks) {
    const { source, provenance } = check.figure;
    const title = provenance === 'printed' ? source : `${source}: not printed there, computed at 30 digits`;
    sections.set(title, [...(sections.get(title) ?? []), check]);
  }
  for (const [title, members] of sections) {
    const rows = members.map(({ figure, rounded, engine, agrees }) => [
      figure.title.padEnd(Math.min(titleWidth, theme.width - 56)),
      figure.printed,
      rounded,
      engine,
      agrees ? theme.good(AGREES) : theme.bad(DIFFERS),
    ]);
    const notes = members.flatMap(({ figure }) => (figure.note === undefined ? [] : wrapText(figure.note, theme.width).map(theme.dim)));
    lines.push(`  ${theme.bold(title)}`, ...renderTable(columns, rows, theme), ...notes, '');
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
