import { compareResourceVersions } from '../../src/api/resource-version.ts';
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
  deadline: Deadline | undefined;
  #written: StoredAnalysis | undefined;

  constructor(uid: string) {
    this.uid = uid;
  }

  /** The newer one of what the cache shows and what this process has written. */
  newest(cached: StoredAnalysis): StoredAnalysis {
    const written = this.#written;
    if (written === undefined) return cached;
    const { resourceVersion } = cached.metadata;
    if (compareResourceVersions(written.metadata.resourceVersion, resourceVersion) > 0) return written;
    this.#written = undefined;
    return cached;
  }

  wrote(analysis: StoredAnalysis): void {
    this.#written = analysis;
  }

  /** True for the change that this process has made itself. */
  hasWritten({ metadata }: StoredAnalysis): boolean {
    return this.#written?.metadata.resourceVersion === metadata.resourceVersion;
  }
}
