/** How long this thread works before it lets other tasks run, in milliseconds: a frame keeps its smoothness. */
const LONGEST_WORK = 12;

/** Lets the event loop turn when enough time has gone by since it last did. */
export class Pauses {
  private since: number = performance.now();

  get due(): boolean {
    return performance.now() - this.since >= LONGEST_WORK;
  }

  async pause(): Promise<void> {
    await turnOfEventLoop();
    this.since = performance.now();
  }

  /** Runs a generator that only pauses to its end; undefined where `stopped` says so after a pause. */
  async drain<Result>(slices: Generator<void, Result, void>, stopped: () => boolean): Promise<Result | undefined> {
    for (;;) {
      const slice = slices.next();
      if (slice.done) return slice.value;
      if (!this.due) continue;
      await this.pause();
      if (stopped()) return undefined;
    }
  }
}

/** Resolves in a new task, so that timers, input and painting get their turn; a message is not slowed down as nested timers are. */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
