import type { Dataset } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { ExpectationRequest } from '../model/e-step.ts';
import type { Expectation } from '../model/expectation.ts';
import { memorySource } from './memory.ts';
import { Pauses } from './pauses.ts';
import type { Source } from './source.ts';
import { type WorkerSourceOptions, WorkerTeam } from './workers.ts';

/**
 * Milliseconds of work in this thread before workers are started: about what starting one costs. So a fit that is over soon starts
 * none, and one that goes on loses no more than that.
 */
const PATIENCE = 30;

export interface AutomaticSourceOptions extends WorkerSourceOptions {
  /** Milliseconds of work in this thread before workers are started. */
  readonly patience?: number;
}

/**
 * A data set as a source that answers in this thread, in slices, until workers are ready, and over them from then on. Where they cannot start, or die
 * again and again, it goes on in this thread. The bits of an answer do not depend on who gives it.
 */
export function automaticSource(dataset: Dataset, options: AutomaticSourceOptions): Source {
  const { patience = PATIENCE } = options;
  const memory = memorySource(dataset);
  const pauses = new Pauses();
  let team: WorkerTeam | undefined;
  let mayStart = true;
  let closed = false;
  let worked = 0;

  const dismiss = (): void => {
    team?.close();
    team = undefined;
    mayStart = false;
  };

  const expectHere = async (request: ExpectationRequest): Promise<Expectation> => {
    const begun = performance.now();
    const answer = await pauses.drain(memory.expectInSlices(request), () => closed);
    if (answer === undefined) throw new EmkitError('ABORTED', 'The source was closed.');
    worked += performance.now() - begun;
    return answer;
  };

  return {
    summary: memory.summary,
    sample: memory.sample,
    condense: memory.condense!,
    async expect(request) {
      if (team === undefined && mayStart && worked >= patience) team = new WorkerTeam(dataset, options);
      if (team?.readiness === 'failed') dismiss();
      if (team?.readiness !== 'ready') return expectHere(request);
      try {
        return await team.expect(request);
      } catch (error) {
        if (closed || !(error instanceof EmkitError && error.code === 'WORKER_FAILED')) throw error;
        dismiss();
        return expectHere(request);
      }
    },
    close() {
      closed = true;
      dismiss();
    },
  };
}
