import type { Answers, CandidateSummary, FromWorker, Progress, Question, ToWorker } from './protocol.ts';

export interface Listeners {
  readonly onProgress?: (progress: Progress) => void;
  readonly onCandidate?: (candidate: CandidateSummary) => void;
}

/** A question that is being worked on. Cancelled, it resolves with undefined. */
export interface Asked<Answer> {
  readonly answer: Promise<Answer | undefined>;
  cancel(): void;
}

interface Waiting extends Listeners {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The page's side of the worker. */
export class WorkerClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  constructor() {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.take(data);
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values())
        reject(new Error(`The worker failed: ${event.message ?? 'it could not be started'}.`));
      this.waiting.clear();
    };
  }

  ask<Kind extends keyof Answers>(question: Extract<ToWorker, { kind: Kind }>, listeners: Listeners = {}): Asked<Answers[Kind]> {
    const id = this.next;
    this.next += 1;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { ...listeners, resolve, reject });
    });
    const send = (message: Question): void => this.worker.postMessage(message);
    send({ id, question });
    return { answer: answer as Promise<Answers[Kind] | undefined>, cancel: () => send({ cancel: id }) };
  }

  close(): void {
    this.worker.terminate();
  }

  private take(message: FromWorker): void {
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if ('progress' in message) waiting.onProgress?.(message.progress);
    else if ('candidate' in message) waiting.onCandidate?.(message.candidate);
    else {
      this.waiting.delete(message.id);
      if ('answer' in message) waiting.resolve(message.answer);
      else if (message.failure === '') waiting.resolve(undefined);
      else waiting.reject(new Error(message.failure));
    }
  }
}
