/**
 * Who may have a connection of the admission port. Whoever has called as the API server does keeps it. Those who have not
 * yet are newcomers: there is room for so many, and a further one takes the place of the oldest of whoever has the most. So
 * a flood of connections that never say anything closes its own, and the API server's next one is heard.
 */

/** An open connection. */
export interface OpenConnection {
  /** Address of who opened it. */
  readonly peer: string;
  readonly close: () => void;
}

/** How many connections there may be. */
export interface ConnectionBounds {
  readonly maximumConnections: number;
  /** Those that have not called yet. */
  readonly maximumNewcomers: number;
  /** Those of one address that have not called yet. */
  readonly maximumNewcomersOfPeer: number;
}

/** The connections that are open. */
export interface ConnectionRoom {
  /** Takes it in. @returns those for which there is no room any more, perhaps itself; the caller closes them */
  opened(connection: OpenConnection): readonly OpenConnection[];
  /** It has called as the API server does. */
  believed(connection: OpenConnection): void;
  closed(connection: OpenConnection): void;
  readonly size: number;
}

/** Room for so many. */
export function createConnectionRoom(bounds: ConnectionBounds): ConnectionRoom {
  /** In the order of their arrival, by peer. */
  const newcomers = new Map<string, Set<OpenConnection>>();
  const believed = new Set<OpenConnection>();
  let waiting = 0;

  function leaves(connection: OpenConnection): boolean {
    const ofPeer = newcomers.get(connection.peer);
    if (ofPeer?.delete(connection) !== true) return false;
    waiting -= 1;
    if (ofPeer.size === 0) newcomers.delete(connection.peer);
    return true;
  }

  function oldestOf(connections: ReadonlySet<OpenConnection> | undefined): OpenConnection | undefined {
    return connections?.values().next().value;
  }

  function mostOfAPeer(): ReadonlySet<OpenConnection> | undefined {
    let most: ReadonlySet<OpenConnection> | undefined;
    for (const each of newcomers.values()) if (each.size > (most?.size ?? 0)) most = each;
    return most;
  }

  /** Undefined while there is room. */
  function oneTooMany(peer: string): OpenConnection | undefined {
    const ofPeer = newcomers.get(peer);
    if ((ofPeer?.size ?? 0) > bounds.maximumNewcomersOfPeer) return oldestOf(ofPeer);
    const isCrowded =
      waiting > bounds.maximumNewcomers || waiting + believed.size > bounds.maximumConnections;
    return isCrowded ? oldestOf(mostOfAPeer()) : undefined;
  }

  return {
    opened(connection) {
      const ofPeer = newcomers.get(connection.peer) ?? new Set();
      newcomers.set(connection.peer, ofPeer.add(connection));
      waiting += 1;
      const leaving = oneTooMany(connection.peer);
      if (leaving === undefined) return [];
      leaves(leaving);
      return [leaving];
    },
    believed(connection) {
      if (leaves(connection)) believed.add(connection);
    },
    closed(connection) {
      if (!leaves(connection)) believed.delete(connection);
    },
    get size() {
      return waiting + believed.size;
    },
  };
}
