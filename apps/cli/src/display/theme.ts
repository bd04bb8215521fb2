import type { Paint, TextStyle } from '@emkit/core/text';
import picocolors from 'picocolors';
import type { Io, Output } from '../io.ts';

/** How text may look on an output: its width, and colours where there are any. */
export interface Theme extends TextStyle {
  readonly bad: Paint;
}

const NARROWEST = 40;
/** Longer lines are hard to read, and a plot gains nothing. */
const WIDEST = 120;
const WIDTH_OF_NO_TERMINAL = 80;

/** The theme for an output. Colour only in a terminal that has it, and never against NO_COLOR (no-color.org). */
export function themeFor(output: Output, environment: Io['environment']): Theme {
  const isTerminal = output.isTTY === true;
  const coloured = isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  const colours = picocolors.createColors(coloured);
  const paints: readonly Paint[] = [colours.cyan, colours.yellow, colours.magenta, colours.green, colours.blue, colours.red];
  return {
    width: Math.max(NARROWEST, Math.min(WIDEST, (isTerminal ? output.columns : undefined) || WIDTH_OF_NO_TERMINAL)),
    bold: colours.bold,
    dim: colours.dim,
    good: colours.green,
    bad: colours.red,
    warning: colours.yellow,
    component: (index) => paints[index % paints.length]!,
  };
}
