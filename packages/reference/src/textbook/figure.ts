import { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { exactDoubleText } from '../decimal-number.ts';
import { referenceTextbookEngine, type TextbookEngine } from './engine.ts';

/** One number of the source texts, and how to compute it again. */
export interface TextbookFigure {
  /** Unique, such as `6.7/c1` or `table-6.1/2/c3`. */
  readonly id: string;
  /** What the number is, in a few words. */
  readonly title: string;
  /** The number as it is printed; a display rounds its own value half up to as many decimals. */
  readonly printed: string;
  /** The number of decimals printed. */
  readonly decimals: number;
  /** The equation, table or note it stands in. */
  readonly source: string;
  /** `printed`: it stands in the text. `computed`: the text does not print it, and it was computed from the text's data at 30 digits. */
  readonly provenance: 'printed' | 'computed';
  /** Anything to know about the printed digits. */
  readonly note?: string;
  /** The number from the definitions, to the reference's precision. */
  compute(reference: Reference): Decimal;
  /** The number from another engine, in doubles. */
  computeFrom(engine: TextbookEngine): number;
}

/** A figure before {@link defineFigure} completes it. */
export interface FigureParts {
  readonly id: string;
  readonly title: string;
  readonly printed: string;
  readonly source: string;
  readonly provenance?: 'printed' | 'computed';
  readonly note?: string;
  /** Reads the number off an engine, whatever it computes with. */
  read<Value>(engine: TextbookEngine<Value>): Value;
  /** Multiplies what was read by this fraction. Default 1. */
  readonly times?: { readonly numerator: number; readonly denominator: number };
}

/** Completes a figure: one reading serves the reference and any engine. */
export function defineFigure(parts: FigureParts): TextbookFigure {
  const { id, title, printed, source, provenance = 'printed', note, times } = parts;
  return {
    id,
    title,
    printed,
    decimals: printed.split('.')[1]?.length ?? 0,
    source,
    provenance,
    ...(note === undefined ? {} : { note }),
    compute: (reference) => {
      const value = parts.read(referenceTextbookEngine(reference));
      return times === undefined ? value : value.times(times.numerator).div(times.denominator);
    },
    computeFrom: (engine) => {
      const value = parts.read(engine);
      return times === undefined ? value : (value * times.numerator) / times.denominator;
    },
  };
}

const Printed = Decimal.clone({ defaults: true });

/**
 * Prints a number with this many decimals, rounding half up (away from zero) from its exact value: what the texts do.
 *
 * @example roundHalfUp(0.5, 0) // '1'; toFixed and many printf would say 0
 */
export function roundHalfUp(value: number | Decimal, decimals: number): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return new Printed(typeof value === 'number' ? exactDoubleText(value) : value).toFixed(decimals, Decimal.ROUND_HALF_UP);
}
