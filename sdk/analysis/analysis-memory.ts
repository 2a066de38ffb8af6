import { LastWritten } from '../controller/last-written.ts';
import type { StoredAnalysis } from './stored-analysis.ts';

/** When a request expires, on the clock of this process. */
export interface Deadline {
  /** uid of the request. */
  readonly request: string;
  /** On the clock's `now`: no clock that can be set is asked again. */
  readonly at: number;
}

/** What a process remembers of one live analysis; nothing of it is needed after a crash. */
export class AnalysisMemory {
  readonly uid: string;
  readonly written = new LastWritten<StoredAnalysis>();
  deadline: Deadline | undefined;

  constructor(uid: string) {
    this.uid = uid;
  }
}
