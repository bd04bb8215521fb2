import { constants } from 'node:os';
import { runCommandLine } from './command-line.ts';
import { EXIT } from './problem.ts';

const interrupt = new AbortController();
let exitCodeOfSignal: number = EXIT.interrupted;
// The first signal lets the work end cleanly; the second does not wait.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(exitCodeOfSignal);
    exitCodeOfSignal = 128 + constants.signals[signal];
    interrupt.abort();
  });
}

// Whoever read our output has seen enough (`emkit ... | head`). Other errors are told to whoever writes.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
  });
}

const exitCode = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interrupt.signal,
});
process.exitCode = exitCode === EXIT.interrupted ? exitCodeOfSignal : exitCode;
