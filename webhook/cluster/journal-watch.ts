import { slotJournalKind } from '../../src/api/names.ts';
import { startReflector, type Reflector } from '../../src/kube/reflector.ts';
import type { SlotKeeper } from '../journal/slot-keeper.ts';
import type { Journal } from '../journal/journal.ts';
import type { WatchEnvironment } from './execution-watch.ts';
import { parseJournal, type SlotJournalObject } from './journal-objects.ts';

/** Tells the keeper what other replicas write, so that it rarely decides by a journal that has changed. */
export function watchJournals({ metrics, ...environment }: WatchEnvironment, keeper: SlotKeeper): Reflector {
  function observed(item: SlotJournalObject): void {
    const journal = parsed(item);
    if (journal !== undefined) keeper.journalObserved(namespaceOf(item), journal);
  }
  return startReflector<SlotJournalObject>({
    ...environment,
    ...(metrics === undefined ? {} : { metrics }),
    kind: slotJournalKind,
    handler: {
      replaced(items) {
        const journals = items.map((item) => [namespaceOf(item), parsed(item)] as const);
        keeper.journalsListed(
          new Map(journals.filter((entry): entry is readonly [string, Journal] => entry[1] !== undefined)),
        );
      },
      added: observed,
      modified: observed,
      deleted: (item) => keeper.journalGone(namespaceOf(item)),
      progressed: () => undefined,
    },
  });
}

function namespaceOf({ metadata }: SlotJournalObject): string {
  return metadata.namespace ?? '';
}

/** A format that is not known is an error for the create that needs it, not for the watch. */
function parsed(item: SlotJournalObject): Journal | undefined {
  try {
    return parseJournal(item);
  } catch {
    return undefined;
  }
}
