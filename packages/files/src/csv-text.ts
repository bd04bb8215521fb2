/** Rows in one piece: as many as make some hundred kilobytes. */
const ROWS_IN_PIECE = 4096;

/**
 * A table as the text of a CSV file, in pieces, so that no table is too long: a line of names, and a line for each row.
 *
 * @param line the values of a row with commas between them; asked for in order, and not before the piece that holds them
 */
export function* csvPieces(names: readonly string[], rows: number, line: (row: number) => string): Generator<string, void, undefined> {
  yield `${names.map(quoteName).join(',')}\n`;
  for (let first = 0; first < rows; first += ROWS_IN_PIECE) {
    let piece = '';
    for (let row = first; row < Math.min(rows, first + ROWS_IN_PIECE); row += 1) piece += `${line(row)}\n`;
    yield piece;
  }
}

/** In quotes where the name would not be read back as it is. */
function quoteName(name: string): string {
  return name === '' || /[",;\t\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
