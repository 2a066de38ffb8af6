import type { Settings } from './settings.ts';
import type { WorkflowPlane } from './workflow-plane.ts';

/** What the parts of bench/workflows.ts share. */
export interface WorkflowRun {
  readonly plane: WorkflowPlane;
  readonly settings: Settings;
  readonly progress: (line: string) => void;
}
