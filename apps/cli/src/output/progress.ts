import type { Io } from '../io.ts';

/** Work shorter than this shows no progress at all. */
const PATIENCE = 1000;

/** A line on the standard error that says what is being done: only in a terminal, and only when it takes a while. */
export class Progress {
  private text = '';
  private timer: NodeJS.Timeout | undefined;
  private spinner: { text: string; stop(): unknown } | undefined;

  constructor(io: Io, quiet: boolean) {
    if (quiet || io.stderr.isTTY !== true) return;
    this.timer = setTimeout(() => void this.show(io), PATIENCE);
    this.timer.unref();
  }

  /** Says what is being done now. */
  say(text: string): void {
    this.text = text;
    if (this.spinner !== undefined) this.spinner.text = text;
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
    this.spinner = makeSpinner({ text: this.text, stream: io.stderr as NodeJS.WriteStream, handleSignals: false }).start();
  }
}
