/**
 * A candidate as a process of its own: says each moment at which it was seen to lead, by the clock that all
 * processes of the machine share, and takes part again when it has lost. Arguments: kubeconfig, identity.
 */
import { KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../../../src/kube/clock.ts';
import { createKubeClient } from '../../../src/kube/kube-client.ts';
import { type LeaderElection, startLeaderElection } from '../../../src/kube/leader-election.ts';
import { electionLease, electionTimes } from './election-settings.ts';

const [kubeconfig = '', name = ''] = process.argv.slice(2);
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(kubeconfig);
const client = createKubeClient(kubeConfig, { component: 'leader-election' });
let terms = 0;
let stopping = false;
let election: LeaderElection;

function say(what: object): void {
  process.stdout.write(`${JSON.stringify({ at: String(process.hrtime.bigint()), ...what })}\n`);
}

function takePart(): void {
  const identity = `${name}-${(terms += 1)}`;
  election = startLeaderElection({
    client,
    ...electionLease,
    identity,
    clock: systemClock,
    date: () => new Date(),
    random: Math.random,
    times: electionTimes,
  });
  const own = election;
  own.ended.addEventListener('abort', () => {
    say({ ended: identity });
    if (!stopping) takePart();
  });
}

takePart();
say({ started: name });
setInterval(() => {
  // The time is read first: who is paused between the two would otherwise seem to lead later than it did.
  const at = String(process.hrtime.bigint());
  if (election.leading) say({ at, leads: `${name}-${terms}` });
}, 5);
process.once('SIGTERM', () => {
  stopping = true;
  void election.stop().then(() => process.exit(0));
});
