import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { exponentialFigures } from './exponentials.ts';
import { roundHalfUp, type TextbookFigure } from './figure.ts';
import { threeCoinsFigures } from './three-coins.ts';
import { twoCoinsFigures } from './two-coins.ts';

export { referenceTextbookEngine, type TextbookData, type TextbookEngine, type TextbookFixed, type TextbookModel } from './engine.ts';
export { roundHalfUp, type TextbookFigure } from './figure.ts';

/** Every number of the source texts, in their order. */
export const textbookFigures: readonly TextbookFigure[] = [...threeCoinsFigures, ...twoCoinsFigures, ...exponentialFigures];

/** A figure with the value computed for it. */
export interface TextbookCheck {
  readonly figure: TextbookFigure;
  readonly value: Decimal;
  /** The value rounded half up to the printed decimals. */
  readonly rounded: string;
  /** True when that is what the text prints, to the last digit. */
  readonly matches: boolean;
}

/** Computes every figure from the definitions and compares it with the printed digits. */
export function checkTextbook(reference: Reference): readonly TextbookCheck[] {
  return textbookFigures.map((figure) => {
    const value = figure.compute(reference);
    const rounded = roundHalfUp(value, figure.decimals);
    return { figure, value, rounded, matches: rounded === figure.printed };
  });
}
