export { type Chunks, readText, type TextOptions } from './bytes.ts';
export { csvPieces } from './csv-text.ts';
export { readTable, type Table, type TableColumn, type TableOptions } from './table.ts';
