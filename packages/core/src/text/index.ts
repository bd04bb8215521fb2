// The entry point `@emkit/core/text`: how numbers, tables and names are written where people read them.
export { plural, showCount, showLogLikelihood, showNumber, showShort, showWeight } from './numbers.ts';
export { printable, printableName } from './printable.ts';
export type { Paint, TextStyle } from './style.ts';
export { pad, renderTable, type TableColumn, wrapText } from './table.ts';
export { textWidth } from './width.ts';
