import type { KubeLogger } from '../../src/kube/kube-logger.ts';

/** A logger whose lines carry what is given here too; what an action hands it may be anything. */
export function actionLogger(logger: KubeLogger, of: object): KubeLogger {
  const method =
    (level: keyof KubeLogger): KubeLogger['info'] =>
    (facts: unknown, message: unknown) => {
      try {
        logger[level](typeof facts === 'object' ? { ...facts, ...of } : of, String(message));
      } catch {
        // A line of a plugin that cannot be logged is no reason to fail.
      }
    };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}
