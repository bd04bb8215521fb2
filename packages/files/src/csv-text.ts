/** Rows in one piece: as many as make some hundred kilobytes. */
const ROWS_IN_PIECE = 4096;

/**
 * A table as the text of a CSV file, in pieces, so that no table is too long: a line of names, and a line for each row.
 *
 * @param line the values of a row with commas between them; asked for in order, and not before the piece that holds them
 */
export function* csvPieces(names: readonly string[], rows: number, line: (row: number) => string): Generator<string, void, undefined> {
  yield `${names.map(quoteField).join(',')}\n`;
  for (let first = 0; first < rows; first += ROWS_IN_PIECE) {
    let piece = '';
    for (let row = first; row < Math.min(rows, first + ROWS_IN_PIECE); row += 1) piece += `${line(row)}\n`;
    yield piece;
  }
}

/** A field in quotes where it would not be read back as it is. */
export function quoteField(text: string): string {
  return text === '' || /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
