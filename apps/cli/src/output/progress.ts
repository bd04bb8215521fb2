import { printable } from '@emkit/core/text';
import type { Io } from '../io.ts';

/** Work shorter than this, in milliseconds, shows no progress at all. */
const PATIENCE = 1000;

/** Milliseconds between two changes of the text: work may report its progress much more often. */
const PACE = 120;

/** A line on the standard error that says what is being done: only in a terminal, and only when it takes a while. */
export class Progress {
  private text = '';
  private timer: NodeJS.Timeout | undefined;
  private spinner: { text: string; stop(): unknown } | undefined;

  constructor(io: Io, quiet: boolean) {
    if (
      quiet ||
      io.stderr.isTTY !== true ||
      !('cursorTo' in io.stderr) ||
      io.environment['TERM'] === 'dumb' ||
      io.environment['CI'] !== undefined
    )
      return;
    this.timer = setTimeout(() => void this.show(io), PATIENCE);
  }

  /** Says what is being done now, and what is done already: lines that are shown beneath. */
  say(text: string, done: readonly string[] = []): void {
    this.text = [text, ...done].map(printable).join('\n  ');
  }

  /** Clears the line. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.spinner?.stop();
    this.spinner = undefined;
  }

  private async show(io: Io): Promise<void> {
    const { default: makeSpinner } = await import('yocto-spinner');
    if (this.timer === undefined) return;
    const spinner = makeSpinner({ text: this.text, stream: io.stderr as NodeJS.WriteStream, handleSignals: false }).start();
    this.spinner = spinner;
    this.timer = setInterval(() => {
      if (spinner.text !== this.text) spinner.text = this.text;
    }, PACE);
  }
}
