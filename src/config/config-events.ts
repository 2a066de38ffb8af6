import type { EventRecorder } from '../kube/events.ts';
import type { ConfigMapReference } from './config-watch.ts';
import type { ConfigReport } from './live-config.ts';

/** What a config watch reports becomes Events about the ConfigMap. */
export function recordConfigReports(
  events: Pick<EventRecorder, 'record'>,
): (report: ConfigReport, about: ConfigMapReference) => void {
  return ({ type, reason, message }, regarding) => {
    events.record({
      regarding,
      type,
      reason,
      action: 'ReadConfiguration',
      note: message,
      occasion: message,
    });
  };
}
