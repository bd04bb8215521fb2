import { textbookFigures } from '@emkit/reference';

interface PrintedFigure {
  readonly printed: string;
  readonly decimals: number;
  readonly source: string;
}

/** What the texts print, by the figure's name. The build evaluates this file: the page gets the strings without the arithmetic behind them. */
export const printedFigures: Readonly<Record<string, PrintedFigure>> = Object.fromEntries(
  textbookFigures
    .filter(({ provenance }) => provenance === 'printed')
    .map(({ id, printed, decimals, source }) => [id, { printed, decimals, source }]),
);
