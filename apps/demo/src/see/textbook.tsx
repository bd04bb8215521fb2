import type { JSX } from 'preact';
import { fixed } from '../format.ts';
import { printedFigures } from './printed-figures.static.ts';

export interface NumberProps {
  readonly value: number | undefined;
  /** Decimals where the texts print no such number. */
  readonly decimals?: number;
  /** The name of the printed figure that this is, if it is one: it gives the decimals. */
  readonly figure?: string | undefined;
}

/** A number, marked when it agrees with the printed one in every digit. */
export function PrintedNumber({ value, decimals = 7, figure }: NumberProps): JSX.Element {
  if (value === undefined) return <span class="number number-empty">·</span>;
  const known = figure === undefined ? undefined : printedFigures[figure];
  const text = fixed(value, known?.decimals ?? decimals);
  if (known === undefined) return <span class="number">{text}</span>;
  const matches = text === known.printed;
  return (
    <span
      class={`number ${matches ? 'number-match' : 'number-differs'}`}
      title={`${known.source} prints ${known.printed}`}
      data-figure={figure}
    >
      {text}
      <span class="mark" aria-hidden="true">
        {matches ? '✓' : '≠'}
      </span>
      <span class="hidden">{matches ? ' as printed' : ` printed: ${known.printed}`}</span>
    </span>
  );
}

/** How many of the numbers on show agree with the book. */
export function BookSummary({ shown }: { shown: readonly { readonly figure: string; readonly value: number }[] }): JSX.Element {
  const known = shown.filter(({ figure }) => printedFigures[figure] !== undefined);
  const matching = known.filter(({ figure, value }) => fixed(value, printedFigures[figure]!.decimals) === printedFigures[figure]!.printed);
  return (
    <p class="book-summary" data-testid="book-summary">
      {known.length === 0 ? (
        'Numbers that the text prints are marked where they appear: from its start, in the steps it works out.'
      ) : (
        <>
          <span class="mark">{matching.length === known.length ? '✓' : '≠'}</span> {matching.length} of the {known.length} numbers the text
          prints for this step agree to every printed digit.
        </>
      )}
    </p>
  );
}
