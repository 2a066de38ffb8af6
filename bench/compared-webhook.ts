import { parseArgs } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import {
  mutatingWebhookConfiguration,
  validateExecutionsPath,
  validatingWebhookConfiguration,
} from '../src/api/manifests/webhook-configurations.ts';
import { systemClock } from '../src/kube/clock.ts';
import { createKubeClient, type KubeClient } from '../src/kube/kube-client.ts';
import { createAdmissionMetrics } from '../src/observability/admission-metrics.ts';
import { createLogger } from '../src/observability/logger.ts';
import { createMetricsRegistry } from '../src/observability/metrics-registry.ts';
import { allowed } from '../src/policy/verdict.ts';
import type { AdmissionHandler } from '../webhook/admission/admission-handler.ts';
import { startCertificateFiles } from '../webhook/certificates/certificate-files.ts';
import { startAdmissionPathFolder } from '../webhook/server/admission-path-folder.ts';
import { createWebhookServer } from '../webhook/server/webhook-server.ts';

/**
 * Starts a webhook to compare ours with: the same server, certificates and metrics, the flags of `stepgate
 * webhook`, and another decision about the create of an execution. All else is allowed.
 */
export async function startComparedWebhook(handler: (client: KubeClient) => AdmissionHandler): Promise<void> {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      kubeconfig: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      'metrics-port': { type: 'string' },
      'admission-path-folder': { type: 'string' },
      'certificate-folder': { type: 'string' },
      'log-level': { type: 'string' },
    },
  });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(values.kubeconfig ?? '');
  const clock = systemClock;
  const registry = createMetricsRegistry({ processMetrics: true });
  const logger = createLogger({ level: 'info', component: 'compared-webhook' });
  const client = createKubeClient(kubeConfig, { component: 'webhook' });
  const certificates = await startCertificateFiles({
    folder: values['certificate-folder'] ?? '',
    clock,
    logger,
  });
  const admissionPath = await startAdmissionPathFolder({
    folder: values['admission-path-folder'] ?? '',
    clock,
    logger,
  });
  const server = createWebhookServer({
    admissionPath: admissionPath.current,
    routes: paths().map((path) => ({
      path,
      handler: path === validateExecutionsPath ? handler(client) : async () => allowed,
    })),
    port: Number(values.port),
    metricsPort: Number(values['metrics-port']),
    ...(values.host === undefined ? {} : { host: values.host }),
    certificate: certificates.current(),
    readiness: () => ({ ready: true, reasons: [] }),
    metricsSource: registry,
    metrics: createAdmissionMetrics(registry),
    logger,
    clock,
  });
  certificates.onChange((certificate) => server.useCertificate(certificate));
  await server.start();
}

/** Every path that the webhook configurations call. */
function paths(): string[] {
  const options = { clientConfig: { url: '' } };
  const configurations = [validatingWebhookConfiguration(options), mutatingWebhookConfiguration(options)];
  return configurations.flatMap(({ webhooks }) =>
    (webhooks as readonly { readonly clientConfig: { readonly url: string } }[]).map(
      ({ clientConfig }) => clientConfig.url,
    ),
  );
}
