import type { ComparedPlane, Variant } from './compared-plane.ts';
import { startComparedPlane } from './compared-plane.ts';
import { startLoadClients, type LoadClients } from './load-clients.ts';
import type { Figure } from './statistics.ts';
import type { Settings } from './settings.ts';

/** What the parts of a run share. */
export interface BenchRun {
  readonly settings: Settings;
  readonly clients: LoadClients;
  /** The plane of a variant, started when it is first asked for. */
  plane(variant: Variant): Promise<ComparedPlane>;
  /** Ends the plane of a variant that nobody needs any more: an idle one takes CPU too. */
  release(variant: Variant): Promise<void>;
  progress(line: string): void;
  stop(): Promise<void>;
}

/** What a part found: ratios by their key, and whatever they were made of. */
export interface PartResult {
  readonly ratios: Readonly<Record<string, Figure>>;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Starts the clients; planes start when they are needed. */
export function startBenchRun(settings: Settings, progress: (line: string) => void): BenchRun {
  const clients = startLoadClients();
  const planes = new Map<Variant, Promise<ComparedPlane>>();

  async function release(variant: Variant): Promise<void> {
    const plane = planes.get(variant);
    planes.delete(variant);
    await (await plane)?.stop();
  }

  return {
    settings,
    clients,
    plane(variant) {
      const known = planes.get(variant);
      if (known !== undefined) return known;
      progress(`starting the control plane of ${variant}`);
      const { profileFolder } = settings;
      const plane = startComparedPlane(variant, { profileFolder });
      planes.set(variant, plane);
      return plane;
    },
    release,
    progress,
    async stop() {
      clients.stop();
      await Promise.allSettled([...planes.keys()].map(release));
    },
  };
}
