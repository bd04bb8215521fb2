import type { JSX } from 'preact';
import type { Progress } from './protocol.ts';

/** What is being done, how far it is, and a way to stop it. One line, so that nothing moves while it changes. */
export function ProgressLine({ progress, onCancel }: { progress: Progress; onCancel: () => void }): JSX.Element {
  return (
    <div class="progress">
      <p role="status">{progress.text}</p>
      <button type="button" class="quiet" onClick={onCancel}>
        Cancel
      </button>
      <progress max={1} {...(progress.share !== undefined && { value: progress.share })} aria-label="Progress" />
    </div>
  );
}
