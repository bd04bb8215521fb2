export { type Chunks, readText, type TextOptions } from './bytes.ts';
export { csvPieces, quoteField } from './csv-text.ts';
export { readTable, type Table, type TableColumn, type TableOptions } from './table.ts';
