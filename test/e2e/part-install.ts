import { describe, expect, it } from 'vitest';
import { runHelm } from '../chart/helm.ts';
import { eventually } from '../cluster/eventually.ts';
import type { GroundOf } from './ground.ts';
import { compressedMegabytes } from './image-size.ts';
import { installed } from './operated-cluster.ts';
import { residentMegabytes } from './resident-memory.ts';
import { rounded } from './results.ts';

/** Installed by an operator with helm, from the image and with cert-manager. */
export function declareInstall(ground: GroundOf): void {
  describe('helm install', () => {
    it('brings every pod to Ready where only restricted ones are admitted', async () => {
      const { kubectl, results, installSeconds } = ground();
      const namespace = JSON.parse(
        await kubectl(['get', 'namespace', installed.namespace, '-o', 'json']),
      ) as {
        metadata: { labels: Record<string, string> };
      };
      expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
      const ready = ['-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'];
      const selector = ['-l', 'app.kubernetes.io/component in (webhook,controller)'];
      const pods = await kubectl(['get', 'pods', '-n', installed.namespace, ...selector, ...ready]);
      expect(pods).toBe('True True True True');
      results.install_seconds = rounded(installSeconds);
    });

    it('spreads the replicas over the nodes', async () => {
      const { kubectl, nodes } = ground();
      const selector = ['-l', 'app.kubernetes.io/component=webhook'];
      const where = ['-o', 'jsonpath={.items[*].spec.nodeName}'];
      const text = await kubectl(['get', 'pods', '-n', installed.namespace, ...selector, ...where]);
      expect(new Set(text.split(' '))).toEqual(new Set(nodes));
    });

    it('passes helm test', { timeout: 300_000 }, async () => {
      const { cluster } = ground();
      const args = ['test', installed.release, '-n', installed.namespace, '--logs', '--timeout=4m'];
      const { exitCode, stdout, stderr } = await runHelm(args, { KUBECONFIG: cluster.kubeconfig() });
      expect(stdout + stderr).toContain('The limit holds.');
      expect(exitCode).toBe(0);
    });

    it('is small: an image of at most 120 MB, and processes of at most 120 and 150 MB at rest', async () => {
      const { results, image } = ground();
      results.image_mb = rounded(await compressedMegabytes(image.archive));
      await eventually('the kubelets know how large the processes are', async () => {
        const [webhook = 0] = await residentMegabytes(ground(), 'webhook');
        const [controller = 0] = await residentMegabytes(ground(), 'controller');
        results.webhook_rss_mb = rounded(webhook);
        results.controller_rss_mb = rounded(controller);
        return webhook > 0 && controller > 0;
      });
      expect(results.webhook_rss_mb).toBeLessThanOrEqual(120);
      expect(results.controller_rss_mb).toBeLessThanOrEqual(150);
      expect(results.image_mb).toBeLessThanOrEqual(120);
    });
  });
}
