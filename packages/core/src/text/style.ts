/** Puts marks about a text that take no room, such as the colours of a terminal. */
export type Paint = (text: string) => string;

/** How a text may look where it is shown. */
export interface TextStyle {
  /** Columns in a line. */
  readonly width: number;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  /** For what belongs to a component, counted from 0. */
  component(index: number): Paint;
}

const plain: Paint = (text) => text;

/** Lines of 80 columns without colours. */
export const PLAIN: TextStyle = { width: 80, bold: plain, dim: plain, good: plain, warning: plain, component: () => plain };
