import { systemClock } from '../../src/kube/clock.ts';
import { definePlugin } from '../../src/plugin/plugin.ts';
import { applyManifest } from './apply-manifest.ts';
import { cordonNode } from './cordon-node.ts';
import { deletePod } from './delete-pod.ts';
import { drainNode } from './drain-node.ts';
import { job } from './job.ts';
import { patchDeployment } from './patch-deployment.ts';
import { rolloutRestart } from './rollout-restart.ts';
import { scaleDeployment } from './scale-deployment.ts';
import { uncordonNode } from './uncordon-node.ts';
import { updateConfigmap } from './update-configmap.ts';
import { updateSecret } from './update-secret.ts';

const pace = { clock: systemClock, random: Math.random };

/** The actions that are always there. */
export const builtInActions = definePlugin({
  name: 'kubernetes',
  actions: [
    scaleDeployment,
    rolloutRestart,
    deletePod,
    patchDeployment,
    cordonNode,
    uncordonNode,
    drainNode(pace),
    updateConfigmap,
    updateSecret,
    applyManifest,
    job(pace),
  ],
});
