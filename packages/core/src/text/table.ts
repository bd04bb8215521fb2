import type { TextStyle } from './style.ts';
import { textWidth } from './width.ts';

/** A column of a table: numbers stand under one another by their decimal points. */
export interface TableColumn {
  readonly header: string;
  readonly kind?: 'text' | 'number';
}

const GAP = '   ';
const INDENT = '  ';

/** A table as lines, its header dimmed. Cells may hold colours. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { dim }: Pick<TextStyle, 'dim'>,
): string[] {
  const cells = columns.map((column, index) =>
    alignColumn(
      column,
      rows.map((row) => row[index] ?? ''),
    ),
  );
  const widths = columns.map(({ header }, index) => Math.max(textWidth(header), ...cells[index]!.map((cell) => textWidth(cell))));
  const line = (texts: readonly string[]): string =>
    INDENT +
    texts
      .map((text, index) => pad(text, widths[index]!, columns[index]!.kind === 'number'))
      .join(GAP)
      .trimEnd();
  return [dim(line(columns.map(({ header }) => header))), ...rows.map((_, row) => line(cells.map((column) => column[row]!)))];
}

/** Pads a text to a width, counted as a terminal shows it. */
export function pad(text: string, width: number, toTheRight = false): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return toTheRight ? space + text : text + space;
}

function alignColumn({ kind }: TableColumn, cells: readonly string[]): string[] {
  if (kind !== 'number') return [...cells];
  const fractions = cells.map((cell) => (/^[-\d.]+$/.test(cell) && cell.includes('.') ? cell.length - cell.indexOf('.') : 0));
  const widest = Math.max(0, ...fractions);
  return cells.map((cell, index) => (/^[-\d.]+$/.test(cell) ? cell + ' '.repeat(widest - fractions[index]!) : cell));
}

/** Breaks a text into lines of a width, each indented; words longer than that stand alone. */
export function wrapText(text: string, width: number, indent: string = INDENT): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width - indent.length) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
