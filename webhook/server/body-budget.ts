/**
 * One bound on the bytes of all bodies that are in memory at once. When it would be exceeded, the largest
 * body that is still arriving is given up: a flood of huge bodies then costs the huge ones, and an ordinary
 * review, a few kilobytes, is served as ever.
 */

/** A body's share of the budget. */
export interface BudgetShare {
  /**
   * Adds to the share. It may call `giveUp` of the largest share that is still arriving, perhaps this one's.
   * @returns false when this share was given up.
   */
  readonly grow: (bytes: number) => boolean;
  /** The body has arrived: it keeps its bytes, and will not be given up any more. */
  readonly arrived: () => void;
  /** Gives the bytes back. Calling it again does nothing. */
  readonly release: () => void;
}

export interface BodyBudget {
  /** A new share of no bytes. `giveUp` is called once at most, with the share already released. */
  readonly open: (giveUp: () => void) => BudgetShare;
  /** Bytes in use. */
  readonly used: () => number;
}

/** A budget of so many bytes. */
export function createBodyBudget(maximumBytes: number): BodyBudget {
  const arriving = new Set<ArrivingShare>();
  let used = 0;

  function makeRoom(): void {
    let mayShrink = true;
    while (mayShrink && used > maximumBytes) mayShrink = giveUpLargest();
  }

  function giveUpLargest(): boolean {
    let largest: ArrivingShare | undefined;
    for (const share of arriving) if (largest === undefined || share.bytes > largest.bytes) largest = share;
    if (largest === undefined) return false;
    largest.release();
    largest.giveUp();
    return true;
  }

  return {
    used: () => used,
    open(giveUp) {
      let released = false;
      const share: ArrivingShare = {
        bytes: 0,
        giveUp,
        release() {
          if (released) return;
          released = true;
          arriving.delete(share);
          used -= share.bytes;
        },
      };
      arriving.add(share);
      return {
        grow(bytes) {
          if (released) return false;
          share.bytes += bytes;
          used += bytes;
          makeRoom();
          return !released;
        },
        arrived: () => void arriving.delete(share),
        release: share.release,
      };
    },
  };
}

interface ArrivingShare {
  bytes: number;
  readonly giveUp: () => void;
  readonly release: () => void;
}
