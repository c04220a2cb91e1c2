// What a user of @kubernetes/client-node writes: its informer of pods of all namespaces, restarted upon an error. Usage: pods.mjs URL   says "held NAMESPACE/NAME@REVISION ..." after each change.
import * as k8s from '@kubernetes/client-node';

const config = new k8s.KubeConfig();
config.loadFromOptions({ clusters: [{ name: 'gateway', server: process.argv[2], skipTLSVerify: true }], users: [{ name: 'nobody' }], contexts: [{ name: 'gateway', cluster: 'gateway', user: 'nobody' }], currentContext: 'gateway' });
const core = config.makeApiClient(k8s.CoreV1Api);
const informer = k8s.makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
let isFirst = true;

function say() {
  console.log(['held', ...informer.list().map(pod => `${pod.metadata.namespace}/${pod.metadata.name}@${pod.metadata.resourceVersion}`).sort()].join(' '));
}

for (const event of ['add', 'update', 'delete']) informer.on(event, say);
informer.on('connect', say);
informer.on('error', error => {
  console.log('again', error?.code ?? error?.message ?? error);
  setTimeout(start, 100);
});

async function start() {
  try {
    if (isFirst) {
      console.log('version', (await config.makeApiClient(k8s.VersionApi).getCode()).major);
      const [pod] = (await core.listPodForAllNamespaces()).items;
      if (pod) console.log('got', (await core.readNamespacedPod({ name: pod.metadata.name, namespace: pod.metadata.namespace })).metadata.name);
      isFirst = false;
    }

    await informer.start();
    say();
  } catch (error) {
    console.log('again', error?.code ?? error?.message ?? error);
    setTimeout(start, 100);
  }
}

await start();
setInterval(() => {}, 1 << 30);
